-- Loops span their phases, and take their room under the limit as they open.

-- When a loop was started that then opened its scopes; `started_at` is its last phase's.
alter table node_executions add column opened_at timestamptz;

comment on column executions.node_count is
    'Node executions it can come to: the nodes of the root scope, and the bodies of all scopes that '
    'were or will be opened. Held against the limit when a loop opens.';
