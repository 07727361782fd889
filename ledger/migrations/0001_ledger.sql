-- The ledger: the record of truth, and the queue. Redis holds a short piece of it and may be lost.
--
-- Everything of an execution lies under its id, a UUIDv7: time first. The tables that grow with
-- every node are partitioned by it, so that a week past retention is dropped, never deleted.
-- Values (inputs, outputs, errors, a loop's entries) are JSON as bytes in the row that owns them;
-- TOAST keeps what is large out of the row, so that a later update does not write it again.

create table workflows (
    owner          text        not null,
    id             text        not null,
    name           text        not null,
    latest_version integer     not null,
    created_at     timestamptz not null default clock_timestamp(),
    primary key (owner, id)
);

create table workflow_versions (
    id          uuid        primary key,
    owner       text        not null,
    workflow_id text        not null,
    version     integer     not null,
    definition  bytea       not null,
    digest      bytea       not null,
    created_at  timestamptz not null default clock_timestamp(),
    unique (owner, workflow_id, version),
    unique (owner, workflow_id, digest),
    foreign key (owner, workflow_id) references workflows (owner, id)
);

create table executions (
    id                 uuid        primary key,
    version_id         uuid        not null references workflow_versions (id),
    owner              text        not null,
    workflow_id        text        not null,
    status             text        not null,
    trigger_node       text        not null,
    trigger_info       bytea       not null,
    priority           smallint    not null,
    -- Open nodes of the root scope (invariant 4).
    outstanding        integer     not null,
    -- The seq of the next event (invariant 5).
    next_seq           bigint      not null,
    -- Rows of node_executions so far, held against the limit when a loop opens.
    node_count         integer     not null,
    -- The first failure that a workflow with continue_on_failure goes on after.
    failure            bytea,
    pause_requested_at timestamptz,
    deadline_at        timestamptz,
    created_at         timestamptz not null default clock_timestamp(),
    finished_at        timestamptz,
    error              bytea,
    retry_of           uuid,
    constraint executions_status check (status in (
        'NEW', 'RUNNING', 'PAUSED', 'WAITING_FOR_HUMAN', 'SUCCESS', 'ERROR', 'CANCELED', 'TIMEOUT')),
    constraint executions_final check (
        (finished_at is not null) = (status in ('SUCCESS', 'ERROR', 'CANCELED', 'TIMEOUT'))),
    constraint executions_outstanding check (outstanding >= 0)
) with (fillfactor = 70);

create index executions_of_owner on executions (owner, id);
create index executions_due on executions (deadline_at) where finished_at is null and deadline_at is not null;
create index executions_retried on executions (retry_of) where retry_of is not null;

create table scopes (
    execution_id uuid    not null,
    scope        text    not null,
    -- The scope and the id of the loop node that opened it, and which iteration it is.
    parent       text    not null,
    loop         text    not null,
    index        bigint  not null,
    status       text    not null,
    -- Open nodes that stand directly in this scope (invariant 4).
    outstanding  integer not null,
    error        bytea,
    primary key (execution_id, scope),
    constraint scopes_status check (status in ('open', 'ended', 'failed', 'canceled')),
    constraint scopes_outstanding check (outstanding >= 0)
) partition by range (execution_id);

create table node_executions (
    execution_id uuid     not null,
    scope        text     not null,
    node         text     not null,
    state        text     not null,
    wait_kind    text,
    -- Arrivals so far (rule 2): resolved connections, taken ones, ones poisoned by a failure.
    arrived      integer  not null,
    taken        integer  not null,
    poisoned     integer  not null,
    -- MERGE that waits for any: the index of the connection it took.
    chosen       integer,
    -- The belt's name of the row: who may run it, how urgently, and the note that it was sent.
    queue        text     not null,
    priority     smallint not null,
    enqueued_at  timestamptz,
    epoch        text,
    -- Three numbers (rule 8).
    attempt      integer  not null default 0,
    retry_count  integer  not null default 0,
    lost_count   integer  not null default 0,
    worker_id    uuid,
    lease_id     uuid,
    -- The last lease whose outcome counted; not one that was canceled or taken back (rule 7).
    settled_by   uuid,
    started_at   timestamptz,
    limit_at     timestamptz,
    due_at       timestamptz,
    finished_at  timestamptz,
    output_key   text,
    output       bytea,
    error        bytea,
    details      bytea,
    -- Loops (rule 3): what the row is ready for, what it goes over, and how far it is.
    phase        text,
    items        bytea,
    loop_next    bigint,
    loop_active  integer,
    loop_total   bigint,
    primary key (execution_id, scope, node),
    constraint node_executions_state check (state in (
        'pending', 'ready', 'running', 'waiting', 'waiting_input', 'retrying',
        'completed', 'failed', 'skipped', 'canceled')),
    constraint node_executions_wait_kind check (
        (state = 'waiting') = (wait_kind is not null)
        and wait_kind in ('body', 'timer', 'signal', 'child', 'slot')),
    constraint node_executions_phase check (phase in ('open', 'turn', 'gather')),
    -- Only running holds a lease and an attempt limit.
    constraint node_executions_lease check ((lease_id is not null) = (state = 'running')),
    constraint node_executions_limit check (limit_at is null or state = 'running'),
    constraint node_executions_final check (
        (finished_at is not null) = (state in ('completed', 'failed', 'skipped', 'canceled'))),
    constraint node_executions_due check (
        (due_at is not null) = (state = 'retrying' or (state = 'waiting' and wait_kind = 'timer')))
) partition by range (execution_id);

-- What the dispatcher refills from, the reconciler watches and the timers wake: open rows only.
create index node_executions_open on node_executions (state, queue, due_at)
    where state in ('ready', 'running', 'retrying', 'waiting');

-- One row a transaction: the events it added, in order, from `seq` on.
create table events (
    execution_id uuid    not null,
    seq          bigint  not null,
    count        integer not null,
    body         bytea   not null,
    primary key (execution_id, seq)
) partition by range (execution_id);

create table dedup_keys (
    owner        text        not null,
    kind         text        not null,
    key          text        not null,
    digest       bytea       not null,
    execution_id uuid        not null,
    created_at   timestamptz not null default clock_timestamp(),
    primary key (owner, kind, key)
);

create table workers (
    id         uuid        primary key,
    host       text        not null,
    pid        integer     not null,
    queues     text[]      not null,
    beat       bigint      not null,
    draining   boolean     not null default false,
    started_at timestamptz not null default clock_timestamp()
);

-- The one place that says where a week's partition begins: UUIDv7 keeps milliseconds in its first 48 bits.
create function uuid_floor(moment timestamptz) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Creates the partitions of the weeks from `since` to `until`; those that exist stay as they are.
create function ensure_partitions(since timestamptz, until timestamptz) returns integer language plpgsql as $$
declare
    week date := date_trunc('week', since at time zone 'utc')::date;
    made integer := 0;
    parent text;
    child text;
begin
    while week <= (until at time zone 'utc')::date loop
        foreach parent in array array['node_executions', 'scopes', 'events'] loop
            child := parent || '_' || to_char(week, 'YYYYMMDD');
            if to_regclass(child) is null then
                execute format(
                    'create table %I partition of %I for values from (%L) to (%L)',
                    child, parent,
                    uuid_floor(week::timestamp at time zone 'utc'),
                    uuid_floor((week + 7)::timestamp at time zone 'utc'));
                if parent = 'node_executions' then
                    execute format('alter table %I set (fillfactor = 80)', child);
                end if;
                made := made + 1;
            end if;
        end loop;
        week := week + 7;
    end loop;
    return made;
end $$;
