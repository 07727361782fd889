-- Turns: whose rows the dispatcher sends next. What waits is found by an index, one look for each
-- owner and workflow, so that it costs the same whether ten rows wait or a million.

-- name: ready
-- Whether anything waits for its turn, and whether anything is noted as sent: an idle cluster asks
-- this and no more.
select exists (select from node_executions
               where state = 'ready' and enqueued_at is null and owner is not null) as waits,
       exists (select from node_executions
               where state = 'ready' and enqueued_at is not null) as is_noted

-- name: waiting
-- Of each queue and priority, the owners of whom something waits, and of each some workflows. Both
-- begin after the one that had its turn last, and go on with the first where there are no more.
with recursive served as (
    select unnest(%(queues)s::text[]) as queue
), levels as (
    select s.queue, n.priority
    from served s cross join lateral (
        select priority from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null and queue = s.queue
        order by priority limit 1) n
    union all
    select l.queue, n.priority
    from levels l cross join lateral (
        select priority from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null and queue = l.queue
          and priority > l.priority
        order by priority limit 1) n
), starts as materialized (
    select l.queue, l.priority, coalesce(a.owner, '') as last,
           greatest(1, %(most_owners)s / count(*) over ()) as most
    from levels l
    left join unnest(%(last_queue)s::text[], %(last_priority)s::smallint[], %(last_owner)s::text[])
        as a (queue, priority, owner) on a.queue = l.queue and a.priority = l.priority
), ahead as (
    select s.queue, s.priority, s.most, n.owner, 1 as number
    from starts s cross join lateral (
        select owner from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null
          and queue = s.queue and priority = s.priority and owner > s.last
        order by owner limit 1) n
    union all
    select a.queue, a.priority, a.most, n.owner, a.number + 1
    from ahead a cross join lateral (
        select owner from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null
          and queue = a.queue and priority = a.priority and owner > a.owner
        order by owner limit 1) n
    where a.number < a.most
), counts as materialized (
    select queue, priority, max(number) as number from ahead group by queue, priority
), behind as (
    select s.queue, s.priority, s.most, s.last, n.owner, coalesce(c.number, 0) + 1 as number
    from starts s
    left join counts c on c.queue = s.queue and c.priority = s.priority
    cross join lateral (
        select owner from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null
          and queue = s.queue and priority = s.priority and owner <= s.last
        order by owner limit 1) n
    where coalesce(c.number, 0) < s.most
    union all
    select b.queue, b.priority, b.most, b.last, n.owner, b.number + 1
    from behind b cross join lateral (
        select owner from node_executions
        where state = 'ready' and enqueued_at is null and owner is not null
          and queue = b.queue and priority = b.priority and owner > b.owner and owner <= b.last
        order by owner limit 1) n
    where b.number < b.most
), owners as materialized (
    select *, greatest(1, least(%(most_workflows)s, %(most_shares)s / count(*) over ())) as most
    from (select queue, priority, owner, number from ahead
          union all select queue, priority, owner, number from behind) o
), after as (
    select * from unnest(%(queue)s::text[], %(priority)s::smallint[], %(owner)s::text[],
                         %(workflow_id)s::text[]) as a (queue, priority, owner, workflow_id)
)
select o.queue, o.priority, o.owner, w.workflow_id
from owners o
left join after a on a.queue = o.queue and a.priority = o.priority and a.owner = o.owner
cross join lateral (
    with recursive ahead as (
        (select workflow_id, 1 as number from node_executions
         where state = 'ready' and enqueued_at is null and owner = o.owner
           and queue = o.queue and priority = o.priority
           and workflow_id > coalesce(a.workflow_id, '')
         order by workflow_id limit 1)
        union all
        select n.workflow_id, w.number + 1
        from ahead w cross join lateral (
            select workflow_id from node_executions
            where state = 'ready' and enqueued_at is null and owner = o.owner
              and queue = o.queue and priority = o.priority and workflow_id > w.workflow_id
            order by workflow_id limit 1) n
        where w.number < o.most
    ), behind as (
        (select workflow_id, 1 as number from node_executions
         where state = 'ready' and enqueued_at is null and owner = o.owner
           and queue = o.queue and priority = o.priority
           and workflow_id <= coalesce(a.workflow_id, '')
         order by workflow_id limit 1)
        union all
        select n.workflow_id, w.number + 1
        from behind w cross join lateral (
            select workflow_id from node_executions
            where state = 'ready' and enqueued_at is null and owner = o.owner
              and queue = o.queue and priority = o.priority and workflow_id > w.workflow_id
              and workflow_id <= coalesce(a.workflow_id, '')
            order by workflow_id limit 1) n
        where w.number < o.most
    )
    select workflow_id, is_behind, ahead.number
    from (select workflow_id, false as is_behind, number from ahead
          union all select workflow_id, true, number from behind) ahead
    order by is_behind, number limit o.most) w
order by o.queue, o.priority, o.number, w.is_behind, w.number

-- name: send
-- Rule 9: the note that the messages of rows are sent, for so many rows of each owner's workflow, the
-- oldest executions first. No execution is locked: a row that somebody changes is passed over, and
-- what is noted here and taken back at that moment leaves a message that does nothing. What is noted
-- waits for nobody's turn: a process of the release before that takes the note back gives it none.
with wanted as (
    select * from unnest(%(queue)s::text[], %(priority)s::smallint[], %(owner)s::text[],
                         %(workflow_id)s::text[], %(rows)s::integer[])
        as w (queue, priority, owner, workflow_id, rows)
), picked as materialized (
    select n.*, w.owner from wanted w cross join lateral (
        select execution_id, scope, node from node_executions
        where state = 'ready' and enqueued_at is null and owner = w.owner
          and queue = w.queue and priority = w.priority and workflow_id = w.workflow_id
          and execution_id <> all(%(aside)s::uuid[])
        order by execution_id
        limit w.rows for no key update skip locked) n
)
update node_executions n set enqueued_at = clock_timestamp(), epoch = %(epoch)s, owner = null
from picked p
where n.execution_id = p.execution_id and n.scope = p.scope and n.node = p.node
returning n.execution_id, n.scope, n.node, n.queue, n.priority, p.owner

-- name: take_back_lost
-- Rule 9: takes back the notes of rows that no message stands for, so that they wait for their turn
-- again: it is lost with Redis's data if the note's epoch is over, and unclaimed if the note is older
-- than the oldest message not yet fetched of its queue (an empty queue counts as now), or than a minute
-- and in no message that was read: behind long nodes a message may wait for hours. Queues hold a moment
-- of work, so noted rows are few, however many wait. A suspect whose message is gone was passed over for
-- want of room: that is no loss.
with heads as (
    select * from unnest(%(queue)s::text[], %(oldest)s::timestamptz[]) as h (queue, oldest)
), lost as materialized (
    select n.execution_id, n.scope, n.node,
           case when n.lost_count >= %(suspect)s then null
                when n.epoch <> %(epoch)s then 'message_lost'
                else 'message_unclaimed' end as repair
    from node_executions n
    left join heads h on h.queue = n.queue
    where n.state = 'ready' and n.enqueued_at is not null
      and n.queue = any(%(queues)s) and n.execution_id <> all(%(aside)s::uuid[])
      and (n.epoch <> %(epoch)s
           or n.enqueued_at < coalesce(h.oldest, clock_timestamp()) - %(grace_seconds)s * interval '1 second'
           or (n.enqueued_at < clock_timestamp() - interval '1 minute'
               and (n.execution_id, n.scope, n.node) not in (
                   select * from unnest(%(execution_id)s::uuid[], %(scope)s::text[], %(node)s::text[]))))
    for no key update of n skip locked
)
update node_executions n set
    enqueued_at = null, epoch = null, workflow_id = e.workflow_id,
    owner = case when e.pause_requested_at is null then e.owner end
from lost l join executions e on e.id = l.execution_id
where n.execution_id = l.execution_id and n.scope = l.scope and n.node = l.node
returning n.execution_id, n.scope, n.node, l.repair

-- name: adopt
-- Rows that wait for nobody's turn though their execution is not paused: a process of the release
-- before wrote them. So many at once, however many there are: nothing is sent meanwhile. Rows that
-- somebody changes are passed over, so that nobody waits for another.
with turnless as materialized (
    select n.execution_id, n.scope, n.node, e.owner, e.workflow_id
    from node_executions n join executions e on e.id = n.execution_id
    where n.state = 'ready' and n.enqueued_at is null and n.owner is null
      and e.pause_requested_at is null and e.finished_at is null
    limit %(rows)s for no key update of n skip locked
)
update node_executions n set owner = t.owner, workflow_id = t.workflow_id
from turnless t
where n.execution_id = t.execution_id and n.scope = t.scope and n.node = t.node
