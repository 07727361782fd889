-- What Treadle 0.1.0 left in its ledger; `write.py` beside this wrote it.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.ensure_partitions(since timestamp with time zone, until timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.uuid_floor(moment timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    AS $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.api_keys (
    id text NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_scopes CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['read'::text, 'run'::text, 'answer'::text, 'admin'::text])))
);
CREATE TABLE public.audit_log (
    id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    owner text NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details bytea NOT NULL
);
CREATE TABLE public.dedup_keys (
    owner text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    execution_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.events (
    execution_id uuid NOT NULL,
    seq bigint NOT NULL,
    count integer NOT NULL,
    body bytea NOT NULL
)
PARTITION BY RANGE (execution_id);
CREATE TABLE public.events_20261123 (
    execution_id uuid CONSTRAINT events_execution_id_not_null NOT NULL,
    seq bigint CONSTRAINT events_seq_not_null NOT NULL,
    count integer CONSTRAINT events_count_not_null NOT NULL,
    body bytea CONSTRAINT events_body_not_null NOT NULL
);
CREATE TABLE public.events_20261130 (
    execution_id uuid CONSTRAINT events_execution_id_not_null NOT NULL,
    seq bigint CONSTRAINT events_seq_not_null NOT NULL,
    count integer CONSTRAINT events_count_not_null NOT NULL,
    body bytea CONSTRAINT events_body_not_null NOT NULL
);
CREATE TABLE public.events_20261207 (
    execution_id uuid CONSTRAINT events_execution_id_not_null NOT NULL,
    seq bigint CONSTRAINT events_seq_not_null NOT NULL,
    count integer CONSTRAINT events_count_not_null NOT NULL,
    body bytea CONSTRAINT events_body_not_null NOT NULL
);
CREATE TABLE public.events_20261214 (
    execution_id uuid CONSTRAINT events_execution_id_not_null NOT NULL,
    seq bigint CONSTRAINT events_seq_not_null NOT NULL,
    count integer CONSTRAINT events_count_not_null NOT NULL,
    body bytea CONSTRAINT events_body_not_null NOT NULL
);
CREATE TABLE public.executions (
    id uuid NOT NULL,
    version_id uuid NOT NULL,
    owner text NOT NULL,
    workflow_id text NOT NULL,
    status text NOT NULL,
    trigger_node text NOT NULL,
    trigger_info bytea NOT NULL,
    priority smallint NOT NULL,
    outstanding integer NOT NULL,
    next_seq bigint NOT NULL,
    node_count integer NOT NULL,
    failure bytea,
    pause_requested_at timestamp with time zone,
    deadline_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    error bytea,
    retry_of uuid,
    questions integer DEFAULT 0 NOT NULL,
    CONSTRAINT executions_final CHECK (((finished_at IS NOT NULL) = (status = ANY (ARRAY['SUCCESS'::text, 'ERROR'::text, 'CANCELED'::text, 'TIMEOUT'::text])))),
    CONSTRAINT executions_outstanding CHECK ((outstanding >= 0)),
    CONSTRAINT executions_questions_check CHECK ((questions >= 0)),
    CONSTRAINT executions_status CHECK ((status = ANY (ARRAY['NEW'::text, 'RUNNING'::text, 'PAUSED'::text, 'WAITING_FOR_HUMAN'::text, 'SUCCESS'::text, 'ERROR'::text, 'CANCELED'::text, 'TIMEOUT'::text])))
)
WITH (fillfactor='70');
CREATE TABLE public.interaction_links (
    token_hash bytea NOT NULL,
    interaction_id uuid NOT NULL,
    recipient text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.interaction_responses (
    id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    responder text NOT NULL,
    via text NOT NULL,
    decision text NOT NULL,
    answer bytea NOT NULL,
    verdict text NOT NULL,
    CONSTRAINT interaction_responses_verdict_check CHECK ((verdict = ANY (ARRAY['decided'::text, 'repeated'::text, 'late'::text])))
);
CREATE TABLE public.interactions (
    id uuid NOT NULL,
    execution_id uuid NOT NULL,
    scope text NOT NULL,
    node text NOT NULL,
    owner text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    interaction_type text NOT NULL,
    channel_type text NOT NULL,
    assignees text[] NOT NULL,
    question bytea NOT NULL,
    input bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    warn_at timestamp with time zone NOT NULL,
    warned_at timestamp with time zone,
    timeout_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    decided_at timestamp with time zone,
    decision text,
    answer bytea,
    answered_by text,
    via text,
    CONSTRAINT interactions_decided CHECK (((decided_at IS NOT NULL) = (status <> 'pending'::text))),
    CONSTRAINT interactions_status CHECK ((status = ANY (ARRAY['pending'::text, 'completed'::text, 'timeout'::text, 'canceled'::text])))
)
WITH (fillfactor='80');
CREATE TABLE public.migrations (
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.node_executions (
    execution_id uuid NOT NULL,
    scope text NOT NULL,
    node text NOT NULL,
    state text NOT NULL,
    wait_kind text,
    arrived integer NOT NULL,
    taken integer NOT NULL,
    poisoned integer NOT NULL,
    chosen integer,
    queue text NOT NULL,
    priority smallint NOT NULL,
    enqueued_at timestamp with time zone,
    epoch text,
    attempt integer DEFAULT 0 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    lost_count integer DEFAULT 0 NOT NULL,
    worker_id uuid,
    lease_id uuid,
    settled_by uuid,
    started_at timestamp with time zone,
    limit_at timestamp with time zone,
    due_at timestamp with time zone,
    finished_at timestamp with time zone,
    output_key text,
    output bytea,
    error bytea,
    details bytea,
    phase text,
    items bytea,
    loop_next bigint,
    loop_active integer,
    loop_total bigint,
    opened_at timestamp with time zone,
    ready_at timestamp with time zone,
    CONSTRAINT node_executions_due CHECK (((due_at IS NOT NULL) = ((state = 'retrying'::text) OR ((state = 'waiting'::text) AND (wait_kind = 'timer'::text))))),
    CONSTRAINT node_executions_final CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text])))),
    CONSTRAINT node_executions_lease CHECK (((lease_id IS NOT NULL) = (state = 'running'::text))),
    CONSTRAINT node_executions_limit CHECK (((limit_at IS NULL) OR (state = 'running'::text))),
    CONSTRAINT node_executions_phase CHECK ((phase = ANY (ARRAY['open'::text, 'turn'::text, 'gather'::text]))),
    CONSTRAINT node_executions_state CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'waiting'::text, 'waiting_input'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text]))),
    CONSTRAINT node_executions_wait_kind CHECK ((((state = 'waiting'::text) = (wait_kind IS NOT NULL)) AND (wait_kind = ANY (ARRAY['body'::text, 'timer'::text, 'signal'::text, 'child'::text, 'slot'::text]))))
)
PARTITION BY RANGE (execution_id);
CREATE TABLE public.node_executions_20261123 (
    execution_id uuid CONSTRAINT node_executions_execution_id_not_null NOT NULL,
    scope text CONSTRAINT node_executions_scope_not_null NOT NULL,
    node text CONSTRAINT node_executions_node_not_null NOT NULL,
    state text CONSTRAINT node_executions_state_not_null NOT NULL,
    wait_kind text,
    arrived integer CONSTRAINT node_executions_arrived_not_null NOT NULL,
    taken integer CONSTRAINT node_executions_taken_not_null NOT NULL,
    poisoned integer CONSTRAINT node_executions_poisoned_not_null NOT NULL,
    chosen integer,
    queue text CONSTRAINT node_executions_queue_not_null NOT NULL,
    priority smallint CONSTRAINT node_executions_priority_not_null NOT NULL,
    enqueued_at timestamp with time zone,
    epoch text,
    attempt integer DEFAULT 0 CONSTRAINT node_executions_attempt_not_null NOT NULL,
    retry_count integer DEFAULT 0 CONSTRAINT node_executions_retry_count_not_null NOT NULL,
    lost_count integer DEFAULT 0 CONSTRAINT node_executions_lost_count_not_null NOT NULL,
    worker_id uuid,
    lease_id uuid,
    settled_by uuid,
    started_at timestamp with time zone,
    limit_at timestamp with time zone,
    due_at timestamp with time zone,
    finished_at timestamp with time zone,
    output_key text,
    output bytea,
    error bytea,
    details bytea,
    phase text,
    items bytea,
    loop_next bigint,
    loop_active integer,
    loop_total bigint,
    opened_at timestamp with time zone,
    ready_at timestamp with time zone,
    CONSTRAINT node_executions_due CHECK (((due_at IS NOT NULL) = ((state = 'retrying'::text) OR ((state = 'waiting'::text) AND (wait_kind = 'timer'::text))))),
    CONSTRAINT node_executions_final CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text])))),
    CONSTRAINT node_executions_lease CHECK (((lease_id IS NOT NULL) = (state = 'running'::text))),
    CONSTRAINT node_executions_limit CHECK (((limit_at IS NULL) OR (state = 'running'::text))),
    CONSTRAINT node_executions_phase CHECK ((phase = ANY (ARRAY['open'::text, 'turn'::text, 'gather'::text]))),
    CONSTRAINT node_executions_state CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'waiting'::text, 'waiting_input'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text]))),
    CONSTRAINT node_executions_wait_kind CHECK ((((state = 'waiting'::text) = (wait_kind IS NOT NULL)) AND (wait_kind = ANY (ARRAY['body'::text, 'timer'::text, 'signal'::text, 'child'::text, 'slot'::text]))))
)
WITH (fillfactor='80');
CREATE TABLE public.node_executions_20261130 (
    execution_id uuid CONSTRAINT node_executions_execution_id_not_null NOT NULL,
    scope text CONSTRAINT node_executions_scope_not_null NOT NULL,
    node text CONSTRAINT node_executions_node_not_null NOT NULL,
    state text CONSTRAINT node_executions_state_not_null NOT NULL,
    wait_kind text,
    arrived integer CONSTRAINT node_executions_arrived_not_null NOT NULL,
    taken integer CONSTRAINT node_executions_taken_not_null NOT NULL,
    poisoned integer CONSTRAINT node_executions_poisoned_not_null NOT NULL,
    chosen integer,
    queue text CONSTRAINT node_executions_queue_not_null NOT NULL,
    priority smallint CONSTRAINT node_executions_priority_not_null NOT NULL,
    enqueued_at timestamp with time zone,
    epoch text,
    attempt integer DEFAULT 0 CONSTRAINT node_executions_attempt_not_null NOT NULL,
    retry_count integer DEFAULT 0 CONSTRAINT node_executions_retry_count_not_null NOT NULL,
    lost_count integer DEFAULT 0 CONSTRAINT node_executions_lost_count_not_null NOT NULL,
    worker_id uuid,
    lease_id uuid,
    settled_by uuid,
    started_at timestamp with time zone,
    limit_at timestamp with time zone,
    due_at timestamp with time zone,
    finished_at timestamp with time zone,
    output_key text,
    output bytea,
    error bytea,
    details bytea,
    phase text,
    items bytea,
    loop_next bigint,
    loop_active integer,
    loop_total bigint,
    opened_at timestamp with time zone,
    ready_at timestamp with time zone,
    CONSTRAINT node_executions_due CHECK (((due_at IS NOT NULL) = ((state = 'retrying'::text) OR ((state = 'waiting'::text) AND (wait_kind = 'timer'::text))))),
    CONSTRAINT node_executions_final CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text])))),
    CONSTRAINT node_executions_lease CHECK (((lease_id IS NOT NULL) = (state = 'running'::text))),
    CONSTRAINT node_executions_limit CHECK (((limit_at IS NULL) OR (state = 'running'::text))),
    CONSTRAINT node_executions_phase CHECK ((phase = ANY (ARRAY['open'::text, 'turn'::text, 'gather'::text]))),
    CONSTRAINT node_executions_state CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'waiting'::text, 'waiting_input'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text]))),
    CONSTRAINT node_executions_wait_kind CHECK ((((state = 'waiting'::text) = (wait_kind IS NOT NULL)) AND (wait_kind = ANY (ARRAY['body'::text, 'timer'::text, 'signal'::text, 'child'::text, 'slot'::text]))))
)
WITH (fillfactor='80');
CREATE TABLE public.node_executions_20261207 (
    execution_id uuid CONSTRAINT node_executions_execution_id_not_null NOT NULL,
    scope text CONSTRAINT node_executions_scope_not_null NOT NULL,
    node text CONSTRAINT node_executions_node_not_null NOT NULL,
    state text CONSTRAINT node_executions_state_not_null NOT NULL,
    wait_kind text,
    arrived integer CONSTRAINT node_executions_arrived_not_null NOT NULL,
    taken integer CONSTRAINT node_executions_taken_not_null NOT NULL,
    poisoned integer CONSTRAINT node_executions_poisoned_not_null NOT NULL,
    chosen integer,
    queue text CONSTRAINT node_executions_queue_not_null NOT NULL,
    priority smallint CONSTRAINT node_executions_priority_not_null NOT NULL,
    enqueued_at timestamp with time zone,
    epoch text,
    attempt integer DEFAULT 0 CONSTRAINT node_executions_attempt_not_null NOT NULL,
    retry_count integer DEFAULT 0 CONSTRAINT node_executions_retry_count_not_null NOT NULL,
    lost_count integer DEFAULT 0 CONSTRAINT node_executions_lost_count_not_null NOT NULL,
    worker_id uuid,
    lease_id uuid,
    settled_by uuid,
    started_at timestamp with time zone,
    limit_at timestamp with time zone,
    due_at timestamp with time zone,
    finished_at timestamp with time zone,
    output_key text,
    output bytea,
    error bytea,
    details bytea,
    phase text,
    items bytea,
    loop_next bigint,
    loop_active integer,
    loop_total bigint,
    opened_at timestamp with time zone,
    ready_at timestamp with time zone,
    CONSTRAINT node_executions_due CHECK (((due_at IS NOT NULL) = ((state = 'retrying'::text) OR ((state = 'waiting'::text) AND (wait_kind = 'timer'::text))))),
    CONSTRAINT node_executions_final CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text])))),
    CONSTRAINT node_executions_lease CHECK (((lease_id IS NOT NULL) = (state = 'running'::text))),
    CONSTRAINT node_executions_limit CHECK (((limit_at IS NULL) OR (state = 'running'::text))),
    CONSTRAINT node_executions_phase CHECK ((phase = ANY (ARRAY['open'::text, 'turn'::text, 'gather'::text]))),
    CONSTRAINT node_executions_state CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'waiting'::text, 'waiting_input'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text]))),
    CONSTRAINT node_executions_wait_kind CHECK ((((state = 'waiting'::text) = (wait_kind IS NOT NULL)) AND (wait_kind = ANY (ARRAY['body'::text, 'timer'::text, 'signal'::text, 'child'::text, 'slot'::text]))))
)
WITH (fillfactor='80');
CREATE TABLE public.node_executions_20261214 (
    execution_id uuid CONSTRAINT node_executions_execution_id_not_null NOT NULL,
    scope text CONSTRAINT node_executions_scope_not_null NOT NULL,
    node text CONSTRAINT node_executions_node_not_null NOT NULL,
    state text CONSTRAINT node_executions_state_not_null NOT NULL,
    wait_kind text,
    arrived integer CONSTRAINT node_executions_arrived_not_null NOT NULL,
    taken integer CONSTRAINT node_executions_taken_not_null NOT NULL,
    poisoned integer CONSTRAINT node_executions_poisoned_not_null NOT NULL,
    chosen integer,
    queue text CONSTRAINT node_executions_queue_not_null NOT NULL,
    priority smallint CONSTRAINT node_executions_priority_not_null NOT NULL,
    enqueued_at timestamp with time zone,
    epoch text,
    attempt integer DEFAULT 0 CONSTRAINT node_executions_attempt_not_null NOT NULL,
    retry_count integer DEFAULT 0 CONSTRAINT node_executions_retry_count_not_null NOT NULL,
    lost_count integer DEFAULT 0 CONSTRAINT node_executions_lost_count_not_null NOT NULL,
    worker_id uuid,
    lease_id uuid,
    settled_by uuid,
    started_at timestamp with time zone,
    limit_at timestamp with time zone,
    due_at timestamp with time zone,
    finished_at timestamp with time zone,
    output_key text,
    output bytea,
    error bytea,
    details bytea,
    phase text,
    items bytea,
    loop_next bigint,
    loop_active integer,
    loop_total bigint,
    opened_at timestamp with time zone,
    ready_at timestamp with time zone,
    CONSTRAINT node_executions_due CHECK (((due_at IS NOT NULL) = ((state = 'retrying'::text) OR ((state = 'waiting'::text) AND (wait_kind = 'timer'::text))))),
    CONSTRAINT node_executions_final CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text])))),
    CONSTRAINT node_executions_lease CHECK (((lease_id IS NOT NULL) = (state = 'running'::text))),
    CONSTRAINT node_executions_limit CHECK (((limit_at IS NULL) OR (state = 'running'::text))),
    CONSTRAINT node_executions_phase CHECK ((phase = ANY (ARRAY['open'::text, 'turn'::text, 'gather'::text]))),
    CONSTRAINT node_executions_state CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text, 'running'::text, 'waiting'::text, 'waiting_input'::text, 'retrying'::text, 'completed'::text, 'failed'::text, 'skipped'::text, 'canceled'::text]))),
    CONSTRAINT node_executions_wait_kind CHECK ((((state = 'waiting'::text) = (wait_kind IS NOT NULL)) AND (wait_kind = ANY (ARRAY['body'::text, 'timer'::text, 'signal'::text, 'child'::text, 'slot'::text]))))
)
WITH (fillfactor='80');
CREATE TABLE public.outbox (
    id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    kind text NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    error bytea,
    done_at timestamp with time zone,
    given_up_at timestamp with time zone
);
CREATE TABLE public.scopes (
    execution_id uuid NOT NULL,
    scope text NOT NULL,
    parent text NOT NULL,
    loop text NOT NULL,
    index bigint NOT NULL,
    status text NOT NULL,
    outstanding integer NOT NULL,
    error bytea,
    CONSTRAINT scopes_outstanding CHECK ((outstanding >= 0)),
    CONSTRAINT scopes_status CHECK ((status = ANY (ARRAY['open'::text, 'ended'::text, 'failed'::text, 'canceled'::text])))
)
PARTITION BY RANGE (execution_id);
CREATE TABLE public.scopes_20261123 (
    execution_id uuid CONSTRAINT scopes_execution_id_not_null NOT NULL,
    scope text CONSTRAINT scopes_scope_not_null NOT NULL,
    parent text CONSTRAINT scopes_parent_not_null NOT NULL,
    loop text CONSTRAINT scopes_loop_not_null NOT NULL,
    index bigint CONSTRAINT scopes_index_not_null NOT NULL,
    status text CONSTRAINT scopes_status_not_null NOT NULL,
    outstanding integer CONSTRAINT scopes_outstanding_not_null NOT NULL,
    error bytea,
    CONSTRAINT scopes_outstanding CHECK ((outstanding >= 0)),
    CONSTRAINT scopes_status CHECK ((status = ANY (ARRAY['open'::text, 'ended'::text, 'failed'::text, 'canceled'::text])))
);
CREATE TABLE public.scopes_20261130 (
    execution_id uuid CONSTRAINT scopes_execution_id_not_null NOT NULL,
    scope text CONSTRAINT scopes_scope_not_null NOT NULL,
    parent text CONSTRAINT scopes_parent_not_null NOT NULL,
    loop text CONSTRAINT scopes_loop_not_null NOT NULL,
    index bigint CONSTRAINT scopes_index_not_null NOT NULL,
    status text CONSTRAINT scopes_status_not_null NOT NULL,
    outstanding integer CONSTRAINT scopes_outstanding_not_null NOT NULL,
    error bytea,
    CONSTRAINT scopes_outstanding CHECK ((outstanding >= 0)),
    CONSTRAINT scopes_status CHECK ((status = ANY (ARRAY['open'::text, 'ended'::text, 'failed'::text, 'canceled'::text])))
);
CREATE TABLE public.scopes_20261207 (
    execution_id uuid CONSTRAINT scopes_execution_id_not_null NOT NULL,
    scope text CONSTRAINT scopes_scope_not_null NOT NULL,
    parent text CONSTRAINT scopes_parent_not_null NOT NULL,
    loop text CONSTRAINT scopes_loop_not_null NOT NULL,
    index bigint CONSTRAINT scopes_index_not_null NOT NULL,
    status text CONSTRAINT scopes_status_not_null NOT NULL,
    outstanding integer CONSTRAINT scopes_outstanding_not_null NOT NULL,
    error bytea,
    CONSTRAINT scopes_outstanding CHECK ((outstanding >= 0)),
    CONSTRAINT scopes_status CHECK ((status = ANY (ARRAY['open'::text, 'ended'::text, 'failed'::text, 'canceled'::text])))
);
CREATE TABLE public.scopes_20261214 (
    execution_id uuid CONSTRAINT scopes_execution_id_not_null NOT NULL,
    scope text CONSTRAINT scopes_scope_not_null NOT NULL,
    parent text CONSTRAINT scopes_parent_not_null NOT NULL,
    loop text CONSTRAINT scopes_loop_not_null NOT NULL,
    index bigint CONSTRAINT scopes_index_not_null NOT NULL,
    status text CONSTRAINT scopes_status_not_null NOT NULL,
    outstanding integer CONSTRAINT scopes_outstanding_not_null NOT NULL,
    error bytea,
    CONSTRAINT scopes_outstanding CHECK ((outstanding >= 0)),
    CONSTRAINT scopes_status CHECK ((status = ANY (ARRAY['open'::text, 'ended'::text, 'failed'::text, 'canceled'::text])))
);
CREATE TABLE public.workers (
    id uuid NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    queues text[] NOT NULL,
    beat bigint NOT NULL,
    draining boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    max_retries jsonb DEFAULT '{}'::jsonb NOT NULL
);
CREATE TABLE public.workflow_versions (
    id uuid NOT NULL,
    owner text NOT NULL,
    workflow_id text NOT NULL,
    version integer NOT NULL,
    definition bytea NOT NULL,
    digest bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE public.workflows (
    owner text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    latest_version integer NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_20261123 FOR VALUES FROM ('01a205b3-d000-0000-0000-000000000000') TO ('01a229c0-5400-0000-0000-000000000000');
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_20261130 FOR VALUES FROM ('01a229c0-5400-0000-0000-000000000000') TO ('01a24dcc-d800-0000-0000-000000000000');
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_20261207 FOR VALUES FROM ('01a24dcc-d800-0000-0000-000000000000') TO ('01a271d9-5c00-0000-0000-000000000000');
ALTER TABLE ONLY public.events ATTACH PARTITION public.events_20261214 FOR VALUES FROM ('01a271d9-5c00-0000-0000-000000000000') TO ('01a295e5-e000-0000-0000-000000000000');
ALTER TABLE ONLY public.node_executions ATTACH PARTITION public.node_executions_20261123 FOR VALUES FROM ('01a205b3-d000-0000-0000-000000000000') TO ('01a229c0-5400-0000-0000-000000000000');
ALTER TABLE ONLY public.node_executions ATTACH PARTITION public.node_executions_20261130 FOR VALUES FROM ('01a229c0-5400-0000-0000-000000000000') TO ('01a24dcc-d800-0000-0000-000000000000');
ALTER TABLE ONLY public.node_executions ATTACH PARTITION public.node_executions_20261207 FOR VALUES FROM ('01a24dcc-d800-0000-0000-000000000000') TO ('01a271d9-5c00-0000-0000-000000000000');
ALTER TABLE ONLY public.node_executions ATTACH PARTITION public.node_executions_20261214 FOR VALUES FROM ('01a271d9-5c00-0000-0000-000000000000') TO ('01a295e5-e000-0000-0000-000000000000');
ALTER TABLE ONLY public.scopes ATTACH PARTITION public.scopes_20261123 FOR VALUES FROM ('01a205b3-d000-0000-0000-000000000000') TO ('01a229c0-5400-0000-0000-000000000000');
ALTER TABLE ONLY public.scopes ATTACH PARTITION public.scopes_20261130 FOR VALUES FROM ('01a229c0-5400-0000-0000-000000000000') TO ('01a24dcc-d800-0000-0000-000000000000');
ALTER TABLE ONLY public.scopes ATTACH PARTITION public.scopes_20261207 FOR VALUES FROM ('01a24dcc-d800-0000-0000-000000000000') TO ('01a271d9-5c00-0000-0000-000000000000');
ALTER TABLE ONLY public.scopes ATTACH PARTITION public.scopes_20261214 FOR VALUES FROM ('01a271d9-5c00-0000-0000-000000000000') TO ('01a295e5-e000-0000-0000-000000000000');
INSERT INTO public.dedup_keys VALUES
	('local', 'submission', 'asked for once', '\x350f52e819cd57284511216554422cab1ada4c936d8561d34a76dfe6067455bd', '01a226c1-c88e-7111-a34a-f8627dd3ba68', '2026-11-29 10:02:43.728568+00');
INSERT INTO public.events_20261123 VALUES
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536333733357d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536333733357d5d'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 3, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a2265616368222c2273636f7065223a22227d2c22736571223a332c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343038367d5d'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 4, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a30227d2c22736571223a342c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343130387d5d'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 5, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a30222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a352c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343132337d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a31227d2c22736571223a362c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343132337d5d'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 7, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a31222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a372c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343133347d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a2265616368222c2273636f7065223a22227d2c22736571223a382c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343133347d5d'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 9, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a2265616368222c2273636f7065223a22222c226f75747075745f6b6579223a22646f6e65227d2c22736571223a392c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343134357d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a226166746572222c2273636f7065223a22227d2c22736571223a31302c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343134357d5d'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 11, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a226166746572222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a31312c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343134397d2c7b226576656e745f74797065223a22657865637574696f6e5f636f6d706c65746564222c2264617461223a7b22737461747573223a2253554343455353227d2c22736571223a31322c22657865637574696f6e5f6964223a2230316132323663312d633838652d373131312d613334612d663836323764643362613638222c2274696d657374616d70223a313739353934363536343134397d5d'),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663312d636637362d373264302d386233662d633463376131383531353164222c2274696d657374616d70223a313739353934363536353530307d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663312d636637362d373264302d386233662d633463376131383531353164222c2274696d657374616d70223a313739353934363536353530307d5d'),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 3, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a2265616368222c2273636f7065223a22227d2c22736571223a332c22657865637574696f6e5f6964223a2230316132323663312d636637362d373264302d386233662d633463376131383531353164222c2274696d657374616d70223a313739353934363536353531367d5d'),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 4, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a30227d2c22736571223a342c22657865637574696f6e5f6964223a2230316132323663312d636637362d373264302d386233662d633463376131383531353164222c2274696d657374616d70223a313739353934363536353532337d5d'),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 5, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a30222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a352c22657865637574696f6e5f6964223a2230316132323663312d636637362d373264302d386233662d633463376131383531353164222c2274696d657374616d70223a313739353934363536353533317d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a22656163683a31227d2c22736571223a362c22657865637574696f6e5f6964223a2230316132323663312d636637362d373264302d386233662d633463376131383531353164222c2274696d657374616d70223a313739353934363536353533317d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373632367d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373632367d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 3, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a227475726e73222c2273636f7065223a22227d2c22736571223a332c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373635307d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 4, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a227475726e733a30227d2c22736571223a342c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373637317d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 5, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a227475726e733a30222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a352c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373638337d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a227475726e73222c2273636f7065223a22227d2c22736571223a362c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373638337d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 7, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a227475726e733a31227d2c22736571223a372c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373730307d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 8, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a227475726e733a31222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a382c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373731357d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a227475726e73222c2273636f7065223a22227d2c22736571223a392c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373731357d5d'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 10, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a22646f75626c65222c2273636f7065223a227475726e733a32227d2c22736571223a31302c22657865637574696f6e5f6964223a2230316132323663312d643763352d373237612d396539662d383837656464363237353537222c2274696d657374616d70223a313739353934363536373733367d5d'),
	('01a226c1-dce4-7793-8103-4e8410850a7f', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663312d646365342d373739332d383130332d346538343130383530613766222c2274696d657374616d70223a313739353934363536383933357d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663312d646365342d373739332d383130332d346538343130383530613766222c2274696d657374616d70223a313739353934363536383933357d5d'),
	('01a226c1-dce4-7793-8103-4e8410850a7f', 3, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a2261736b222c2273636f7065223a22227d2c22736571223a332c22657865637574696f6e5f6964223a2230316132323663312d646365342d373739332d383130332d346538343130383530613766222c2274696d657374616d70223a313739353934363536383934387d5d'),
	('01a226c1-dce4-7793-8103-4e8410850a7f', 4, 2, '\x5b7b226576656e745f74797065223a22757365725f696e7075745f7265717569726564222c2264617461223a7b22696e746572616374696f6e5f6964223a2230316132323663312d646366372d373734642d396266322d366233636231643463626666222c226e6f64655f6964223a2261736b222c2273636f7065223a22222c22696e746572616374696f6e5f74797065223a22617070726f76616c222c227469746c65223a22476f206f6e3f222c2274696d656f75745f6174223a313739353935303136383937377d2c22736571223a342c22657865637574696f6e5f6964223a2230316132323663312d646365342d373739332d383130332d346538343130383530613766222c2274696d657374616d70223a313739353934363536383937337d2c7b226576656e745f74797065223a22657865637574696f6e5f706175736564222c2264617461223a7b22726561736f6e223a2268756d616e5f696e7075745f7265717569726564227d2c22736571223a352c22657865637574696f6e5f6964223a2230316132323663312d646365342d373739332d383130332d346538343130383530613766222c2274696d657374616d70223a313739353934363536383937337d5d'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663312d653161342d373365642d613232332d373362393639653134356266222c2274696d657374616d70223a313739353934363537303135317d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663312d653161342d373365642d613232332d373362393639653134356266222c2274696d657374616d70223a313739353934363537303135317d5d'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', 3, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a227265747279222c2273636f7065223a22227d2c22736571223a332c22657865637574696f6e5f6964223a2230316132323663312d653161342d373365642d613232332d373362393639653134356266222c2274696d657374616d70223a313739353934363537303137337d5d'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', 4, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a2274696d6572222c2273636f7065223a22227d2c22736571223a342c22657865637574696f6e5f6964223a2230316132323663312d653161342d373365642d613232332d373362393639653134356266222c2274696d657374616d70223a313739353934363537303137397d5d'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', 5, 1, '\x5b7b226576656e745f74797065223a226e6f64655f7265747279696e67222c2264617461223a7b226e6f64655f6964223a227265747279222c2273636f7065223a22222c226572726f72223a7b226572726f725f636f6465223a227461736b5f6661696c6564222c226572726f725f6d657373616765223a225461736b2073746f7265645f666c616b7920726169736564204f534572726f723a206e6f7420796574222c226572726f725f64657461696c73223a7b227461736b223a2273746f7265645f666c616b79222c22657863657074696f6e223a224f534572726f72222c2274726163656261636b223a5b22202046696c65205c222f746d702f746d7064663362623232642f73746f7265645f7461736b732e70795c222c206c696e652031382c20696e2073746f7265645f666c616b795c6e202020207261697365204f534572726f72285c226e6f74207965745c2229225d2c22726561736f6e223a227461736b5f6661696c6564222c22736f6c7574696f6e223a22536565207468652074726163656261636b3b2072616973652074726561646c652e4e6f6e526574727961626c6520776865726520747279696e6720616761696e2063616e6e6f742068656c702e227d2c2269735f726574727961626c65223a747275652c2274696d657374616d70223a313739353934363537303138387d2c2264656c61795f6d73223a38363430303030307d2c22736571223a352c22657865637574696f6e5f6964223a2230316132323663312d653161342d373365642d613232332d373362393639653134356266222c2274696d657374616d70223a313739353934363537303139347d5d'),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537343939307d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537343939307d5d'),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', 3, 1, '\x5b7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a226265666f7265222c2273636f7065223a22227d2c22736571223a332c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537353038357d5d'),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', 4, 2, '\x5b7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a226265666f7265222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a342c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537353134357d2c7b226576656e745f74797065223a226e6f64655f73746172746564222c2264617461223a7b226e6f64655f6964223a2262726f6b656e222c2273636f7065223a22227d2c22736571223a352c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537353134357d5d'),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', 6, 2, '\x5b7b226576656e745f74797065223a226e6f64655f6661696c6564222c2264617461223a7b226e6f64655f6964223a2262726f6b656e222c2273636f7065223a22222c226572726f72223a7b226572726f725f636f6465223a227461736b5f6661696c6564222c226572726f725f6d657373616765223a2262726f6b656e222c226572726f725f64657461696c73223a7b22726561736f6e223a227461736b5f6661696c6564222c22736f6c7574696f6e223a2253656520746865207461736b2773206f776e20646f63756d656e746174696f6e20666f722074686973206d6573736167652e227d2c2269735f726574727961626c65223a66616c73652c2274696d657374616d70223a313739353934363537353137387d7d2c22736571223a362c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537353137397d2c7b226576656e745f74797065223a22657865637574696f6e5f6661696c6564222c2264617461223a7b22737461747573223a224552524f52222c226572726f72223a7b226572726f725f636f6465223a227461736b5f6661696c6564222c226572726f725f6d657373616765223a2262726f6b656e222c226572726f725f64657461696c73223a7b22726561736f6e223a227461736b5f6661696c6564222c22736f6c7574696f6e223a2253656520746865207461736b2773206f776e20646f63756d656e746174696f6e20666f722074686973206d6573736167652e227d2c2269735f726574727961626c65223a66616c73652c2274696d657374616d70223a313739353934363537353137387d7d2c22736571223a372c22657865637574696f6e5f6964223a2230316132323663312d663437362d373730392d613763322d663766343336396163363161222c2274696d657374616d70223a313739353934363537353137397d5d'),
	('01a226c2-010a-7501-a70e-4ff854423d56', 1, 2, '\x5b7b226576656e745f74797065223a22657865637574696f6e5f73746172746564222c2264617461223a7b22747269676765725f6964223a227374617274227d2c22736571223a312c22657865637574696f6e5f6964223a2230316132323663322d303130612d373530312d613730652d346666383534343233643536222c2274696d657374616d70223a313739353934363537383139327d2c7b226576656e745f74797065223a226e6f64655f636f6d706c65746564222c2264617461223a7b226e6f64655f6964223a227374617274222c2273636f7065223a22222c226f75747075745f6b6579223a22726573756c74227d2c22736571223a322c22657865637574696f6e5f6964223a2230316132323663322d303130612d373530312d613730652d346666383534343233643536222c2274696d657374616d70223a313739353934363537383139327d5d');
INSERT INTO public.executions VALUES
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', '01a226c1-f48d-75b2-ac82-f844c358fb7c', 'local', 'failed', 'ERROR', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 0, 8, 3, NULL, NULL, NULL, '2026-11-29 10:02:54.969474+00', '2026-11-29 10:02:55.182251+00', '\x7b226572726f725f636f6465223a227461736b5f6661696c6564222c226572726f725f6d657373616765223a2262726f6b656e222c226572726f725f64657461696c73223a7b22726561736f6e223a227461736b5f6661696c6564222c22736f6c7574696f6e223a2253656520746865207461736b2773206f776e20646f63756d656e746174696f6e20666f722074686973206d6573736167652e227d2c2269735f726574727961626c65223a66616c73652c2274696d657374616d70223a313739353934363537353137387d', NULL, 0),
	('01a226c2-010a-7501-a70e-4ff854423d56', '01a226c2-0110-729f-9520-33161461aa43', 'local', 'treadle.plan', 'RUNNING', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 1, 3, 2, NULL, NULL, NULL, '2026-11-29 10:02:58.187311+00', NULL, NULL, NULL, 0),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', '01a226c1-c897-75f6-b92c-4a0025b89d9f', 'local', 'done', 'SUCCESS', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 0, 13, 5, NULL, NULL, NULL, '2026-11-29 10:02:43.727278+00', '2026-11-29 10:02:44.152733+00', NULL, NULL, 0),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', '01a226c1-cf7c-7118-881c-26b5852888e1', 'local', 'for_each', 'RUNNING', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 1, 7, 6, NULL, NULL, NULL, '2026-11-29 10:02:45.494996+00', NULL, NULL, NULL, 0),
	('01a226c1-d7c5-727a-9e9f-887edd627557', '01a226c1-d7ca-727a-b03f-e22e51f49faa', 'local', 'while', 'RUNNING', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 1, 11, 6, NULL, NULL, NULL, '2026-11-29 10:02:47.622445+00', NULL, NULL, NULL, 0),
	('01a226c1-dce4-7793-8103-4e8410850a7f', '01a226c1-dce7-7395-b6cd-a4d485ac66b2', 'local', 'question', 'WAITING_FOR_HUMAN', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 1, 6, 3, NULL, NULL, NULL, '2026-11-29 10:02:48.932773+00', NULL, NULL, NULL, 1),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', '01a226c1-e1a7-746b-85c7-2d85bf578e23', 'local', 'waiting', 'RUNNING', 'start', '\x7b22747269676765725f74797065223a224d414e55414c222c22757365725f6964223a226c6f63616c222c2265787465726e616c5f726571756573745f6964223a6e756c6c7d', 5, 3, 6, 4, NULL, NULL, NULL, '2026-11-29 10:02:50.148669+00', NULL, NULL, NULL, 0);
INSERT INTO public.interactions VALUES
	('01a226c1-dcf7-774d-9bf2-6b3cb1d4cbff', '01a226c1-dce4-7793-8103-4e8410850a7f', '', 'ask', 'local', 'pending', 'approval', 'in_app', '{}', '\x7b22696e746572616374696f6e5f74797065223a22617070726f76616c222c227469746c65223a22476f206f6e3f227d', '\x7b7d', '2026-11-29 10:02:48.977378+00', '2026-11-29 10:47:48.977374+00', NULL, '2026-11-29 11:02:48.977376+00', '2026-11-29 10:02:48.977377+00', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.migrations VALUES
	('0001_ledger.sql', '2026-11-29 10:02:41.29462+00'),
	('0002_people.sql', '2026-11-29 10:02:41.315274+00'),
	('0003_loops.sql', '2026-11-29 10:02:41.321781+00'),
	('0004_keys.sql', '2026-11-29 10:02:41.324779+00'),
	('0005_waits.sql', '2026-11-29 10:02:41.327062+00'),
	('0006_retries.sql', '2026-11-29 10:02:41.32852+00');
INSERT INTO public.node_executions_20261123 VALUES
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:43.736952+00', NULL, NULL, '2026-11-29 10:02:43.736952+00', 'result', '\x7b226974656d73223a5b312c335d7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 'each:0', 'double', 'completed', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-ca0f-74e1-9e34-c2fdcdd1592c', '2026-11-29 10:02:44.113552+00', NULL, NULL, '2026-11-29 10:02:44.124184+00', 'result', '\x7b2264617461223a327d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 'each:1', 'double', 'completed', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-ca21-7143-9425-a65b7b6f7356', '2026-11-29 10:02:44.130941+00', NULL, NULL, '2026-11-29 10:02:44.134923+00', 'result', '\x7b2264617461223a367d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:44.113734+00'),
	('01a226c1-d7c5-727a-9e9f-887edd627557', '', 'turns', 'waiting', 'body', 1, 1, 0, NULL, 'core', 5, NULL, NULL, 3, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-d824-72e1-9003-dacfbb5d9166', '2026-11-29 10:02:47.717248+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, 1, NULL, '2026-11-29 10:02:47.654886+00', '2026-11-29 10:02:47.63197+00'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', '', 'each', 'completed', NULL, 1, 1, 0, NULL, 'core', 5, NULL, NULL, 2, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-ca28-762c-a8b1-c680ae4753fe', '2026-11-29 10:02:44.138917+00', NULL, NULL, '2026-11-29 10:02:44.146003+00', 'done', '\x7b22636f756e74223a322c22726573756c7473223a5b7b2264617461223a327d2c7b2264617461223a367d5d7d', NULL, NULL, NULL, '\x5b312c335d', 2, 0, 2, '2026-11-29 10:02:44.095036+00', '2026-11-29 10:02:43.740263+00'),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', '', 'after', 'completed', NULL, 1, 1, 0, NULL, 'core', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-ca32-76be-992f-3e35bbe1810d', '2026-11-29 10:02:44.147195+00', NULL, NULL, '2026-11-29 10:02:44.150294+00', 'result', '\x7b2264617461223a5b7b2264617461223a327d2c7b2264617461223a367d5d7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:45.503331+00', NULL, NULL, '2026-11-29 10:02:45.503331+00', 'result', '\x7b226974656d73223a5b312c322c335d7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 'each:0', 'double', 'completed', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-cf95-704c-ae3a-839c07ea70de', '2026-11-29 10:02:45.527226+00', NULL, NULL, '2026-11-29 10:02:45.531864+00', 'result', '\x7b2264617461223a327d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', '', 'each', 'waiting', 'body', 1, 1, 0, NULL, 'core', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-cf8c-739c-8568-99460d5be7b4', '2026-11-29 10:02:45.518231+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '\x5b312c322c335d', 2, 1, 3, '2026-11-29 10:02:45.518231+00', '2026-11-29 10:02:45.505348+00'),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 'each:1', 'double', 'running', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', '01a226c1-cf9f-76d1-849f-81627158045d', NULL, '2026-11-29 10:02:45.53884+00', '2026-11-29 10:09:45.53884+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:47.629409+00', NULL, NULL, '2026-11-29 10:02:47.629409+00', 'result', '\x7b7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 'turns:0', 'double', 'completed', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-d7fa-72b3-80dc-cb215ad1675d', '2026-11-29 10:02:47.674899+00', NULL, NULL, '2026-11-29 10:02:47.684382+00', 'result', '\x7b2264617461223a307d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 'turns:2', 'double', 'running', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', '01a226c1-d839-7495-8153-8589489e1adb', NULL, '2026-11-29 10:02:47.737782+00', '2026-11-29 10:09:47.737782+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 'turns:1', 'double', 'completed', NULL, 1, 1, 0, NULL, 'task.stored_double', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-d815-724a-b483-d0297ce1687f', '2026-11-29 10:02:47.701961+00', NULL, NULL, '2026-11-29 10:02:47.715808+00', 'result', '\x7b2264617461223a327d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-dce4-7793-8103-4e8410850a7f', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:48.937195+00', NULL, NULL, '2026-11-29 10:02:48.937195+00', 'result', '\x7b7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-dce4-7793-8103-4e8410850a7f', '', 'ask', 'waiting_input', NULL, 1, 1, 0, NULL, 'core', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-dcf7-774d-9bf2-6b3cb1d4cbff', '2026-11-29 10:02:48.952537+00', NULL, NULL, NULL, NULL, NULL, NULL, '\x7b22696e746572616374696f6e5f6964223a2230316132323663312d646366372d373734642d396266322d366233636231643463626666227d', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:48.938179+00'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:50.153563+00', NULL, NULL, '2026-11-29 10:02:50.153563+00', 'result', '\x7b7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', '', 'ready', 'ready', NULL, 1, 1, 0, NULL, 'task.stored_later', 5, '2026-11-29 10:02:50.157921+00', '01a226c1-c889-716b-99b6-71c8acd63451/26aa0792f3e872d1c47cf0d1af37ea99d45eb27f', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:50.157921+00'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', '', 'retry', 'retrying', NULL, 1, 1, 0, NULL, 'task.stored_flaky', 5, NULL, NULL, 1, 1, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-e1be-766c-b69b-70a358201637', '2026-11-29 10:02:50.175472+00', NULL, '2026-11-30 10:02:50.198924+00', NULL, NULL, NULL, '\x7b226572726f725f636f6465223a227461736b5f6661696c6564222c226572726f725f6d657373616765223a225461736b2073746f7265645f666c616b7920726169736564204f534572726f723a206e6f7420796574222c226572726f725f64657461696c73223a7b227461736b223a2273746f7265645f666c616b79222c22657863657074696f6e223a224f534572726f72222c2274726163656261636b223a5b22202046696c65205c222f746d702f746d7064663362623232642f73746f7265645f7461736b732e70795c222c206c696e652031382c20696e2073746f7265645f666c616b795c6e202020207261697365204f534572726f72285c226e6f74207965745c2229225d2c22726561736f6e223a227461736b5f6661696c6564222c22736f6c7574696f6e223a22536565207468652074726163656261636b3b2072616973652074726561646c652e4e6f6e526574727961626c6520776865726520747279696e6720616761696e2063616e6e6f742068656c702e227d2c2269735f726574727961626c65223a747275652c2274696d657374616d70223a313739353934363537303138387d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:50.158126+00'),
	('01a226c1-e1a4-73ed-a223-73b969e145bf', '', 'timer', 'waiting', 'timer', 1, 1, 0, NULL, 'core', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-e1c3-777c-89bd-e447793f6fb1', '2026-11-29 10:02:50.179714+00', NULL, '2026-11-30 10:02:50.20291+00', NULL, 'result', '\x7b7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:50.158148+00'),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:54.991622+00', NULL, NULL, '2026-11-29 10:02:54.991622+00', 'result', '\x7b7d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', '', 'before', 'completed', NULL, 1, 1, 0, NULL, 'core', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-f4fa-74a0-a427-dc8116d17e19', '2026-11-29 10:02:55.10682+00', NULL, NULL, '2026-11-29 10:02:55.150984+00', 'result', '\x7b2264617461223a317d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:55.001854+00'),
	('01a226c1-f476-7709-a7c2-f7f4369ac61a', '', 'broken', 'failed', NULL, 1, 1, 0, NULL, 'task.stored_broken', 5, NULL, NULL, 1, 0, 0, '01a226c1-c9bf-770a-a98a-775901730fb3', NULL, '01a226c1-f52f-7644-baf9-19bd411abcaf', '2026-11-29 10:02:55.157646+00', NULL, NULL, '2026-11-29 10:02:55.179716+00', NULL, NULL, '\x7b226572726f725f636f6465223a227461736b5f6661696c6564222c226572726f725f6d657373616765223a2262726f6b656e222c226572726f725f64657461696c73223a7b22726561736f6e223a227461736b5f6661696c6564222c22736f6c7574696f6e223a2253656520746865207461736b2773206f776e20646f63756d656e746174696f6e20666f722074686973206d6573736167652e227d2c2269735f726574727961626c65223a66616c73652c2274696d657374616d70223a313739353934363537353137387d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c2-010a-7501-a70e-4ff854423d56', '', 'start', 'completed', NULL, 0, 0, 0, NULL, 'core', 5, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, '2026-11-29 10:02:58.195084+00', NULL, NULL, '2026-11-29 10:02:58.195084+00', 'result', '\x7b2270726f6d7074223a2257686174206973207369782074696d657320736576656e3f227d', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	('01a226c2-010a-7501-a70e-4ff854423d56', '', 'plan', 'ready', NULL, 1, 1, 0, NULL, 'planner', 5, '2026-11-29 10:02:58.197592+00', '01a226c1-c889-716b-99b6-71c8acd63451/26aa0792f3e872d1c47cf0d1af37ea99d45eb27f', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-29 10:02:58.197591+00');
INSERT INTO public.scopes_20261123 VALUES
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 'each:0', '', 'each', 0, 'ended', 0, NULL),
	('01a226c1-c88e-7111-a34a-f8627dd3ba68', 'each:1', '', 'each', 1, 'ended', 0, NULL),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 'each:0', '', 'each', 0, 'ended', 0, NULL),
	('01a226c1-cf76-72d0-8b3f-c4c7a185151d', 'each:1', '', 'each', 1, 'open', 1, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 'turns:0', '', 'turns', 0, 'ended', 0, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 'turns:1', '', 'turns', 1, 'ended', 0, NULL),
	('01a226c1-d7c5-727a-9e9f-887edd627557', 'turns:2', '', 'turns', 2, 'open', 1, NULL);
INSERT INTO public.workers VALUES
	('01a226c1-c9bf-770a-a98a-775901730fb3', 'vm', 15343, '{core,task.stored_broken,task.stored_double,task.stored_flaky}', 4, false, '2026-11-29 10:02:44.051308+00', '{}');
INSERT INTO public.workflow_versions VALUES
	('01a226c1-c897-75f6-b92c-4a0025b89d9f', 'local', 'done', 1, '\x7b226d65746164617461223a7b226964223a22646f6e65222c226e616d65223a22646f6e65222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a2265616368222c226e616d65223a2265616368222c226465736372697074696f6e223a22222c2274797065223a22464c4f57222c2273756274797065223a22464f525f45414348222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f6e5f6572726f72223a226661696c222c22636f6c6c6563745f726573756c7473223a747275652c226d61785f706172616c6c656c223a31302c226f766572223a22696e7075742e6974656d73227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a22646f75626c65222c226e616d65223a22646f75626c65222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22505954484f4e5f5441534b222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c227461736b223a2273746f7265645f646f75626c65227d2c22696e7075745f706172616d73223a7b2276616c7565223a227b7b206974656d207d7d227d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a226166746572222c226e616d65223a226166746572222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22444154415f5452414e53464f524d4154494f4e222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f7065726174696f6e223a22637573746f6d222c226f766572223a6e756c6c2c226669656c645f6d617070696e67223a6e756c6c2c2265787072657373696f6e223a22696e7075742e726573756c7473222c22736f72745f6669656c64223a6e756c6c2c226f72646572223a22617363222c2267726f75705f62795f6669656c6473223a6e756c6c2c226167677265676174696f6e5f66756e6374696f6e73223a6e756c6c2c226f74686572223a6e756c6c2c226b6579223a6e756c6c2c226f746865725f6b6579223a6e756c6c2c22686f77223a22696e6e6572222c226465707468223a312c22696e6465785f6669656c64223a6e756c6c2c22636f6c756d6e5f6669656c64223a6e756c6c2c2276616c75655f6669656c64223a6e756c6c2c227069766f745f66756e6374696f6e223a226669727374222c226465647570655f6669656c6473223a5b5d2c226669656c64223a6e756c6c2c22696e636c7564655f72657374223a66616c73657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226330222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a2265616368222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226331222c2266726f6d5f6e6f6465223a2265616368222c22746f5f6e6f6465223a22646f75626c65222c226f75747075745f6b6579223a22626f6479222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226332222c2266726f6d5f6e6f6465223a2265616368222c22746f5f6e6f6465223a226166746572222c226f75747075745f6b6579223a22646f6e65222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\xe9caff8bd3091d0b4150017b40d975d7e855925717ebaf725631926d317a32ce', '2026-11-29 10:02:43.735933+00'),
	('01a226c1-cf7c-7118-881c-26b5852888e1', 'local', 'for_each', 1, '\x7b226d65746164617461223a7b226964223a22666f725f65616368222c226e616d65223a22666f725f65616368222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a2265616368222c226e616d65223a2265616368222c226465736372697074696f6e223a22222c2274797065223a22464c4f57222c2273756274797065223a22464f525f45414348222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f6e5f6572726f72223a226661696c222c22636f6c6c6563745f726573756c7473223a747275652c226d61785f706172616c6c656c223a312c226f766572223a22696e7075742e6974656d73227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a22646f75626c65222c226e616d65223a22646f75626c65222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22505954484f4e5f5441534b222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c227461736b223a2273746f7265645f646f75626c65227d2c22696e7075745f706172616d73223a7b2276616c7565223a227b7b206974656d207d7d227d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a226166746572222c226e616d65223a226166746572222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22444154415f5452414e53464f524d4154494f4e222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f7065726174696f6e223a22637573746f6d222c226f766572223a6e756c6c2c226669656c645f6d617070696e67223a6e756c6c2c2265787072657373696f6e223a22696e7075742e726573756c7473222c22736f72745f6669656c64223a6e756c6c2c226f72646572223a22617363222c2267726f75705f62795f6669656c6473223a6e756c6c2c226167677265676174696f6e5f66756e6374696f6e73223a6e756c6c2c226f74686572223a6e756c6c2c226b6579223a6e756c6c2c226f746865725f6b6579223a6e756c6c2c22686f77223a22696e6e6572222c226465707468223a312c22696e6465785f6669656c64223a6e756c6c2c22636f6c756d6e5f6669656c64223a6e756c6c2c2276616c75655f6669656c64223a6e756c6c2c227069766f745f66756e6374696f6e223a226669727374222c226465647570655f6669656c6473223a5b5d2c226669656c64223a6e756c6c2c22696e636c7564655f72657374223a66616c73657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226330222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a2265616368222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226331222c2266726f6d5f6e6f6465223a2265616368222c22746f5f6e6f6465223a22646f75626c65222c226f75747075745f6b6579223a22626f6479222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226332222c2266726f6d5f6e6f6465223a2265616368222c22746f5f6e6f6465223a226166746572222c226f75747075745f6b6579223a22646f6e65222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\x2ff03a2d220695b869e8709c5cbe0eaa4ec19ea6da6e03e40d9c68197d6b79aa', '2026-11-29 10:02:45.500644+00'),
	('01a226c1-d7ca-727a-b03f-e22e51f49faa', 'local', 'while', 1, '\x7b226d65746164617461223a7b226964223a227768696c65222c226e616d65223a227768696c65222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a227475726e73222c226e616d65223a227475726e73222c226465736372697074696f6e223a22222c2274797065223a22464c4f57222c2273756274797065223a224c4f4f50222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f6e5f6572726f72223a226661696c222c22636f6c6c6563745f726573756c7473223a747275652c226c6f6f705f74797065223a227768696c65222c2273746172745f76616c7565223a302c22656e645f76616c7565223a31302c2273746570223a312c226c6f6f705f636f6e646974696f6e223a22696e646578203c2034222c226d61785f697465726174696f6e73223a3130302c2273746f705f61745f6d6178223a66616c73657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a22646f75626c65222c226e616d65223a22646f75626c65222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22505954484f4e5f5441534b222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c227461736b223a2273746f7265645f646f75626c65227d2c22696e7075745f706172616d73223a7b2276616c7565223a227b7b20696e646578207d7d227d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a226166746572222c226e616d65223a226166746572222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22444154415f5452414e53464f524d4154494f4e222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f7065726174696f6e223a22637573746f6d222c226f766572223a6e756c6c2c226669656c645f6d617070696e67223a6e756c6c2c2265787072657373696f6e223a22696e7075742e726573756c7473222c22736f72745f6669656c64223a6e756c6c2c226f72646572223a22617363222c2267726f75705f62795f6669656c6473223a6e756c6c2c226167677265676174696f6e5f66756e6374696f6e73223a6e756c6c2c226f74686572223a6e756c6c2c226b6579223a6e756c6c2c226f746865725f6b6579223a6e756c6c2c22686f77223a22696e6e6572222c226465707468223a312c22696e6465785f6669656c64223a6e756c6c2c22636f6c756d6e5f6669656c64223a6e756c6c2c2276616c75655f6669656c64223a6e756c6c2c227069766f745f66756e6374696f6e223a226669727374222c226465647570655f6669656c6473223a5b5d2c226669656c64223a6e756c6c2c22696e636c7564655f72657374223a66616c73657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226330222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a227475726e73222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226331222c2266726f6d5f6e6f6465223a227475726e73222c22746f5f6e6f6465223a22646f75626c65222c226f75747075745f6b6579223a22626f6479222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226332222c2266726f6d5f6e6f6465223a227475726e73222c22746f5f6e6f6465223a226166746572222c226f75747075745f6b6579223a22646f6e65222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\x54b0ee291ab15cd04db02bedd9bb3e8736adac58be75668eb3a95d1f44fedb74', '2026-11-29 10:02:47.628084+00'),
	('01a226c1-dce7-7395-b6cd-a4d485ac66b2', 'local', 'question', 1, '\x7b226d65746164617461223a7b226964223a227175657374696f6e222c226e616d65223a227175657374696f6e222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a2261736b222c226e616d65223a2261736b222c226465736372697074696f6e223a22222c2274797065223a2248554d414e5f494e5f5448455f4c4f4f50222c2273756274797065223a22494e5f4150505f415050524f56414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22696e746572616374696f6e5f74797065223a22617070726f76616c222c226368616e6e656c5f74797065223a22696e5f617070222c226d657373616765223a22222c227072696f72697479223a226e6f726d616c222c2261737369676e656573223a5b5d2c2274696d656f75745f7365636f6e6473223a333630302c2274696d656f75745f616374696f6e223a226661696c222c2264656661756c745f726573706f6e7365223a6e756c6c2c22617070726f76616c5f6f7074696f6e73223a5b7b2276616c7565223a22617070726f7665222c226c6162656c223a22417070726f7665222c226465636973696f6e223a22636f6e6669726d6564227d2c7b2276616c7565223a2272656a656374222c226c6162656c223a2252656a656374222c226465636973696f6e223a2272656a6563746564227d5d2c22696e7075745f6669656c6473223a5b5d2c2273656c656374696f6e5f6f7074696f6e73223a5b5d2c226d696e5f73656c656374696f6e73223a312c226d61785f73656c656374696f6e73223a312c22636f6e74656e74223a6e756c6c2c22776562686f6f6b5f75726c223a6e756c6c2c22776562686f6f6b5f736563726574223a6e756c6c2c227469746c65223a22476f206f6e3f227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a226166746572222c226e616d65223a226166746572222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22444154415f5452414e53464f524d4154494f4e222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f7065726174696f6e223a22637573746f6d222c226f766572223a6e756c6c2c226669656c645f6d617070696e67223a6e756c6c2c2265787072657373696f6e223a22696e7075742e6465636973696f6e222c22736f72745f6669656c64223a6e756c6c2c226f72646572223a22617363222c2267726f75705f62795f6669656c6473223a6e756c6c2c226167677265676174696f6e5f66756e6374696f6e73223a6e756c6c2c226f74686572223a6e756c6c2c226b6579223a6e756c6c2c226f746865725f6b6579223a6e756c6c2c22686f77223a22696e6e6572222c226465707468223a312c22696e6465785f6669656c64223a6e756c6c2c22636f6c756d6e5f6669656c64223a6e756c6c2c2276616c75655f6669656c64223a6e756c6c2c227069766f745f66756e6374696f6e223a226669727374222c226465647570655f6669656c6473223a5b5d2c226669656c64223a6e756c6c2c22696e636c7564655f72657374223a66616c73657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226330222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a2261736b222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226331222c2266726f6d5f6e6f6465223a2261736b222c22746f5f6e6f6465223a226166746572222c226f75747075745f6b6579223a22636f6e6669726d6564222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\x9c3605c4c59dc468a41315c014ca139f32dccd6381c666716ea7f81940f0399f', '2026-11-29 10:02:48.936307+00'),
	('01a226c1-e1a7-746b-85c7-2d85bf578e23', 'local', 'waiting', 1, '\x7b226d65746164617461223a7b226964223a2277616974696e67222c226e616d65223a2277616974696e67222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a227265616479222c226e616d65223a227265616479222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22505954484f4e5f5441534b222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c227461736b223a2273746f7265645f6c61746572227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a227265747279222c226e616d65223a227265747279222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22505954484f4e5f5441534b222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a38363430303030302c2272657472795f6d61785f6d73223a38363430303030302c22656e61626c6564223a747275652c227461736b223a2273746f7265645f666c616b79227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a2274696d6572222c226e616d65223a2274696d6572222c226465736372697074696f6e223a22222c2274797065223a22464c4f57222c2273756274797065223a2244454c4159222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226475726174696f6e5f7365636f6e6473223a38363430302e307d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226330222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a227265616479222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226331222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a227265747279222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226332222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a2274696d6572222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\x83a5068e7926f7157196fb8fbe6f85d31fd799280aab42f4dfa09c229d5c6ae4', '2026-11-29 10:02:50.152593+00'),
	('01a226c1-f48d-75b2-ac82-f844c358fb7c', 'local', 'failed', 1, '\x7b226d65746164617461223a7b226964223a226661696c6564222c226e616d65223a226661696c6564222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a226265666f7265222c226e616d65223a226265666f7265222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22444154415f5452414e53464f524d4154494f4e222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c226f7065726174696f6e223a22637573746f6d222c226f766572223a6e756c6c2c226669656c645f6d617070696e67223a6e756c6c2c2265787072657373696f6e223a2231222c22736f72745f6669656c64223a6e756c6c2c226f72646572223a22617363222c2267726f75705f62795f6669656c6473223a6e756c6c2c226167677265676174696f6e5f66756e6374696f6e73223a6e756c6c2c226f74686572223a6e756c6c2c226b6579223a6e756c6c2c226f746865725f6b6579223a6e756c6c2c22686f77223a22696e6e6572222c226465707468223a312c22696e6465785f6669656c64223a6e756c6c2c22636f6c756d6e5f6669656c64223a6e756c6c2c2276616c75655f6669656c64223a6e756c6c2c227069766f745f66756e6374696f6e223a226669727374222c226465647570655f6669656c6473223a5b5d2c226669656c64223a6e756c6c2c22696e636c7564655f72657374223a66616c73657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a2262726f6b656e222c226e616d65223a2262726f6b656e222c226465736372697074696f6e223a22222c2274797065223a22414354494f4e222c2273756274797065223a22505954484f4e5f5441534b222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c227461736b223a2273746f7265645f62726f6b656e227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226330222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a226265666f7265222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d2c7b226964223a226331222c2266726f6d5f6e6f6465223a226265666f7265222c22746f5f6e6f6465223a2262726f6b656e222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\xb610b02debc01ebcb88be0465a877ca46ab09f743a793486e0698e7100ed4c9f', '2026-11-29 10:02:54.990248+00'),
	('01a226c2-0110-729f-9520-33161461aa43', 'local', 'treadle.plan', 1, '\x7b226d65746164617461223a7b226964223a2274726561646c652e706c616e222c226e616d65223a22506c616e222c2269636f6e5f75726c223a6e756c6c2c226465736372697074696f6e223a22222c226465706c6f796d656e745f737461747573223a22554e4445504c4f594544222c226c6173745f657865637574696f6e5f737461747573223a6e756c6c2c226c6173745f657865637574696f6e5f74696d65223a6e756c6c2c2274616773223a5b5d2c22637265617465645f74696d65223a6e756c6c2c22706172656e745f776f726b666c6f77223a6e756c6c2c2273746174697374696373223a7b22746f74616c5f72756e73223a302c22617665726167655f6475726174696f6e5f6d73223a302e302c22746f74616c5f63726564697473223a302e302c226c6173745f737563636573735f74696d65223a6e756c6c7d2c2276657273696f6e223a22312e30222c22637265617465645f6279223a6e756c6c2c22757064617465645f6279223a6e756c6c2c22636f6e74696e75655f6f6e5f6661696c757265223a66616c73657d2c226e6f646573223a5b7b226964223a227374617274222c226e616d65223a227374617274222c226465736372697074696f6e223a22222c2274797065223a2254524947474552222c2273756274797065223a224d414e55414c222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3432302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275652c22747269676765725f6e616d65223a224d616e75616c2054726967676572222c226465736372697074696f6e223a22227d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d2c7b226964223a22706c616e222c226e616d65223a22706c616e222c226465736372697074696f6e223a22222c2274797065223a22504c414e4e4552222c2273756274797065223a22504c414e222c22737065635f76657273696f6e223a22312e30222c22636f6e66696775726174696f6e73223a7b2274696d656f7574223a3930302c226d61785f72657472696573223a332c2272657472795f6d696e5f6d73223a3530302c2272657472795f6d61785f6d73223a36303030302c22656e61626c6564223a747275657d2c22696e7075745f706172616d73223a7b7d2c226f75747075745f706172616d73223a7b7d2c22706f736974696f6e223a6e756c6c2c2261747461636865645f6e6f646573223a5b5d7d5d2c22636f6e6e656374696f6e73223a5b7b226964223a226331222c2266726f6d5f6e6f6465223a227374617274222c22746f5f6e6f6465223a22706c616e222c226f75747075745f6b6579223a22726573756c74222c22636f6e76657273696f6e5f66756e6374696f6e223a6e756c6c7d5d2c227472696767657273223a5b227374617274225d7d', '\xef86e9cc4b59eb53295188c93dedc8ea2e4e291bb26c314e39da3911f14b81ae', '2026-11-29 10:02:58.193732+00');
INSERT INTO public.workflows VALUES
	('local', 'done', 'done', 1, '2026-11-29 10:02:43.731052+00'),
	('local', 'for_each', 'for_each', 1, '2026-11-29 10:02:45.498832+00'),
	('local', 'while', 'while', 1, '2026-11-29 10:02:47.625034+00'),
	('local', 'question', 'question', 1, '2026-11-29 10:02:48.93448+00'),
	('local', 'waiting', 'waiting', 1, '2026-11-29 10:02:50.150498+00'),
	('local', 'failed', 'failed', 1, '2026-11-29 10:02:54.982027+00'),
	('local', 'treadle.plan', 'Plan', 1, '2026-11-29 10:02:58.190632+00');
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dedup_keys
    ADD CONSTRAINT dedup_keys_pkey PRIMARY KEY (owner, kind, key);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (execution_id, seq);
ALTER TABLE ONLY public.events_20261123
    ADD CONSTRAINT events_20261123_pkey PRIMARY KEY (execution_id, seq);
ALTER TABLE ONLY public.events_20261130
    ADD CONSTRAINT events_20261130_pkey PRIMARY KEY (execution_id, seq);
ALTER TABLE ONLY public.events_20261207
    ADD CONSTRAINT events_20261207_pkey PRIMARY KEY (execution_id, seq);
ALTER TABLE ONLY public.events_20261214
    ADD CONSTRAINT events_20261214_pkey PRIMARY KEY (execution_id, seq);
ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.interaction_links
    ADD CONSTRAINT interaction_links_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.interaction_responses
    ADD CONSTRAINT interaction_responses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.interactions
    ADD CONSTRAINT interactions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.node_executions
    ADD CONSTRAINT node_executions_pkey PRIMARY KEY (execution_id, scope, node);
ALTER TABLE ONLY public.node_executions_20261123
    ADD CONSTRAINT node_executions_20261123_pkey PRIMARY KEY (execution_id, scope, node);
ALTER TABLE ONLY public.node_executions_20261130
    ADD CONSTRAINT node_executions_20261130_pkey PRIMARY KEY (execution_id, scope, node);
ALTER TABLE ONLY public.node_executions_20261207
    ADD CONSTRAINT node_executions_20261207_pkey PRIMARY KEY (execution_id, scope, node);
ALTER TABLE ONLY public.node_executions_20261214
    ADD CONSTRAINT node_executions_20261214_pkey PRIMARY KEY (execution_id, scope, node);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.scopes
    ADD CONSTRAINT scopes_pkey PRIMARY KEY (execution_id, scope);
ALTER TABLE ONLY public.scopes_20261123
    ADD CONSTRAINT scopes_20261123_pkey PRIMARY KEY (execution_id, scope);
ALTER TABLE ONLY public.scopes_20261130
    ADD CONSTRAINT scopes_20261130_pkey PRIMARY KEY (execution_id, scope);
ALTER TABLE ONLY public.scopes_20261207
    ADD CONSTRAINT scopes_20261207_pkey PRIMARY KEY (execution_id, scope);
ALTER TABLE ONLY public.scopes_20261214
    ADD CONSTRAINT scopes_20261214_pkey PRIMARY KEY (execution_id, scope);
ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workflow_versions
    ADD CONSTRAINT workflow_versions_owner_workflow_id_digest_key UNIQUE (owner, workflow_id, digest);
ALTER TABLE ONLY public.workflow_versions
    ADD CONSTRAINT workflow_versions_owner_workflow_id_version_key UNIQUE (owner, workflow_id, version);
ALTER TABLE ONLY public.workflow_versions
    ADD CONSTRAINT workflow_versions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workflows
    ADD CONSTRAINT workflows_pkey PRIMARY KEY (owner, id);
CREATE INDEX api_keys_of_owner ON public.api_keys USING btree (owner, id);
CREATE INDEX audit_of_owner ON public.audit_log USING btree (owner, id);
CREATE INDEX executions_due ON public.executions USING btree (deadline_at) WHERE ((finished_at IS NULL) AND (deadline_at IS NOT NULL));
CREATE INDEX executions_of_owner ON public.executions USING btree (owner, id);
CREATE INDEX executions_open ON public.executions USING btree (id) WHERE (finished_at IS NULL);
CREATE INDEX executions_retried ON public.executions USING btree (retry_of) WHERE (retry_of IS NOT NULL);
CREATE INDEX interactions_due ON public.interactions USING btree (timeout_at) WHERE (status = 'pending'::text);
CREATE INDEX interactions_of_assignees ON public.interactions USING gin (assignees) WHERE (status = 'pending'::text);
CREATE INDEX interactions_of_execution ON public.interactions USING btree (execution_id);
CREATE INDEX interactions_of_owner ON public.interactions USING btree (owner, id);
CREATE INDEX links_of_interaction ON public.interaction_links USING btree (interaction_id);
CREATE INDEX node_executions_open ON ONLY public.node_executions USING btree (state, queue, due_at) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text, 'retrying'::text, 'waiting'::text]));
CREATE INDEX node_executions_20261123_state_queue_due_at_idx ON public.node_executions_20261123 USING btree (state, queue, due_at) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text, 'retrying'::text, 'waiting'::text]));
CREATE INDEX node_executions_20261130_state_queue_due_at_idx ON public.node_executions_20261130 USING btree (state, queue, due_at) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text, 'retrying'::text, 'waiting'::text]));
CREATE INDEX node_executions_20261207_state_queue_due_at_idx ON public.node_executions_20261207 USING btree (state, queue, due_at) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text, 'retrying'::text, 'waiting'::text]));
CREATE INDEX node_executions_20261214_state_queue_due_at_idx ON public.node_executions_20261214 USING btree (state, queue, due_at) WHERE (state = ANY (ARRAY['ready'::text, 'running'::text, 'retrying'::text, 'waiting'::text]));
CREATE INDEX outbox_due ON public.outbox USING btree (due_at) WHERE ((done_at IS NULL) AND (given_up_at IS NULL));
CREATE INDEX outbox_of_interaction ON public.outbox USING btree (interaction_id);
CREATE INDEX responses_of_interaction ON public.interaction_responses USING btree (interaction_id);
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_20261123_pkey;
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_20261130_pkey;
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_20261207_pkey;
ALTER INDEX public.events_pkey ATTACH PARTITION public.events_20261214_pkey;
ALTER INDEX public.node_executions_pkey ATTACH PARTITION public.node_executions_20261123_pkey;
ALTER INDEX public.node_executions_open ATTACH PARTITION public.node_executions_20261123_state_queue_due_at_idx;
ALTER INDEX public.node_executions_pkey ATTACH PARTITION public.node_executions_20261130_pkey;
ALTER INDEX public.node_executions_open ATTACH PARTITION public.node_executions_20261130_state_queue_due_at_idx;
ALTER INDEX public.node_executions_pkey ATTACH PARTITION public.node_executions_20261207_pkey;
ALTER INDEX public.node_executions_open ATTACH PARTITION public.node_executions_20261207_state_queue_due_at_idx;
ALTER INDEX public.node_executions_pkey ATTACH PARTITION public.node_executions_20261214_pkey;
ALTER INDEX public.node_executions_open ATTACH PARTITION public.node_executions_20261214_state_queue_due_at_idx;
ALTER INDEX public.scopes_pkey ATTACH PARTITION public.scopes_20261123_pkey;
ALTER INDEX public.scopes_pkey ATTACH PARTITION public.scopes_20261130_pkey;
ALTER INDEX public.scopes_pkey ATTACH PARTITION public.scopes_20261207_pkey;
ALTER INDEX public.scopes_pkey ATTACH PARTITION public.scopes_20261214_pkey;
ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_version_id_fkey FOREIGN KEY (version_id) REFERENCES public.workflow_versions(id);
ALTER TABLE ONLY public.interaction_links
    ADD CONSTRAINT interaction_links_interaction_id_fkey FOREIGN KEY (interaction_id) REFERENCES public.interactions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.interaction_responses
    ADD CONSTRAINT interaction_responses_interaction_id_fkey FOREIGN KEY (interaction_id) REFERENCES public.interactions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.interactions
    ADD CONSTRAINT interactions_execution_id_fkey FOREIGN KEY (execution_id) REFERENCES public.executions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_interaction_id_fkey FOREIGN KEY (interaction_id) REFERENCES public.interactions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.workflow_versions
    ADD CONSTRAINT workflow_versions_owner_workflow_id_fkey FOREIGN KEY (owner, workflow_id) REFERENCES public.workflows(owner, id);
