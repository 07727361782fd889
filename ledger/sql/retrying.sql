-- Retrying: a new execution keeps what stands of the old one.

-- name: retried
-- A final execution that is repeated; its row is not locked, because final is final.
select version_id, owner, status, trigger_node, trigger_info, priority,
       extract(epoch from deadline_at - created_at)::float8 as deadline_seconds
from executions where id = %(id)s

-- name: root_rows
select node, state, output_key from node_executions where execution_id = %(id)s and scope = ''

-- name: copy_nodes
-- Rows that stay, with everything inside of loops that stay.
insert into node_executions (
    execution_id, scope, node, state, arrived, taken, poisoned, chosen, queue, priority, attempt,
    retry_count, lost_count, worker_id, settled_by, opened_at, started_at, finished_at, output_key,
    output, error, details, items, loop_next, loop_active, loop_total)
select %(new_id)s, scope, node, state, arrived, taken, poisoned, chosen, queue, priority, attempt,
    retry_count, lost_count, worker_id, settled_by, opened_at, started_at, finished_at, output_key,
    output, error, details, items, loop_next, loop_active, loop_total
from node_executions
where execution_id = %(id)s
  and ((scope = '' and node = any(%(nodes)s)) or split_part(split_part(scope, '/', 1), ':', 1) = any(%(nodes)s))

-- name: copy_scopes
insert into scopes (execution_id, scope, parent, loop, index, status, outstanding, error)
select %(new_id)s, scope, parent, loop, index, status, outstanding, error
from scopes
where execution_id = %(id)s and split_part(split_part(scope, '/', 1), ':', 1) = any(%(nodes)s)
