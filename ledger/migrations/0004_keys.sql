-- Keys of the gateway: who calls, and what for. Only a hash of each is kept (invariant 10).

create table api_keys (
    id         text        primary key,
    owner      text        not null,
    name       text        not null,
    -- SHA-256 of the secret part: 256 random bits, which no dictionary holds.
    digest     bytea       not null,
    scopes     text[]      not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_scopes check (
        cardinality(scopes) > 0 and scopes <@ array['read', 'run', 'answer', 'admin'])
);

create index api_keys_of_owner on api_keys (owner, id);
