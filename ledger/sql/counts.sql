-- Open counts: what is open in the whole cluster, kept as sums of changes.

-- name: change
-- What one transaction changes.
insert into open_counts (kind, name, priority, change)
select * from unnest(%(kind)b::text[], %(name)b::text[], %(priority)b::smallint[], %(change)b::bigint[])

-- name: fold
-- One row for each count that has more: a row is taken out once, and what it says put in again.
with rows as (
    select ctid as at, count(*) over (partition by kind, name, priority) as of_it from open_counts
), gone as (
    delete from open_counts where ctid = any(array(select at from rows where of_it > 1))
    returning kind, name, priority, change
)
insert into open_counts (kind, name, priority, change)
select kind, name, priority, sum(change) from gone
group by kind, name, priority having sum(change) <> 0

-- name: take_out
-- What was kept, before it is counted again.
with gone as (delete from open_counts returning kind, name, priority, change)
select kind, name, priority, sum(change)::bigint as count from gone
group by kind, name, priority having sum(change) <> 0

-- name: count_again
-- Reads all that is open. What stands behind a closed gate waits for nobody, and Treadle's own
-- workflows are not what people see as executions.
insert into open_counts (kind, name, priority, change)
select 'executions', status, 0, count(*)
from executions
where finished_at is null and not starts_with(workflow_id, %(system)s)
group by status
union all
select 'ready', n.queue, n.priority, sum(n.count)
from (
    -- One execution is looked up for all its rows, whatever the plan.
    select execution_id, queue, priority, count(*) as count
    from node_executions where state = 'ready'
    group by execution_id, queue, priority offset 0) n
where (select pause_requested_at is null from executions e where e.id = n.execution_id)
group by n.queue, n.priority
union all
select 'nodes', state, 0, count(*)
from node_executions where state in ('running', 'retrying', 'waiting')
group by state
returning kind, name, priority, change as count
