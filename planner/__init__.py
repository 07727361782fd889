"""The planner: from a prompt to a workflow that passes validation.

It decides what is proposed, never what runs: a plan becomes an execution when somebody runs it.

    requests       a plan is an execution of Treadle's own one-node workflow; nothing here loads a
                   model, so whoever asks for plans stays light
    planning       the order of work: ask, check, repair, fix
    choosing       which model, by the settings
    asking         one call of a model, held to a draft's shape by instructor
    drafts         what a model answers with: flat, closed, every field given
    catalogue      what it is told of node types, made from `dag.specs`; `prompts/` has the words
    building       a draft becomes a workflow's document
    placeholders   what the request does not tell: asked for, never made up
    fixing         what rules can mend once the model has had its say
    local          a model on loopback, for plans offline and for tests; `small` what the small one
                   among them is told and held to

Who decides what. The model proposes steps, settings and connections. `dag.validation` decides
whether the workflow may run, by the same code as at a submission. Rules here decide what becomes of
an address that the request does not tell, and of what the model did not mend. The ledger decides
who makes a plan and how often it is tried: a planner that dies is taken over like any worker.

What can go wrong, and what follows:

    no key, no model named      the plan fails and names the variables to set
    the provider is busy        the attempt fails and is tried again, no earlier than it asks for
    the answer has no shape     its complaints go back to the model, as one of the rounds
    the plan has problems       all of them go back, until none is left or the rounds are used up
    problems are left           rules mend what they can and each fix is told, or the plan fails
    a plan in shape only        asked for once more, then the plan fails
    text in the prompt commands it is data: steps come from the model's reading of the request, and
                                from nodes that validation knows; nothing in the prompt is rendered

Invariants:

    - What is proposed passes validation.
    - An address that the model wrote and the request does not tell is a placeholder's suggestion.
    - Each model call that was answered is counted, in tokens and by the provider's list price.
"""
