-- What is true of the whole cluster at this moment: for its gauges.

-- name: open_counts
-- One row for each kind of thing that is open; see `ledger.views.statistics`. Executions and nodes are
-- kept counts; of questions and messages those that wait are read.
select kind, name, priority, sum(change)::bigint as count, null::float8 as oldest_seconds
from open_counts
group by kind, name, priority having sum(change) > 0
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

-- name: longest_waits
-- By queue and priority, for how long what is next has waited at most: of each owner's workflow the row
-- that is sent next, and all that is sent, which is a moment of work. What stands behind a closed gate
-- waits for nobody.
with turns as (
    select * from unnest(%(queue)s::text[], %(priority)s::smallint[], %(owner)s::text[],
                         %(workflow_id)s::text[]) as t (queue, priority, owner, workflow_id)
), next as (
    select t.queue, t.priority, n.ready_at
    from turns t cross join lateral (
        select ready_at from node_executions
        where state = 'ready' and enqueued_at is null and owner = t.owner
          and queue = t.queue and priority = t.priority and workflow_id = t.workflow_id
        order by execution_id limit 1) n
    union all
    select s.queue, s.priority, s.ready_at
    from (
        -- One execution is looked up for all its rows, whatever the plan.
        select execution_id, queue, priority, min(ready_at) as ready_at
        from node_executions where state = 'ready' and enqueued_at is not null
        group by execution_id, queue, priority offset 0) s
    where (select pause_requested_at is null from executions e where e.id = s.execution_id)
)
select queue, priority, extract(epoch from clock_timestamp() - min(ready_at))::float8 as seconds
from next group by queue, priority

-- name: sessions
-- Sessions of clients that the server has, and how many it gives those who are no superuser.
select (select count(*) from pg_stat_activity where backend_type = 'client backend'),
       current_setting('max_connections')::int
       - current_setting('superuser_reserved_connections')::int
       - current_setting('reserved_connections')::int
