-- Submitting: an execution comes into being.

-- name: reserve_key
-- Takes an idempotency key, or returns nothing if it is taken.
insert into dedup_keys (owner, kind, key, digest, execution_id)
values (%(owner)s, %(kind)s, %(key)s, %(digest)s, %(execution_id)s)
on conflict (owner, kind, key) do nothing
returning execution_id

-- name: reserved_key
select digest, execution_id from dedup_keys
where owner = %(owner)s and kind = %(kind)s and key = %(key)s

-- name: add_execution
insert into executions (id, version_id, owner, workflow_id, status, trigger_node, trigger_info,
                        priority, outstanding, next_seq, node_count, deadline_at, retry_of)
values (%(id)s, %(version_id)s, %(owner)s, %(workflow_id)s, %(status)s, %(trigger_node)s,
        %(trigger_info)s, %(priority)s, 0, 1, %(node_count)s,
        clock_timestamp() + %(deadline_seconds)s * interval '1 second', %(retry_of)s)

-- name: add_trigger
-- A trigger's row is settled as it appears: the fired one completed, any other skipped.
insert into node_executions (execution_id, scope, node, state, arrived, taken, poisoned, queue,
                             priority, started_at, finished_at, output_key, output)
values (%(execution_id)s, '', %(node)s, %(state)s, 0, 0, 0, %(queue)s, %(priority)s,
        clock_timestamp(), clock_timestamp(), %(output_key)s, %(output)s)
