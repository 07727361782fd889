-- Open counts: what is open in the whole cluster, kept by those who change it. A look at a million
-- ready rows costs what one at ten does.
--
-- Each transaction appends what it changes, so nobody waits for another; a count is the sum of its
-- rows, and the scheduler folds them. There is no index: the table stays short. It is logged, unlike
-- what could be counted again, so that a count holds after a crash or a failover: its few rows are
-- little beside what the same transaction writes.
create table open_counts (
    -- `executions` by status, `ready` by queue and priority, `nodes` by state.
    kind     text     not null,
    name     text     not null,
    priority smallint not null,
    change   bigint   not null
);
