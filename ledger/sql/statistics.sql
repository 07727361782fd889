-- What is true of the whole cluster at this moment: for its gauges.

-- name: open_counts
-- One row for each kind of thing that is open; see `ledger.views.statistics`. What stands behind a closed gate
-- waits for nobody, and Treadle's own workflows are not what people see as executions.
select 'executions' as kind, status as name, 0 as priority, count(*) as count,
       extract(epoch from clock_timestamp() - min(created_at))::float8 as oldest_seconds
from executions
where finished_at is null and not starts_with(workflow_id, %(system)s)
group by status
union all
select 'ready', n.queue, n.priority, sum(n.count)::bigint,
       extract(epoch from clock_timestamp() - min(n.oldest))::float8
from (
    -- One execution is looked up for all its rows, whatever the plan.
    select execution_id, queue, priority, count(*) as count, min(ready_at) as oldest
    from node_executions where state = 'ready'
    group by execution_id, queue, priority offset 0) n
where (select pause_requested_at is null from executions e where e.id = n.execution_id)
group by n.queue, n.priority
union all
select 'nodes', state, 0, count(*), null
from node_executions where state in ('running', 'retrying', 'waiting')
group by state
union all
select 'questions', 'pending', 0, count(*),
       extract(epoch from clock_timestamp() - min(created_at))::float8
from interactions where status = 'pending'
union all
select 'questions', 'undelivered', 0, count(*) filter (where delivered_at is null),
       extract(epoch from clock_timestamp() - min(created_at) filter (where delivered_at is null))::float8
from interactions where status = 'pending'
union all
select 'questions', 'overdue', 0, count(*),
       extract(epoch from clock_timestamp() - min(timeout_at))::float8
from interactions where status = 'pending' and timeout_at <= clock_timestamp()
union all
-- Since it was written, which its id (UUIDv7) says in milliseconds: each try moves `due_at` on.
select 'outbox', 'pending', 0, count(*),
       (extract(epoch from clock_timestamp())
        - min(('x' || left(translate(id::text, '-', ''), 12))::bit(48)::bigint) / 1000.0)::float8
from outbox where done_at is null and given_up_at is null

-- name: sessions
-- Sessions of clients that the server has, and how many it gives those who are no superuser.
select (select count(*) from pg_stat_activity where backend_type = 'client backend'),
       current_setting('max_connections')::int
       - current_setting('superuser_reserved_connections')::int
       - current_setting('reserved_connections')::int
