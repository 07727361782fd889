-- What tasks print and log, kept with the node: one row for the lines that one attempt said since
-- the row before, numbered through its execution from `seq` on. Past its room an execution keeps no
-- more lines, and its last row counts those that were left out.
create table node_logs (
    execution_id uuid    not null,
    seq          bigint  not null,
    count        integer not null,
    scope        text    not null,
    node         text    not null,
    attempt      integer not null,
    body         bytea   not null,
    -- Bytes of the execution's lines up to this row, and lines left out after it.
    total_bytes  bigint  not null,
    left_out     bigint  not null default 0,
    primary key (execution_id, seq)
) partition by range (execution_id);

-- As before, with the table above.
create or replace function ensure_partitions(since timestamptz, until timestamptz) returns integer language plpgsql as $$
declare
    week date := date_trunc('week', since at time zone 'utc')::date;
    made integer := 0;
    parent text;
    child text;
begin
    while week <= (until at time zone 'utc')::date loop
        foreach parent in array array['node_executions', 'scopes', 'events', 'node_logs'] loop
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

-- Executions of earlier weeks may still run.
select ensure_partitions(to_date(right(p.relname, 8), 'YYYYMMDD'), to_date(right(p.relname, 8), 'YYYYMMDD'))
from pg_inherits i
join pg_class p on p.oid = i.inhrelid
join pg_class parent on parent.oid = i.inhparent
where parent.relname = 'events';
