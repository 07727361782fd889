-- Idempotency keys: what was asked for with one, and which execution it came to.

-- name: reserve_keys
-- Takes keys; returns the executions that got theirs. A key that another transaction is taking is
-- waited for, so they come in order.
insert into dedup_keys (owner, kind, key, digest, execution_id)
select * from unnest(%(owner)b::text[], %(kind)b::text[], %(key)b::text[], %(digest)b::bytea[],
                     %(execution_id)b::uuid[])
on conflict (owner, kind, key) do nothing
returning execution_id

-- name: reserved_keys
-- Who holds keys. A statement of its own: it sees what the one before had to wait for.
select d.owner, d.kind, d.key, d.digest, d.execution_id
from unnest(%(owner)b::text[], %(kind)b::text[], %(key)b::text[]) as k (owner, kind, key)
join dedup_keys d on d.owner = k.owner and d.kind = k.kind and d.key = k.key
