"""The planner: from a prompt to a workflow. There is nothing here yet.

It will ask a language model for a structured plan, build the graph, hold it to the validation that
submissions pass (`dag.validation`), send all problems back until none is left, and propose the
result. It will decide what is proposed, never what runs: a plan becomes a workflow when a person
accepts it.
"""
