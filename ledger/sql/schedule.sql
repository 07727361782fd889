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

-- name: ready_queues
-- The queues that something waits in, each found by a look of its own, whatever waits there.
with recursive unsent as (
    (select queue from node_executions
     where state = 'ready' and enqueued_at is null and owner is not null order by queue limit 1)
    union all
    select n.queue from unsent u cross join lateral (
        select queue from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null and queue > u.queue
        order by queue limit 1) n
)
select queue from unsent
union
select queue from node_executions where state = 'ready' and enqueued_at is not null

-- name: old_partitions
-- Partitions all of whose executions are past retention, and of which none is unfinished.
select p.oid::regclass::text as name
from pg_inherits i
join pg_class p on p.oid = i.inhrelid
join pg_class parent on parent.oid = i.inhparent
where parent.relname in ('node_executions', 'scopes', 'events', 'node_logs')
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
