-- Questions: asked, answered, timed out, withdrawn. Always under the execution's lock.

-- name: ask
insert into interactions (id, execution_id, scope, node, owner, interaction_type, channel_type, assignees,
                          question, input, warn_at, timeout_at, delivered_at)
select a.id, a.execution_id, a.scope, a.node, e.owner, a.interaction_type, a.channel_type,
       array(select json_array_elements_text(a.assignees::json)), a.question, a.input,
       clock_timestamp() + a.warn_seconds * interval '1 second',
       clock_timestamp() + a.timeout_seconds * interval '1 second',
       case when not a.is_sent then clock_timestamp() end
from unnest(
    %(id)b::uuid[], %(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[],
    %(interaction_type)b::text[], %(channel_type)b::text[], %(is_sent)b::boolean[], %(assignees)b::text[],
    %(question)b::bytea[], %(input)b::bytea[], %(warn_seconds)b::float8[], %(timeout_seconds)b::float8[]
) as a (id, execution_id, scope, node, interaction_type, channel_type, is_sent, assignees, question, input,
        warn_seconds, timeout_seconds)
join executions e on e.id = a.execution_id
returning id, execution_id, warn_at, timeout_at

-- name: send
insert into outbox (id, interaction_id, kind)
select * from unnest(%(id)b::uuid[], %(interaction_id)b::uuid[], %(kind)b::text[])

-- name: withdraw
-- Rule 3: whatever ends an execution early cancels its questions too.
update interactions set status = 'canceled', decided_at = clock_timestamp()
where execution_id = any(%(ids)b) and status || '' = 'pending'
returning id, execution_id

-- name: withdraw_in_scopes
update interactions i set status = 'canceled', decided_at = clock_timestamp()
from unnest(%(execution_id)b::uuid[], %(scope)b::text[]) as c (execution_id, scope)
where i.execution_id = c.execution_id
  and (i.scope = c.scope or starts_with(i.scope, c.scope || '/'))
  and i.status || '' = 'pending'
returning i.id, i.execution_id

-- name: standing
-- What the status of an execution with questions derives from.
select e.id,
       -- Not `exists`, which may be answered from a hash of all there are.
       (select true from node_executions n
        where n.execution_id = e.id
          and (n.state in ('ready', 'running', 'retrying')
               or (n.state = 'waiting' and n.wait_kind <> 'body'))
        limit 1) is not null as busy,
       (select true from interactions i
        where i.execution_id = e.id and i.status || '' = 'pending' and i.delivered_at is null
        limit 1) is not null as undelivered
from executions e where e.id = any(%(ids)b)

-- name: execution_of
select execution_id from interactions where id = %(id)s

-- name: interaction
select i.id, i.execution_id, i.scope, i.node, i.owner, i.status, i.interaction_type, i.channel_type,
       i.assignees, i.question, i.created_at, i.warned_at, i.delivered_at, i.decided_at, i.decision,
       i.answer, i.answered_by, i.via, least(i.timeout_at, e.deadline_at) as timeout_at
from interactions i join executions e on e.id = i.execution_id
where i.id = %(id)s

-- name: executions_of
select id, execution_id from interactions where id = any(%(ids)s)

-- name: pending_among
-- Due by this clock, whatever the pause table says.
select i.id, i.execution_id, i.scope, i.node, i.owner, i.status, i.interaction_type, i.channel_type,
       i.assignees, i.question, i.created_at, i.warned_at, i.delivered_at, i.decided_at, i.decision,
       i.answer, i.answered_by, i.via, i.timeout_at, i.timeout_at <= clock_timestamp() as is_due
from interactions i
where i.id = any(%(ids)s) and i.status || '' = 'pending'

-- name: question_inputs
select id, input from interactions where id = any(%(ids)b)

-- name: question_input
select input from interactions where id = %(id)s

-- name: decide
-- Invariant 8: leaves `pending` once.
update interactions set
    status = %(status)s, decided_at = %(at)s, decision = %(decision)s, answer = %(answer)s,
    answered_by = %(by)s, via = %(via)s
where id = %(id)s and status || '' = 'pending'

-- name: leave_waiting
-- The node of a decided question completes or fails; invariant 1: it leaves `waiting_input`.
update node_executions set
    state = %(state)s, finished_at = clock_timestamp(), output_key = %(output_key)s,
    output = %(output)s, error = %(error)s, details = %(details)s
where execution_id = %(execution_id)s and scope = %(scope)s and node = %(node)s
  and state = 'waiting_input' and settled_by = %(id)s

-- name: respond
-- Beyond so many only what decides is kept; the execution's lock makes the count exact.
insert into interaction_responses (id, interaction_id, responder, via, decision, answer, error, verdict)
select %(id)s, %(interaction_id)s, %(by)s, %(via)s, %(decision)s, %(answer)s, %(error)s, %(verdict)s
where %(verdict)s::text = 'decided'
   or (select count(*) from interaction_responses
       where interaction_id = %(interaction_id)s and verdict <> 'decided') < %(most)s

-- name: responses
select received_at, responder, via, decision, answer, error, verdict from interaction_responses
where interaction_id = %(id)s
order by id

-- name: audit
insert into audit_log (id, owner, actor, action, subject, details)
values (%(id)s, %(owner)s, %(actor)s, %(action)s, %(subject)s, %(details)s)

-- name: deliver
update interactions set delivered_at = clock_timestamp()
where id = %(id)s and delivered_at is null

-- name: interactions
-- Those that an account owns or is asked, newest first, before a cursor.
select i.id, i.execution_id, i.scope, i.node, i.owner, i.status, i.interaction_type, i.channel_type,
       i.assignees, i.question, i.created_at, i.warned_at, i.delivered_at, i.decided_at, i.decision,
       i.answer, i.answered_by, i.via, least(i.timeout_at, e.deadline_at) as timeout_at
from interactions i join executions e on e.id = i.execution_id
where (i.owner = %(account)s or (i.status = 'pending' and i.assignees @> array[%(account)s::text]))
  and (%(execution_id)s::uuid is null or i.execution_id = %(execution_id)s)
  and (%(status)s::text is null or i.status = %(status)s)
  and (%(id_prefix)s::text is null or
       i.id between rpad(replace(%(id_prefix)s, '-', ''), 32, '0')::uuid
                and rpad(replace(%(id_prefix)s, '-', ''), 32, 'f')::uuid)
  and (%(before)s::uuid is null or i.id < %(before)s)
order by i.id desc
limit %(limit)s

-- name: due_questions
select id from interactions
where status = 'pending' and timeout_at <= clock_timestamp()
order by timeout_at limit %(limit)s

-- name: pending_questions
-- All that wait, by pages: what the pause table is rebuilt from.
select id, execution_id, timeout_at, case when warned_at is null then warn_at else timeout_at end as warn_at
from interactions
where status = 'pending' and (%(after)s::uuid is null or id > %(after)s)
order by id limit %(limit)s

-- name: unwarned_questions
select id from interactions
where status = 'pending' and warned_at is null and warn_at <= clock_timestamp()
order by timeout_at limit %(limit)s

-- name: warn
update interactions set warned_at = clock_timestamp()
where id = %(id)s and status || '' = 'pending' and warned_at is null and warn_at <= clock_timestamp()
returning id, scope, node, channel_type, timeout_at

-- name: add_link
insert into interaction_links (token_hash, interaction_id, recipient)
values (%(token_hash)s, %(interaction_id)s, %(recipient)s)

-- name: link
-- Of the tokens that went to one recipient for a question, only the latest counts.
select l.recipient,
       exists (select from interaction_links n
               where n.interaction_id = l.interaction_id and n.recipient = l.recipient
                 and n.created_at > l.created_at) as is_replaced
from interaction_links l
where l.token_hash = %(token_hash)s and l.interaction_id = %(interaction_id)s

-- name: take_sendings
-- Whoever takes a row has it until its lease is over; a row of a process that died comes again. The
-- owners have their turns, and none more on its way than `most_of_owner`, with those of `sending`.
with due as (
    select o.id, i.owner, row_number() over (partition by i.owner order by o.due_at) as turn
    from outbox o join interactions i on i.id = o.interaction_id
    where o.done_at is null and o.given_up_at is null and o.due_at <= clock_timestamp()
), taken as materialized (
    select o.id, d.owner
    from due d
    join outbox o on o.id = d.id
    left join unnest(%(owners)s::text[], %(sending)s::integer[]) as s (owner, count)
      on s.owner = d.owner
    where d.turn + coalesce(s.count, 0) <= %(most_of_owner)s
      and o.done_at is null and o.due_at <= clock_timestamp()
    order by d.turn, o.due_at limit %(limit)s for update of o skip locked
)
update outbox o set
    attempts = attempts + 1, due_at = clock_timestamp() + %(lease_seconds)s * interval '1 second'
from taken t
where o.id = t.id
returning o.id, o.interaction_id, o.kind, o.attempts, t.owner

-- name: sent
update outbox set done_at = clock_timestamp(), error = null where id = %(id)s

-- name: send_again
update outbox set due_at = clock_timestamp() + %(seconds)s * interval '1 second', error = %(error)s
where id = %(id)s and done_at is null

-- name: next_sending
select extract(epoch from min(due_at) - clock_timestamp())::float8 as seconds from outbox
where done_at is null and given_up_at is null

-- name: delivery_error
select error from outbox where interaction_id = %(id)s and error is not null
order by due_at desc limit 1
