-- What tasks print and log.

-- name: add
-- Adds the lines of attempts to those of their executions, whose rows the transaction holds: so
-- nobody else numbers lines meanwhile. `before` counts the lines and bytes of the same execution
-- that stand before a row in this statement. An execution that is past its room gets no row more.
with said as (
    select s.*, coalesce(l.next_seq, 1) as next_seq, coalesce(l.total_bytes, 0) as kept_bytes, l.last_seq
    from unnest(
        %(execution_id)b::uuid[], %(scope)b::text[], %(node)b::text[], %(attempt)b::integer[],
        %(lines)b::integer[], %(body)b::bytea[], %(lines_before)b::bigint[], %(bytes_before)b::bigint[]
    ) as s (execution_id, scope, node, attempt, count, body, lines_before, bytes_before)
    left join lateral (
        select n.seq as last_seq, n.seq + n.count as next_seq, n.total_bytes
        from node_logs n
        where n.execution_id = s.execution_id
        order by n.seq desc
        limit 1) l on true
), kept as (
    insert into node_logs (execution_id, seq, count, scope, node, attempt, body, total_bytes)
    select execution_id, next_seq + lines_before, count, scope, node, attempt, body,
           kept_bytes + bytes_before + length(body)
    from said where kept_bytes < %(room_bytes)s
)
update node_logs n set left_out = n.left_out + o.count
from (
    select execution_id, last_seq, sum(count) as count
    from said where kept_bytes >= %(room_bytes)s
    group by execution_id, last_seq) o
where n.execution_id = o.execution_id and n.seq = o.last_seq

-- name: lines
-- Rows with lines after a seq, of some or of one node, scope or attempt: the row that holds the
-- next line is the last that begins no later than it.
select seq, count, scope, node, attempt, body, left_out
from node_logs
where execution_id = %(id)s and seq + count > %(after)s + 1
  and seq >= coalesce((select max(seq) from node_logs
                       where execution_id = %(id)s and seq <= %(after)s + 1), 0)
  and (%(node)s::text is null or node = %(node)s)
  and (%(scope)s::text is null or scope = %(scope)s)
  and (%(attempt)s::integer is null or attempt = %(attempt)s)
order by seq
limit %(rows)s

-- name: logged_nodes
-- The nodes of an execution that have lines, and how many.
select node, sum(count)::bigint as lines from node_logs where execution_id = %(id)s
group by node order by node
