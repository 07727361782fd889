-- Workflows and their versions: immutable once written.

-- name: definition
-- With whether it is as it was stored, and nobody has changed it since.
select definition, digest = sha256(definition) as is_as_stored
from workflow_versions where id = %(id)s

-- name: versions_of
-- The versions that executions run.
select id, version_id from executions where id = any(%(ids)b)

-- name: version_with_digest
-- A definition that is stored already; submitting it again makes no version.
select id, version from workflow_versions
where owner = %(owner)s and workflow_id = %(workflow_id)s and digest = %(digest)s

-- name: lock_workflow
-- Keeps two publications of one workflow apart.
insert into workflows (owner, id, name, latest_version)
values (%(owner)s, %(workflow_id)s, %(name)s, 0)
on conflict (owner, id) do update set name = excluded.name

-- name: next_version
update workflows set latest_version = latest_version + 1
where owner = %(owner)s and id = %(workflow_id)s
returning latest_version

-- name: add_version
insert into workflow_versions (id, owner, workflow_id, version, definition, digest)
values (%(id)s, %(owner)s, %(workflow_id)s, %(version)s, %(definition)s, %(digest)s)
