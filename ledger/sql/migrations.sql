-- Migrations: which of them a database has had.

-- name: lock
select pg_advisory_lock(%(number)s)

-- name: unlock
select pg_advisory_unlock(%(number)s)

-- name: has_table
select to_regclass('migrations') is not null

-- name: applied
select name from migrations

-- name: applied_now
insert into migrations (name) values (%(name)s)

-- name: make_partitions
-- Of the current weeks, so that a fresh database takes submissions at once.
select ensure_partitions(now() - interval '1 day', now() + interval '15 days')
