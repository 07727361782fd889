-- Worker processes: one row a process, one beat a period (invariant 7).

-- name: register
insert into workers (id, host, pid, queues, max_retries, task_inputs, beat)
values (%(id)s, %(host)s, %(pid)s, %(queues)s, %(max_retries)s, %(task_inputs)s, 0)

-- name: beat
-- Beats, and returns the beat with every lease the ledger has this process run; no row when the
-- process was taken for dead and its row deleted.
with beaten as (
    update workers set beat = beat + 1, draining = %(draining)s where id = %(id)s returning beat
)
select beat, execution_id, scope, node, lease_id
from beaten left join node_executions n on n.state = 'running' and n.worker_id = %(id)s

-- name: unregister_dead
-- Rule 10: only while its beat stands still; one that came back keeps its row.
delete from workers where id = %(id)s and beat = %(beat)s

-- name: unregister
delete from workers where id = %(id)s

-- name: workers
select id, host, pid, queues, beat, draining, started_at from workers order by started_at

-- name: task_inputs
-- What tasks read of their input, by queue, where all that serve it say the same.
select queue, min(w.task_inputs ->> queue)::jsonb as keys
from workers w cross join unnest(%(queues)s::text[]) queue
where queue = any(w.queues) and not w.draining
group by queue having count(distinct coalesce(w.task_inputs ->> queue, '')) = 1

-- name: unserved
-- Queues with ready rows that no worker takes, and how many (rule 12).
select queue, count(*) as count from node_executions n
where state = 'ready' and not exists (
    select from workers w where n.queue = any(w.queues) and not w.draining
      and (%(among)s::uuid[] is null or w.id = any(%(among)s::uuid[])))
group by queue order by queue

-- name: unserved_nodes
-- As above, the nodes of one execution.
select node, queue from node_executions n
where execution_id = %(id)s and state = 'ready' and not exists (
    select from workers w where n.queue = any(w.queues) and not w.draining)
group by node, queue order by node limit %(limit)s

-- name: suspects
-- Open nodes that have lost so many workers since their last outcome, most losses first, and how many.
select execution_id, scope, node, lost_count, count(*) over () as total from node_executions
where state in ('ready', 'running', 'retrying', 'waiting') and lost_count >= %(losses)s
order by lost_count desc, execution_id, scope, node limit %(limit)s
