-- What the database server says of itself: who holds up others, and how much room there is.

-- name: holding_up
-- Sessions that others wait for, at any distance, and that wait for nobody themselves; those that hold
-- a lock on a table which keeps others from writing to it; and old transactions, which keep old rows.
-- The process number 0 stands for a prepared transaction.
with recursive waiting as (
    select a.pid, unnest(pg_blocking_pids(a.pid)) as holder,
           (select min(l.waitstart) from pg_locks l where l.pid = a.pid and not l.granted) as since
    from pg_stat_activity a
    where a.datname = current_database() and a.wait_event_type = 'Lock'
), chain as (
    select w.holder, w.pid, w.since from waiting w where w.holder not in (select pid from waiting)
    union
    select c.holder, w.pid, w.since from chain c join waiting w on w.holder = c.pid
), held_up as (
    select holder as pid, count(distinct pid) as waiters, min(since) as since from chain group by holder
), tables as (
    select l.pid, array_agg(distinct l.relation::regclass::text order by l.relation::regclass::text) as names
    from pg_locks l
    where l.granted and l.locktype = 'relation' and l.pid <> pg_backend_pid()
      and l.database = (select oid from pg_database where datname = current_database())
      and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    group by l.pid
)
select p.pid, coalesce(a.application_name, '') as application, coalesce(host(a.client_addr), '') as client,
       coalesce(a.state, '') as state, coalesce(left(a.query, 100), '') as query,
       coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::float8 as open_seconds,
       coalesce(t.names, '{}') as tables, coalesce(h.waiters, 0) as waiters,
       coalesce(extract(epoch from clock_timestamp() - h.since), 0)::float8 as waited_seconds
from (select pid from held_up union select pid from tables
      union select pid from pg_stat_activity
            where datname = current_database() and backend_type = 'client backend'
              and xact_start < clock_timestamp() - %(old_seconds)s * interval '1 second') p
left join pg_stat_activity a on a.pid = p.pid
left join held_up h on h.pid = p.pid
left join tables t on t.pid = p.pid
order by waiters desc, open_seconds desc

-- name: sessions
-- The sessions of the whole server by what they are, and how many it takes of those who are no superuser.
select coalesce(nullif(application_name, ''), 'unnamed') as application, count(*) as count,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - current_setting('reserved_connections')::int as most
from pg_stat_activity where backend_type = 'client backend'
group by application order by count desc, application

-- name: room
-- Sizes in bytes, and where the data is; null where the role may not know.
select pg_database_size(current_database()) as database_bytes,
       pg_size_bytes(current_setting('max_wal_size')) as wal_expected_bytes,
       case when has_function_privilege('pg_ls_waldir()', 'execute')
           then (select sum(size)::bigint from pg_ls_waldir()) end as wal_bytes,
       case when pg_has_role('pg_read_all_settings', 'usage')
           then current_setting('data_directory') end as folder,
       pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as is_read_only

-- name: slots
-- Replication slots that nobody reads, and the bytes of write-ahead log that are kept for them.
select slot_name as name, pg_wal_lsn_diff(
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
    restart_lsn)::bigint as bytes
from pg_replication_slots where not active and restart_lsn is not null

-- name: clock
select extract(epoch from clock_timestamp())::float8 as seconds
