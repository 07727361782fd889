"""The wire: every object that Treadle shows, defined once for all who build, document or read it.

The ledger builds these objects, the gateway documents them and answers with them, the command line
and other clients read them. So this package stands below all of those and knows only `dag` and
`core`: no SQL, no HTTP.

    objects        what all of them have in common: how one is made, written and read
    executions     executions, short and whole, and their node records
    events         what happens in an execution, and the closed list of what that can be
    interactions   questions to people, and what became of them
    plans          what a prompt was made into
    workflows      stored workflows, their versions, and what is said about a definition
    node_types     what a workflow may consist of
    keys           keys of the gateway, and what one may be used for
    errors         what went wrong: as a value of a record, and as a refusal
    service        what a process says of itself
    examples       one small workflow and what becomes of it, for the documentation

What a request carries is HTTP's and stands in `gateway/models/`.

Who makes an object from what it knows to be right (a row of the ledger) makes it `unchecked`: the
model then says which members there are, and nothing is read a second time. 1,000 node records cost
2 ms so, 6 ms validated, and 8 ms by pydantic's own `model_construct`. A test holds what is made so
to its model.

Who reads one from outside uses `read`. Known members must be as the model says. Members that it
does not know, which a newer server tells, are kept and written again where they stood, so that what
a program reads through an older client is whole. A word that is new is another matter: a type of
event that is not in `EventType` is passed on as it is, because readers ignore what they do not
know; a status that is unknown is refused, because nobody could say whether it is an end.

Invariants:

    - An object is written with its members in the order in which they were given, and no other
      ones: what is a default and was not given is not written.
    - Objects never change.
"""
