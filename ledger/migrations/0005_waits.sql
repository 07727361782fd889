-- How long things wait: what the scheduler tells of queues and of executions in progress.

-- When the row became ready, the last time it did; a sent note is renewed, this is not.
alter table node_executions add column ready_at timestamptz;

-- The executions in progress, which are few beside those that ended.
create index executions_open on executions (id) where finished_at is null;
