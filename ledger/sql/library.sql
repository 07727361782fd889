-- The library: workflows and their versions, as their owner sees them.

-- name: workflows
-- A page of an owner's workflows by id. Treadle's own, such as the planner's, are no one's.
select w.id, w.name, w.latest_version, w.created_at
from workflows w
where w.owner = %(owner)s and w.id > %(after)s and not starts_with(w.id, 'treadle.')
order by w.id
limit %(limit)s

-- name: version
-- One version with its definition; the latest if no number is named.
select w.id, w.latest_version, v.version, v.created_at, v.definition, v.id as version_id
from workflows w
join workflow_versions v on v.owner = w.owner and v.workflow_id = w.id
where w.owner = %(owner)s and w.id = %(workflow_id)s
  and v.version = coalesce(%(version)s, w.latest_version)

-- name: versions
-- A page of a workflow's versions, the newest first.
select v.version, v.created_at, length(v.definition) as bytes
from workflow_versions v
where v.owner = %(owner)s and v.workflow_id = %(workflow_id)s
  and (%(before)s::integer is null or v.version < %(before)s)
order by v.version desc
limit %(limit)s

-- name: latest_version
select latest_version from workflows where owner = %(owner)s and id = %(workflow_id)s

-- name: number
select version from workflow_versions where id = %(id)s
