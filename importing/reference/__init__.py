"""The reference system's workflows (agent_team_monorepo): Treadle's own form, with other meanings.

    raw ── importer ──▶ nodes, connections ── kinds, by type ──▶ nodes of Treadle

Field names are mostly the same; what they mean is not always: ports have other names, outputs other
fields, expressions begin with `$`, conversions are Python.

    importer     the document: nodes, connections, metadata
    step         one node on its way
    kinds        the table of node types; the translators are in the modules of their families
    data, flow, http, models, people, tasks
    expressions  `{{ $json.x }}` and conditions
    conversions  Python of a connection: a proposal, from its syntax tree; never run
"""
