-- Loops as attempts read them: nothing here changes anything or takes a lock.

-- name: loop_items
select items, loop_total from node_executions
where execution_id = %(execution_id)s and scope = %(scope)s and node = %(node)s

-- name: loop_results
-- A page of a loop's scopes in order, each with its leaves: the completed rows directly in it that
-- left by a key without a connection. Scopes are left out once those before them fill the page; the first
-- never is. Lengths are known without reading what is large.
select index, status, error, node, output from (
    select s.index, s.status, s.error, n.node, n.output,
           sum(coalesce(length(n.output), 0) + coalesce(length(s.error), 0)) over (order by s.index) as upto
    from unnest(%(scopes)s::text[]) as wanted (scope)
    join scopes s on s.execution_id = %(execution_id)s and s.scope = wanted.scope
    left join node_executions n
      on n.execution_id = s.execution_id and n.scope = s.scope and n.state = 'completed'
         and n.node || ':' || n.output_key <> all(%(connected)s)
) page
where upto <= %(bytes)s or index = %(first)s
order by index, node

-- name: loop_count
-- How many scopes a loop had when it was settled under this lease.
select coalesce(loop_next, 0) as count from node_executions
where execution_id = %(execution_id)s and scope = %(scope)s and node = %(node)s
  and settled_by = %(lease_id)s and state in ('completed', 'failed') and output_key is not null
