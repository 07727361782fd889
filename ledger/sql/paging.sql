-- What clients read of an execution piece by piece.

-- name: owner
-- Whose an execution is, and which workflow it runs.
select owner, workflow_id from executions where id = %(id)s

-- name: records
-- A page of node executions after a scope and node, in that order: it stands still while they run.
select scope, node, state, wait_kind, attempt, retry_count,
       coalesce(opened_at, started_at) as started_at, finished_at, due_at, output_key, error, details,
       case when length(output) <= %(inline_bytes)s then output end as output,
       length(output) as output_bytes
from node_executions
where execution_id = %(id)s and (scope, node) > (%(scope)s, %(node)s)
  and state = any(%(states)s)
order by scope, node
limit %(limit)s

-- name: output
select output, state from node_executions
where execution_id = %(id)s and scope = %(scope)s and node = %(node)s

-- name: brief
-- An execution, short.
select e.id, e.workflow_id, v.version, e.status, e.created_at, e.finished_at
from executions e join workflow_versions v on v.id = e.version_id
where e.id = %(id)s

-- name: leaf
-- An execution of a workflow with one node after its trigger, and what that node has put out.
select e.workflow_id, e.status, n.output
from executions e
left join node_executions n
  on n.execution_id = e.id and n.scope = '' and n.state = 'completed' and n.node <> e.trigger_node
     and e.status = 'SUCCESS'
where e.id = %(id)s
limit 1

-- name: fresh_events
-- What follows the last seq that a reader has of each execution, of at most so many transactions
-- each; the row that holds the next event is the last that begins no later than it.
select r.id, e.body
from unnest(%(ids)b::uuid[], %(after)b::bigint[]) as r (id, after)
cross join lateral (
    select v.seq, v.body from events v
    where v.execution_id = r.id and v.seq + v.count > r.after + 1
      and v.seq >= coalesce((select max(f.seq) from events f
                             where f.execution_id = r.id and f.seq <= r.after + 1), 0)
    order by v.seq
    limit %(rows)s
) e
order by r.id, e.seq

-- name: reached
-- The seq of an execution's last event, and whether it is its last for good.
select next_seq - 1 as last_seq, finished_at is not null as is_over from executions where id = %(id)s
