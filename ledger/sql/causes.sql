-- Why an execution stands where it stands: nothing here changes anything or takes a lock.

-- name: open_rows
-- The open node executions, with the process that runs each and whether any takes its queue; nodes
-- that work before those that wait for them.
select n.scope, n.node, n.state, n.wait_kind, n.queue, n.enqueued_at, n.attempt, n.retry_count,
       n.lost_count, n.started_at, n.limit_at, n.due_at, n.error, n.loop_next, n.loop_active, n.loop_total,
       w.host, w.pid,
       exists (select from workers s where n.queue = any(s.queues) and not s.draining) as is_served
from node_executions n left join workers w on w.id = n.worker_id
where n.execution_id = %(id)s
  and n.state in ('ready', 'running', 'retrying', 'waiting', 'waiting_input', 'pending')
order by n.state = 'pending', n.wait_kind is not distinct from 'body', n.scope, n.node
limit %(limit)s

-- name: settled
-- Those of an execution's node executions that have settled.
select n.scope, n.node
from node_executions n
join unnest(%(scope)b::text[], %(node)b::text[]) as r (scope, node)
  on n.scope = r.scope and n.node = r.node
where n.execution_id = %(id)s and n.finished_at is not null

-- name: open_questions
-- The open questions, each with how its delivery stands.
select i.id, i.scope, i.node, i.question, i.delivered_at, i.channel_type,
       least(i.timeout_at, e.deadline_at) as timeout_at, o.error, o.due_at, o.given_up_at
from interactions i
join executions e on e.id = i.execution_id
left join lateral (
    select error, due_at, given_up_at from outbox
    where interaction_id = i.id and done_at is null
    order by due_at desc limit 1
) o on true
where i.execution_id = %(id)s and i.status || '' = 'pending'
order by i.id

-- name: unsent
-- How many ready rows of a queue wait for their turn, up to a bound.
select count(*) as count from (
    select from node_executions
    where state = 'ready' and enqueued_at is null and owner is not null and queue = %(queue)s
    limit %(limit)s) waiting
