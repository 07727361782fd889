-- Turns: what waits in the ledger for the dispatcher is found by owner and workflow, by an index, so
-- that a pass costs what it sends, however much waits.

-- Whose turn a ready row waits for; null while no message may be sent for it: its execution is paused.
alter table node_executions add column owner text;
alter table node_executions add column workflow_id text;

update node_executions n set owner = e.owner, workflow_id = e.workflow_id
from executions e
where n.state = 'ready' and e.id = n.execution_id and e.pause_requested_at is null;

drop index node_executions_open;

-- What the reconciler watches and the timers wake.
create index node_executions_open on node_executions (state, due_at)
    where state in ('running', 'retrying', 'waiting');
-- Ready rows are in one of these: what the dispatcher sends from, what is noted as sent, what is held.
create index node_executions_unsent on node_executions (queue, priority, owner, workflow_id, execution_id)
    where state = 'ready' and enqueued_at is null and owner is not null;
create index node_executions_sent on node_executions (queue, enqueued_at)
    where state = 'ready' and enqueued_at is not null;
create index node_executions_held on node_executions (execution_id)
    where state = 'ready' and enqueued_at is null and owner is null;
