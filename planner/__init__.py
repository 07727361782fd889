"""The planner: from a prompt to a workflow that passes validation.

It decides what is proposed, never what runs: a plan becomes an execution when somebody runs it.

    requests       a plan is an execution of Treadle's own one-node workflow; this module loads no
                   model, so a process that only requests plans stays small
    planning       the order of work: ask, check, repair, fix
    model_choice   which model, by the settings
    llm            one completion of a model, constrained by instructor to the schema of a draft
    drafts         the structure that a model answers with: flat, closed, all fields required
    catalogue      the description of node types in the system prompt, made from `dag.specs`;
                   `prompts/` has the texts
    building       turns a draft into a workflow document
    placeholders   values missing from the request: asked for
    addresses      hosts of the request or placeholders, whatever would compute another one
    rights         what an owner may use in a plan: secrets, tasks, models
    repair_rules   what rules can repair after the model's last answer
    local          a model on loopback, for plans offline and for tests; `small` has the prompt and
                   the schema of the smallest one
    node           the implementation of PLANNER.PLAN; `process` the process that runs it

Who decides what. The model proposes steps, settings and connections. `dag.validation` decides
whether the workflow may run, with the code that submissions pass. Rules here decide what happens to
an address that is not in the request, and to problems that the model did not repair. The ledger
decides which process makes a plan and how often it is tried: the work of a planner that dies is
reclaimed like that of any worker.

What can go wrong, and what follows:

    no key, no model named      the plan fails and names the variables to set
    the provider is busy        the attempt fails and is tried again, no earlier than it asks for
    the answer fits no draft    what is wrong with it goes back to the model, as one of the rounds
    the plan has problems       all of them go back, until none is left or the rounds are used up
    problems are left           rules repair what they can and list each fix, or the plan fails
    an empty plan               requested once more, then the plan fails
    text in the prompt commands it is data: steps come from the model's reading of the request, and
                                from nodes that validation knows; nothing in the prompt is rendered

Invariants:

    - What is proposed passes validation.
    - A field that is called begins with a host that the request names, written out, or with a
      placeholder: no expression makes an address.
    - Secrets in a plan are offered to its owner; the model is given no other name.
    - Each answered model call is counted, in tokens and at the provider's list price.
"""
