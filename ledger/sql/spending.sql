-- Spending: nothing here changes anything or takes a lock.

-- name: spent
-- Tokens and US dollars of the records of nodes that ask models.
select coalesce(sum((d.details #>> '{tokens,input}')::bigint
                    + (d.details #>> '{tokens,output}')::bigint), 0)::bigint as tokens,
       coalesce(sum((d.details ->> 'cost_usd')::float8), 0)::float8 as cost_usd
from (
    select convert_from(n.details, 'UTF8')::jsonb as details
    from node_executions n
    where n.execution_id = %(id)s and n.node = any(%(nodes)s) and n.details is not null
) as d
