-- The retries that a process's tasks allow, by queue, where that is said: whoever ends an attempt for
-- a process that hangs must know it too.
alter table workers add column max_retries jsonb not null default '{}';
