-- People: what a node asks, what came back, and what goes out because of it.
--
-- A question's row is also the record that its execution waits: there is no second table of pauses.

-- How many questions of an execution are pending: without any, its status needs no look at its nodes.
alter table executions add column questions integer not null default 0 check (questions >= 0);

create table interactions (
    -- The lease under which it was asked, so that asking is as unique as a settle.
    id               uuid        primary key,
    execution_id     uuid        not null references executions (id) on delete cascade,
    scope            text        not null,
    node             text        not null,
    owner            text        not null,
    status           text        not null default 'pending',
    interaction_type text        not null,
    channel_type     text        not null,
    assignees        text[]      not null,
    question         bytea       not null,
    -- What arrived at the node: it goes out again with the decision.
    input            bytea       not null,
    created_at       timestamptz not null default clock_timestamp(),
    warn_at          timestamptz not null,
    warned_at        timestamptz,
    timeout_at       timestamptz not null,
    -- When it reached its channel; one that never did is not decided by a default.
    delivered_at     timestamptz,
    decided_at       timestamptz,
    decision         text,
    answer           bytea,
    answered_by      text,
    via              text,
    constraint interactions_status check (status in ('pending', 'completed', 'timeout', 'canceled')),
    constraint interactions_decided check ((decided_at is not null) = (status <> 'pending'))
) with (fillfactor = 80);

create index interactions_due on interactions (timeout_at) where status = 'pending';
create index interactions_of_execution on interactions (execution_id);
create index interactions_of_owner on interactions (owner, id);
create index interactions_of_assignees on interactions using gin (assignees) where status = 'pending';

-- Every response that came for a question, whatever became of it.
create table interaction_responses (
    id             uuid        primary key,
    interaction_id uuid        not null references interactions (id) on delete cascade,
    received_at    timestamptz not null default clock_timestamp(),
    responder      text        not null,
    via            text        not null,
    decision       text        not null,
    answer         bytea       not null,
    verdict        text        not null check (verdict in ('decided', 'repeated', 'late'))
);

create index responses_of_interaction on interaction_responses (interaction_id);

-- A token that answers one question for its holder; only its hash is kept.
create table interaction_links (
    token_hash     bytea       primary key,
    interaction_id uuid        not null references interactions (id) on delete cascade,
    -- Whom the link was sent to.
    recipient      text        not null,
    created_at     timestamptz not null default clock_timestamp()
);

create index links_of_interaction on interaction_links (interaction_id);

-- What is to be sent to the world outside, written by the transaction that decided it.
create table outbox (
    id             uuid        primary key,
    interaction_id uuid        not null references interactions (id) on delete cascade,
    kind           text        not null,
    due_at         timestamptz not null default clock_timestamp(),
    attempts       integer     not null default 0,
    error          bytea,
    done_at        timestamptz,
    given_up_at    timestamptz
);

create index outbox_due on outbox (due_at) where done_at is null and given_up_at is null;
create index outbox_of_interaction on outbox (interaction_id);

-- Who decided what, and how they came to; kept when the execution is gone.
create table audit_log (
    id      uuid        primary key,
    at      timestamptz not null default clock_timestamp(),
    owner   text        not null,
    actor   text        not null,
    action  text        not null,
    subject text        not null,
    details bytea       not null
);

create index audit_of_owner on audit_log (owner, id);
