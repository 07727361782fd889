-- Keys of the gateway.

-- name: add
insert into api_keys (id, owner, name, digest, scopes, expires_at)
values (%(id)s, %(owner)s, %(name)s, %(digest)s, %(scopes)s,
        clock_timestamp() + %(valid_seconds)s * interval '1 second')
returning id, owner, name, scopes, created_at, expires_at, revoked_at

-- name: usable
-- The key if it may be used now, with the digest that the secret must have.
select id, owner, name, scopes, created_at, expires_at, revoked_at, digest from api_keys
where id = %(id)s and revoked_at is null
  and (expires_at is null or expires_at > clock_timestamp())

-- name: listed
-- Keys in the order of their ids, of one owner or of all, used up ones included.
select id, owner, name, scopes, created_at, expires_at, revoked_at from api_keys
where (%(owner)s::text is null or owner = %(owner)s)
  and (%(after)s::text is null or id > %(after)s)
order by id
limit %(limit)s

-- name: revoke
-- The first revocation counts.
update api_keys set revoked_at = coalesce(revoked_at, clock_timestamp())
where id = %(id)s and (%(owner)s::text is null or owner = %(owner)s)
returning id, owner, name, scopes, created_at, expires_at, revoked_at
