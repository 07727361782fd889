-- Which keys of an input the tasks of a process read, by queue; a task that is not in it reads any.
alter table workers add column task_inputs jsonb not null default '{}';
