-- The statements of one unit of work: what a transaction does to the executions whose rows it holds.
--
-- Each finds its rows by their key. `state || ''` keeps the planner from an index of states instead: a
-- plan that was made while few nodes ran would go through all that run, for every batch.

-- name: lock_executions
-- Rule 1: a statement of its own, ascending, so that what follows sees a fresh snapshot. Rows that
-- another transaction holds are left out; the caller comes back for them.
select id, version_id, owner, status, outstanding, next_seq, node_count, priority,
       pause_requested_at is not null as paused, failure, questions, clock_timestamp() as now
from executions
where id = any(%(ids)b)
order by id
for no key update skip locked

-- name: lock_execution
-- The same for one execution, waiting for it: for a call that has nothing else to do meanwhile.
select id, version_id, owner, workflow_id, status, outstanding, next_seq, node_count, priority,
       pause_requested_at is not null as paused, failure, questions, clock_timestamp() as now
from executions
where id = %(id)b
for no key update

-- name: wait_at_most
-- How long this session waits for a row from now on.
select set_config('lock_timeout', %(milliseconds)s, false)

-- name: wait_briefly
-- Bounds the waits for locks of this transaction.
select set_config('lock_timeout', %(milliseconds)s, true)

-- name: settle
-- Invariant 1: leaves `running`, under the lease the attempt holds, or touches nothing.
-- Returns the leases whose outcome counted. A loop that gathers keeps what it gives up for, and any
-- loop when it was first started.
-- Rule 8: an outcome forgives the losses before it where the node runs again (the next turn of a
-- loop, a retry). A release keeps them, and a final row tells those of its last attempt.
update node_executions n set
    state = s.state,
    wait_kind = s.wait_kind,
    due_at = clock_timestamp() + s.delay * interval '1 microsecond',
    finished_at = case when s.state in ('completed', 'failed') then clock_timestamp() end,
    retry_count = n.retry_count + (s.state = 'retrying')::integer,
    lost_count = case when s.state in ('waiting', 'waiting_input', 'retrying') then 0
                      else n.lost_count + s.lost end,
    settled_by = n.lease_id, lease_id = null, limit_at = null,
    started_at = case when s.state = 'ready' then null else n.started_at end,
    ready_at = case when s.state = 'ready' then clock_timestamp() else n.ready_at end,
    enqueued_at = null, epoch = null,
    owner = case when s.state = 'ready' then (
        select owner from executions e
        where e.id = n.execution_id and e.pause_requested_at is null) end,
    workflow_id = case when s.state = 'ready' then (
        select workflow_id from executions e where e.id = n.execution_id) end,
    output_key = s.output_key, output = s.output, details = s.details,
    error = case when s.state in ('ready', 'retrying') and n.phase = 'gather' then n.error
                 else s.error end,
    phase = case when s.state in ('ready', 'retrying') then n.phase end,
    opened_at = case when s.wait_kind = 'body' then coalesce(n.opened_at, n.started_at)
                     else n.opened_at end,
    items = coalesce(s.items, n.items),
    loop_next = coalesce(s.loop_next, n.loop_next),
    loop_active = coalesce(s.loop_active, n.loop_active),
    loop_total = coalesce(s.loop_total, n.loop_total)
from unnest(
    %(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(lease_id)b::uuid[],
    %(state)b::text[], %(wait_kind)b::text[], %(delay)b::bigint[], %(output_key)b::text[],
    %(output)b::bytea[], %(error)b::bytea[], %(details)b::bytea[],
    %(items)b::bytea[], %(loop_next)b::bigint[], %(loop_active)b::integer[], %(loop_total)b::bigint[],
    %(lost)b::integer[]
) as s (execution_id, scope, node, lease_id, state, wait_kind, delay, output_key, output, error,
        details, items, loop_next, loop_active, loop_total, lost)
where n.execution_id = s.execution_id and n.scope = s.scope and n.node = s.node
  and n.state || '' = 'running' and n.lease_id = s.lease_id
returning n.settled_by as lease_id

-- name: running
-- Invariant 1: those of these leases under which an attempt still runs.
select n.lease_id
from node_executions n
join unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(lease_id)b::uuid[])
    as r (execution_id, scope, node, lease_id)
  on n.execution_id = r.execution_id and n.scope = r.scope and n.node = r.node
where n.state || '' = 'running' and n.lease_id = r.lease_id

-- name: start_next
-- Rule 8: a member of a chunk is started by the settle of the one before it.
update node_executions n set
    started_at = clock_timestamp(),
    limit_at = clock_timestamp() + s.limit_seconds * interval '1 second'
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(lease_id)b::uuid[],
            %(limit_seconds)b::float8[])
    as s (execution_id, scope, node, lease_id, limit_seconds)
where n.execution_id = s.execution_id and n.scope = s.scope and n.node = s.node
  and n.state || '' = 'running' and n.lease_id = s.lease_id and n.started_at is null
returning n.lease_id

-- name: arrive
-- Rule 2: one upsert a target adds the batch's sums. A new row takes the state the caller worked
-- out; a row that waits takes its state from the sums. Returns every target with its state and sums.
insert into node_executions as n (
    execution_id, scope, node, state, arrived, taken, poisoned, chosen, queue, priority, phase,
    attempt, worker_id, lease_id, started_at, limit_at, ready_at, enqueued_at, epoch, owner,
    workflow_id, finished_at)
select a.execution_id, a.scope, a.node, a.state, a.arrived, a.taken, a.upstream_failed, a.chosen, a.queue,
       a.priority, a.phase, (a.state = 'running')::integer,
       case when a.state = 'running' then %(worker_id)b::uuid end, a.lease_id,
       case when a.state = 'running' then clock_timestamp() end,
       case when a.state = 'running' then clock_timestamp() + a.limit_seconds * interval '1 second' end,
       case when a.state = 'ready' then clock_timestamp() end,
       case when a.epoch is not null then clock_timestamp() end, a.epoch, a.owner, a.workflow_id,
       case when a.state = 'skipped' then clock_timestamp() end
from unnest(
    %(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(state)b::text[],
    %(arrived)b::integer[], %(taken)b::integer[], %(upstream_failed)b::integer[], %(chosen)b::integer[],
    %(queue)b::text[], %(priority)b::smallint[], %(phase)b::text[], %(lease_id)b::uuid[],
    %(limit_seconds)b::float8[], %(epoch)b::text[], %(owner)b::text[], %(workflow_id)b::text[]
) as a (execution_id, scope, node, state, arrived, taken, upstream_failed, chosen, queue, priority, phase,
        lease_id, limit_seconds, epoch, owner, workflow_id)
on conflict (execution_id, scope, node) do update set
    arrived = n.arrived + excluded.arrived,
    taken = n.taken + excluded.taken,
    poisoned = n.poisoned + excluded.poisoned
returning n.execution_id, n.scope, n.node, n.state, n.arrived, n.taken,
          n.poisoned as upstream_failed

-- name: place
-- A join that became complete (or a loop, a timer, a retry) goes to `ready`, `running` or `skipped`.
-- Leaves only what the caller read under the execution's lock.
update node_executions n set
    state = p.state,
    chosen = coalesce(p.chosen, n.chosen),
    phase = coalesce(p.phase, n.phase),
    error = coalesce(p.error, n.error),
    wait_kind = null, due_at = null,
    attempt = n.attempt + (p.state = 'running')::integer,
    worker_id = case when p.state = 'running' then %(worker_id)b::uuid else n.worker_id end,
    lease_id = p.lease_id,
    started_at = case when p.state = 'running' then clock_timestamp() end,
    limit_at = case when p.state = 'running'
               then clock_timestamp() + p.limit_seconds * interval '1 second' end,
    ready_at = case when p.state = 'ready' then clock_timestamp() else n.ready_at end,
    enqueued_at = case when p.epoch is not null then clock_timestamp() end,
    epoch = p.epoch,
    owner = p.owner, workflow_id = p.workflow_id,
    finished_at = case when p.state = 'skipped' then clock_timestamp() end
from unnest(
    %(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(state)b::text[],
    %(chosen)b::integer[], %(phase)b::text[], %(error)b::bytea[], %(lease_id)b::uuid[],
    %(limit_seconds)b::float8[], %(epoch)b::text[], %(owner)b::text[], %(workflow_id)b::text[]
) as p (execution_id, scope, node, state, chosen, phase, error, lease_id, limit_seconds, epoch, owner,
        workflow_id)
where n.execution_id = p.execution_id and n.scope = p.scope and n.node = p.node
  and n.state in ('pending', 'waiting', 'retrying')

-- name: claim
-- Takes a lease on rows that are ready; a row that is not (any more) is left out.
update node_executions n set
    state = 'running', attempt = n.attempt + 1, worker_id = c.worker_id,
    lease_id = c.lease_id, enqueued_at = null, epoch = null,
    started_at = case when c.starts then clock_timestamp() end,
    limit_at = case when c.starts then clock_timestamp() + c.limit_seconds * interval '1 second' end
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(lease_id)b::uuid[],
            %(worker_id)b::uuid[], %(starts)b::boolean[], %(limit_seconds)b::float8[],
            %(lost_below)b::integer[])
    as c (execution_id, scope, node, lease_id, worker_id, starts, limit_seconds, lost_below)
where n.execution_id = c.execution_id and n.scope = c.scope and n.node = c.node and n.state = 'ready'
  and n.lost_count < c.lost_below
returning n.lease_id, n.queue, n.attempt, n.retry_count, n.lost_count, n.chosen, n.phase, n.loop_next,
          n.error,
          extract(epoch from clock_timestamp() - n.ready_at)::float8 as waited_seconds

-- name: passed_over
-- Rule 8: those of these rows that a claim left to whoever has room for suspects.
select n.execution_id, n.scope, n.node
from node_executions n
join unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[])
    as c (execution_id, scope, node)
  on n.execution_id = c.execution_id and n.scope = c.scope and n.node = c.node
where n.state = 'ready' and n.lost_count >= %(lost_below)s

-- name: clear_notes
-- Rule 9: a claim refused by the gate or for want of a capability takes its note back.
update node_executions n set
    enqueued_at = null, epoch = null, workflow_id = e.workflow_id,
    owner = case when e.pause_requested_at is null then e.owner end
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[]) as c (execution_id, scope, node)
join executions e on e.id = c.execution_id
where n.execution_id = c.execution_id and n.scope = c.scope and n.node = c.node and n.state = 'ready'

-- name: count_scopes
-- Invariant 4: adds to the open nodes of scopes that are open. One that comes to 0 ends here.
update scopes s set
    outstanding = s.outstanding + d.delta,
    status = case when s.outstanding + d.delta = 0 then 'ended' else s.status end
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(delta)b::integer[]) as d (execution_id, scope, delta)
where s.execution_id = d.execution_id and s.scope = d.scope and s.status = 'open'
returning s.execution_id, s.scope, s.parent, s.loop, s.index, s.status

-- name: fail_scopes
-- A scope that a failure ends. Returns those that were still open.
update scopes s set status = 'failed', outstanding = 0, error = f.error
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(error)b::bytea[]) as f (execution_id, scope, error)
where s.execution_id = f.execution_id and s.scope = f.scope and s.status = 'open'
returning s.execution_id, s.scope, s.parent, s.loop, s.index, s.status

-- name: waiting_loops
-- The loops that wait for scopes which just ended.
select n.execution_id, n.scope, n.node, n.loop_next, n.loop_active, n.loop_total,
       n.attempt, n.retry_count, n.lost_count
from node_executions n
join unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[]) as l (execution_id, scope, node)
  on n.execution_id = l.execution_id and n.scope = l.scope and n.node = l.node
where n.state || '' = 'waiting' and n.wait_kind = 'body'

-- name: advance_loops
update node_executions n set loop_next = l.loop_next, loop_active = l.loop_active
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[],
            %(loop_next)b::bigint[], %(loop_active)b::integer[])
    as l (execution_id, scope, node, loop_next, loop_active)
where n.execution_id = l.execution_id and n.scope = l.scope and n.node = l.node
  and n.state || '' = 'waiting' and n.wait_kind = 'body'

-- name: open_scopes
insert into scopes (execution_id, scope, parent, loop, index, status, outstanding)
select * from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(parent)b::text[], %(loop)b::text[],
                     %(ordinal)b::bigint[], %(status)b::text[], %(outstanding)b::integer[])

-- name: cancel_scope_nodes
-- Rule 3: whatever ends a scope early cancels in the same transaction all its rows that are not final.
-- Returns how many left each state.
with going as materialized (
    select distinct n.execution_id, n.scope, n.node, n.queue, n.state
    from node_executions n
    join unnest(%(execution_id)b::uuid[], %(scope)b::text[]) as c (execution_id, scope)
      on n.execution_id = c.execution_id
     and (n.scope = c.scope or starts_with(n.scope, c.scope || '/'))
    where n.state in ('pending', 'ready', 'running', 'waiting', 'waiting_input', 'retrying')
), canceled as (
    update node_executions n set
        state = 'canceled', finished_at = clock_timestamp(), lease_id = null,
        limit_at = null, wait_kind = null, due_at = null, enqueued_at = null, epoch = null
    from going g
    where n.execution_id = g.execution_id and n.scope = g.scope and n.node = g.node
      and n.state || '' = g.state
)
select execution_id, queue, state, count(*) from going group by execution_id, queue, state

-- name: cancel_scopes
update scopes s set status = 'canceled', outstanding = 0
from unnest(%(execution_id)b::uuid[], %(scope)b::text[]) as c (execution_id, scope)
where s.execution_id = c.execution_id
  and (s.scope = c.scope or starts_with(s.scope, c.scope || '/'))
  and s.status = 'open'

-- name: open_siblings
-- The scopes of a loop that are still open, for a loop that gives up.
select s.execution_id, s.scope
from scopes s
join unnest(%(execution_id)b::uuid[], %(parent)b::text[], %(loop)b::text[]) as l (execution_id, parent, loop)
  on s.execution_id = l.execution_id and s.parent = l.parent and s.loop = l.loop
where s.status = 'open'

-- name: cancel_nodes
-- The same for whole executions.
with going as materialized (
    select execution_id, scope, node, queue, state from node_executions
    where execution_id = any(%(ids)b)
      and state in ('pending', 'ready', 'running', 'waiting', 'waiting_input', 'retrying')
), canceled as (
    update node_executions n set
        state = 'canceled', finished_at = clock_timestamp(), lease_id = null,
        limit_at = null, wait_kind = null, due_at = null, enqueued_at = null, epoch = null
    from going g
    where n.execution_id = g.execution_id and n.scope = g.scope and n.node = g.node
      and n.state || '' = g.state
)
select execution_id, queue, state, count(*) from going group by execution_id, queue, state

-- name: cancel_open_scopes
update scopes set status = 'canceled', outstanding = 0
where execution_id = any(%(ids)b) and status = 'open'

-- name: stranded
-- The executions among `ids` that hold a row which never got all its arrivals.
select distinct execution_id from node_executions
where execution_id = any(%(ids)b) and state = 'pending'

-- name: save_executions
-- The executions' own rows, and with them their new events: numbered from the seq that the row gave
-- (invariant 5).
with saved as (
    select * from unnest(
        %(id)b::uuid[], %(status)b::text[], %(outstanding)b::integer[], %(first_seq)b::bigint[],
        %(event_count)b::integer[], %(events)b::bytea[], %(node_count)b::integer[],
        %(failure)b::bytea[], %(error)b::bytea[], %(questions)b::integer[]
    ) as s (id, status, outstanding, first_seq, event_count, events, node_count, failure, error,
            questions)
), told as (
    insert into events (execution_id, seq, count, body)
    select id, first_seq, event_count, events from saved where event_count > 0
)
update executions e set
    status = s.status, outstanding = s.outstanding, next_seq = s.first_seq + s.event_count,
    node_count = s.node_count, failure = s.failure, error = s.error, questions = s.questions,
    finished_at = case when s.status in ('SUCCESS', 'ERROR', 'CANCELED', 'TIMEOUT') then clock_timestamp() end
from saved s
where e.id = s.id and e.status not in ('SUCCESS', 'ERROR', 'CANCELED', 'TIMEOUT')

-- name: add_executions
-- The same for executions that this transaction creates: nobody sees them before it commits, so
-- their rows are written once, when all is known of them.
with saved as (
    select * from unnest(
        %(id)b::uuid[], %(status)b::text[], %(outstanding)b::integer[], %(first_seq)b::bigint[],
        %(event_count)b::integer[], %(events)b::bytea[], %(node_count)b::integer[],
        %(failure)b::bytea[], %(error)b::bytea[], %(questions)b::integer[], %(version_id)b::uuid[],
        %(owner)b::text[], %(workflow_id)b::text[], %(trigger_node)b::text[],
        %(trigger_info)b::bytea[], %(priority)b::smallint[], %(deadline_seconds)b::float8[],
        %(retry_of)b::uuid[]
    ) as s (id, status, outstanding, first_seq, event_count, events, node_count, failure, error,
            questions, version_id, owner, workflow_id, trigger_node, trigger_info, priority,
            deadline_seconds, retry_of)
), told as (
    insert into events (execution_id, seq, count, body)
    select id, first_seq, event_count, events from saved where event_count > 0
)
insert into executions (
    id, version_id, owner, workflow_id, status, trigger_node, trigger_info, priority, outstanding,
    next_seq, node_count, failure, error, questions, created_at, deadline_at, finished_at, retry_of)
select id, version_id, owner, workflow_id, status, trigger_node, trigger_info, priority, outstanding,
       first_seq + event_count, node_count, failure, error, questions,
       now(), -- of the transaction: no event is older
       clock_timestamp() + deadline_seconds * interval '1 second',
       case when status in ('SUCCESS', 'ERROR', 'CANCELED', 'TIMEOUT') then clock_timestamp() end,
       retry_of
from saved

-- name: add_triggers
-- A trigger's row is settled as it appears: the fired one completed, any other skipped.
insert into node_executions (execution_id, scope, node, state, arrived, taken, poisoned, queue,
                             priority, started_at, finished_at, output_key, output)
select execution_id, '', node, state, 0, 0, 0, queue, priority, clock_timestamp(),
       clock_timestamp(), output_key, output
from unnest(%(execution_id)b::uuid[], %(node)b::text[], %(state)b::text[], %(queue)b::text[],
            %(priority)b::smallint[], %(output_key)b::text[], %(output)b::bytea[])
    as t (execution_id, node, state, queue, priority, output_key, output)

-- name: ready_rows
-- What of an execution could run now: for a resume, which takes their notes back (rule 9). Nobody
-- counts the time behind the gate as a wait for a worker.
update node_executions n set
    enqueued_at = null, epoch = null, ready_at = clock_timestamp(),
    owner = e.owner, workflow_id = e.workflow_id
from executions e
where n.execution_id = %(id)b and n.state = 'ready' and e.id = n.execution_id
returning n.execution_id, n.scope, n.node, n.queue

-- name: note
-- Rule 9: the note that a row's message is sent, under the execution's lock.
update node_executions n set enqueued_at = clock_timestamp(), epoch = q.epoch, owner = null
from unnest(%(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(epoch)b::text[])
    as q (execution_id, scope, node, epoch)
where n.execution_id = q.execution_id and n.scope = q.scope and n.node = q.node and n.state = 'ready'
returning n.execution_id, n.scope, n.node

-- name: pause
update executions set pause_requested_at = clock_timestamp() where id = %(id)s

-- name: ready_in
-- What of an execution could run now, by queue.
select queue, count(*) from node_executions where execution_id = %(id)b and state = 'ready'
group by queue

-- name: hold
-- Rule 9: what waits in the ledger waits for nobody's turn while the gate is closed.
update node_executions set owner = null
where execution_id = %(id)b and state = 'ready' and enqueued_at is null

-- name: resume
update executions set pause_requested_at = null where id = %(id)s

-- name: due_retries
-- Retries of one execution whose time has come.
select execution_id, scope, node, attempt, retry_count, lost_count from node_executions
where execution_id = %(id)b and state || '' = 'retrying' and due_at <= clock_timestamp()

-- name: complete_timers
-- Timers of one execution whose time has come: they complete with the output they were given.
update node_executions set
    state = 'completed', wait_kind = null, due_at = null, finished_at = clock_timestamp()
where execution_id = %(id)b and state || '' = 'waiting' and wait_kind = 'timer'
  and due_at <= clock_timestamp()
returning execution_id, scope, node, output_key

-- name: beat_for_share
-- Rule 10: the last look at a process before its nodes are reclaimed.
select beat from workers where id = %(worker_id)s for share

-- name: reclaim
-- Rule 8: a node that was started when its process died is charged a loss, up to the suspect's
-- threshold: from there on only the death of its own child counts, and the living parent reports it.
update node_executions n set
    state = 'ready', ready_at = clock_timestamp(), lease_id = null, limit_at = null,
    lost_count = case when n.started_at is null then n.lost_count
                      else greatest(n.lost_count, least(n.lost_count + 1, %(suspect)s)) end,
    started_at = null, workflow_id = e.workflow_id,
    owner = case when e.pause_requested_at is null then e.owner end
from executions e
where n.execution_id = %(id)b and n.state || '' = 'running' and n.worker_id = %(worker_id)s
  and e.id = n.execution_id
returning n.execution_id, n.scope, n.node, n.queue

-- name: overdue
-- Running attempts of one execution past their limit by more than the grace that a living process
-- needs to see to them itself (invariant 7), with that limit, and the retries their process allows.
select n.execution_id, n.scope, n.node, n.lease_id, n.attempt, n.retry_count, n.lost_count, n.phase,
       n.loop_next, n.worker_id,
       round(extract(epoch from n.limit_at - n.started_at), 3)::float8 as limit_seconds,
       (w.max_retries ->> n.queue)::integer as max_retries
from node_executions n
left join workers w on w.id = n.worker_id
where n.execution_id = %(id)b and n.state || '' = 'running'
  and n.limit_at < clock_timestamp() - %(grace_seconds)s * interval '1 second'

-- name: release_unstarted
-- Rule 8: what waits behind an attempt that hangs is released; a start of it comes too late now.
update node_executions n set
    state = 'ready', ready_at = clock_timestamp(), lease_id = null, workflow_id = e.workflow_id,
    owner = case when e.pause_requested_at is null then e.owner end
from executions e
where n.execution_id = %(id)b and n.state || '' = 'running' and n.worker_id = any(%(workers)b)
  and n.started_at is null and e.id = n.execution_id
returning n.execution_id, n.scope, n.node, n.queue

-- name: leases
-- Which of these leases the ledger still knows to be running, and which were settled under it.
select lease_id, settled_by from node_executions
where execution_id = any(%(ids)b) and (lease_id = any(%(leases)b) or settled_by = any(%(leases)b))
