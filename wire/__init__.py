"""The wire: the objects of the API, each defined once for all that build, document or read it.

The ledger builds these objects, the gateway documents and returns them, the command line and other
clients read them. This package is below all of those and imports only `dag` and `core`: no SQL, no
HTTP.

    objects        what all of them have in common: building, writing and reading
    executions     executions, short and whole, and their node records
    events         events of an execution
    interactions   questions to people, with their answers
    plans          plans, with their workflows
    workflows      stored workflows, their versions, and results of validation
    node_types     node types and the schemas of their configurations
    keys           keys of the gateway, and their scopes
    errors         errors, as a member of a record and as the body of a response
    service        liveness and readiness
    examples       one small workflow and its execution, for the documentation

Request bodies belong to HTTP and are in `gateway/models/`.

Code that builds an object from trusted data, such as a row of the ledger, uses `unchecked`, which
validates nothing. Building 1,000 node records takes 1.5 ms that way, 5.6 ms with validation, and
7.5 ms with pydantic's own `model_construct`. Tests validate what is built unchecked.

Code that reads an object from outside uses `read`. Known members must match the model. Unknown
members, as a newer server sends them, are kept and written again in their place, so that nothing is
lost to a program that reads through an older client. New words are treated by kind: an event type
that is not in `EventType` is passed on, because readers ignore events that they do not know; an
unknown status is refused, because a reader could not decide whether it is final.

Invariants:

    - An object is written with the members that it was given, in their order; defaults of members
      that were not given are not written.
    - Objects never change.
"""
