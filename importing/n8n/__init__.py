"""n8n's workflows: its JSON becomes a workflow of Treadle.

    raw ── document ──▶ nodes, edges ── loops ──▶ an order ── translation ──▶ nodes of Treadle

n8n passes lists of items and runs each node once for each; Treadle passes one value. So every
connection carries one of two things here: *one* item, the object itself, or *many*, which is
`{data: [...]}`. A node that has a list operation in Treadle becomes that; any other one that gets
many becomes the body of a FLOW.FOR_EACH of its own, which is what n8n does.

    document     nodes that run, their connections, what is left out first
    loops        order, cycles, Loop Over Items and its body
    scope        what an expression sees, and its translation
    step         one node on its way
    translation  what arrives at each node, loops around it, its errors and retries
    joins        connections that meet at a node
    kinds        the table of node types; the translators are in the modules of their families
    conditions, data_nodes, flow_nodes, http_nodes, model_nodes, task_nodes, triggers
    failures     retries, and what happens to an item that failed
"""
