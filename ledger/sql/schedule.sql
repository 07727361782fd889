-- What the scheduler looks for. Each statement only finds; the calls that act take one execution's
-- row first and look again.

-- name: due
-- Executions with something due, and of which kind, without those that are set aside.
select distinct 'wake' as kind, execution_id from node_executions
where state in ('retrying', 'waiting') and due_at <= clock_timestamp()
  and execution_id <> all(%(aside)s::uuid[])
union all
select distinct 'overdue', execution_id from node_executions
where state = 'running' and limit_at < clock_timestamp() - %(grace_seconds)s * interval '1 second'
  and execution_id <> all(%(aside)s::uuid[])
union all
select 'deadline', id from executions
where finished_at is null and deadline_at <= clock_timestamp() and id <> all(%(aside)s::uuid[])

-- name: exists
select from executions where id = %(id)s

-- name: next_due
-- Seconds until the next of what `due` finds; null when there is none.
select extract(epoch from least(
    (select min(due_at) from node_executions
     where state in ('retrying', 'waiting') and execution_id <> all(%(aside)s::uuid[])),
    (select min(limit_at) from node_executions
     where state = 'running' and execution_id <> all(%(aside)s::uuid[]))
        + %(grace_seconds)s * interval '1 second',
    (select min(deadline_at) from executions
     where finished_at is null and id <> all(%(aside)s::uuid[]))
) - clock_timestamp())::float8 as seconds

-- name: running
-- Which executions each process runs something of.
select distinct worker_id, execution_id from node_executions where state = 'running'

-- name: unsent
-- Rule 9: ready rows that no message stands for, the most urgent first and the owners in turn, of
-- queues that are served and have room.
-- A suspect whose message is gone was passed over for want of room: it is sent again, and no loss.
-- A noted row is sent again as lost when its epoch is over, and as unclaimed when it is older than
-- the oldest message not yet fetched of its queue (an empty queue counts as now), or than a minute.
with belt as (
    select * from unnest(%(queue)b::text[], %(oldest)b::timestamptz[]) as q (queue, oldest)
), waiting as (
    select n.execution_id, n.scope, n.node, n.queue, n.priority,
           case when n.enqueued_at is null or n.lost_count >= %(suspect)s then null
                when n.epoch <> %(epoch)s then 'message_lost'
                else 'message_unclaimed' end as repair,
           row_number() over (
               partition by n.queue, n.priority, e.owner order by n.execution_id, n.scope) as turn
    from node_executions n
    -- One execution for each row, never the rows for each execution: a plan that was made while
    -- there were few went through all ready rows once for every unfinished execution.
    cross join lateral (
        select owner, pause_requested_at, finished_at from executions
        where id = n.execution_id offset 0) e
    left join belt b on b.queue = n.queue
    where n.state = 'ready' and e.pause_requested_at is null and e.finished_at is null
      and n.queue = any(%(queues)s) and n.execution_id <> all(%(aside)s::uuid[])
      and (n.enqueued_at is null
           or n.epoch <> %(epoch)s
           or n.enqueued_at < coalesce(b.oldest, clock_timestamp()) - %(grace_seconds)s * interval '1 second'
           or n.enqueued_at < clock_timestamp() - interval '1 minute')
)
select execution_id, scope, node, queue, repair from waiting
order by priority, turn, execution_id
limit %(limit)s

-- name: ready_queues
-- The queues that something waits in.
select distinct queue from node_executions where state = 'ready'

-- name: old_partitions
-- Partitions all of whose executions are past retention, and of which none is unfinished.
select p.oid::regclass::text as name
from pg_inherits i
join pg_class p on p.oid = i.inhrelid
join pg_class parent on parent.oid = i.inhparent
where parent.relname in ('node_executions', 'scopes', 'events')
  and to_date(right(p.relname, 8), 'YYYYMMDD') + 7 < (now() - %(days)s * interval '1 day')::date
  and not exists (
      select from executions e
      where e.finished_at is null
        and e.id >= uuid_floor(to_date(right(p.relname, 8), 'YYYYMMDD')::timestamp at time zone 'utc')
        and e.id < uuid_floor((to_date(right(p.relname, 8), 'YYYYMMDD') + 7)::timestamp at time zone 'utc'))

-- name: drop_old_executions
delete from executions e
where e.finished_at is not null
  and e.id < uuid_floor(date_trunc('week', now() - %(days)s * interval '1 day'))

-- name: drop_old_keys
-- An idempotency key lives as long as the execution that it stands for.
delete from dedup_keys where created_at < now() - %(days)s * interval '1 day'
  and not exists (select from executions e where e.id = execution_id)

-- name: ensure_partitions
select ensure_partitions(now(), now() + interval '15 days')
