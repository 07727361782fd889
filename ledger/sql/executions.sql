-- Reading: nothing here changes anything or takes a lock.

-- name: outputs
-- The settled ones among node executions: what they put out and the key they left by.
select n.execution_id, n.scope, n.node, n.state, n.output_key, n.output
from node_executions n
join unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[]) as r (execution_id, scope, node)
  on n.execution_id = r.execution_id and n.scope = r.scope and n.node = r.node
where n.state in ('completed', 'failed', 'skipped')

-- name: settled_by_then
-- Those of node executions that had settled when another one did. Neither end ever changes, so the
-- answer is the same whenever it is asked.
select n.execution_id, n.scope, n.node
from node_executions n
join unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[]) as r (execution_id, scope, node)
  on n.execution_id = r.execution_id and n.scope = r.scope and n.node = r.node
where n.finished_at <= (
    select o.finished_at from node_executions o
    where o.execution_id = %(by_execution)s and o.scope = %(by_scope)s and o.node = %(by_node)s)

-- name: execution
-- An execution whose version is missing has number 0: it is shown with the error that ended it.
select e.id, e.workflow_id, coalesce(v.version, 0) as version, e.status, e.trigger_node, e.trigger_info, e.priority,
       e.created_at, e.finished_at, e.error, e.retry_of, e.pause_requested_at,
       e.deadline_at, e.owner, e.version_id, e.next_seq
from executions e left join workflow_versions v on v.id = e.version_id
where e.id = %(id)s

-- name: retried_as
select id from executions where retry_of = %(id)s order by id

-- name: executions
-- The newest executions of an owner, optionally of one status, before a cursor. Those of Treadle's
-- own workflows, such as plans, are told only to who asks for them by workflow or id.
select e.id, e.workflow_id, coalesce(v.version, 0) as version, e.status, e.created_at, e.finished_at
from executions e left join workflow_versions v on v.id = e.version_id
where e.owner = %(owner)s
  and (%(status)s::text is null or e.status = %(status)s)
  and case when %(workflow_id)s::text is not null then e.workflow_id = %(workflow_id)s
           else %(id_prefix)s::text is not null or not starts_with(e.workflow_id, 'treadle.') end
  and (%(id_prefix)s::text is null or
       e.id between rpad(replace(%(id_prefix)s, '-', ''), 32, '0')::uuid
                and rpad(replace(%(id_prefix)s, '-', ''), 32, 'f')::uuid)
  and (%(before)s::uuid is null or e.id < %(before)s)
order by e.id desc
limit %(limit)s

-- name: counts
select state, count(*) from node_executions where execution_id = %(id)s group by state

-- name: records
-- Node executions in the order they began (a loop with its first phase), with what they put out
-- while that is small; a limit that is null is none.
select scope, node, state, wait_kind, attempt, retry_count,
       coalesce(opened_at, started_at) as started_at, finished_at, due_at,
       output_key, error, details,
       case when %(inline_bytes)s::bigint is null or length(output) <= %(inline_bytes)s::bigint
            then output end as output,
       length(output) as output_bytes
from node_executions
where execution_id = %(id)s
order by coalesce(opened_at, started_at, finished_at), scope, node
limit %(limit)s::bigint

-- name: leaf_outputs
-- The completed rows of the root scope: those whose key has no connection are the leaves.
select node, output_key, output from node_executions
where execution_id = %(id)s and scope = '' and state = 'completed'
order by node

-- name: events
-- The row that holds the next event is the last that begins no later than it.
select seq, body from events
where execution_id = %(id)s and seq + count > %(after_seq)s + 1
  and seq >= coalesce((select max(seq) from events
                       where execution_id = %(id)s and seq <= %(after_seq)s + 1), 0)
order by seq
limit %(rows)s
