"""Human in the loop: steps that ask a person. There is nothing here yet.

It will deliver questions, take answers by every channel, check in one place who may answer, and
sweep what is due. A waiting step will hold no thread and no lease: the state `waiting_input` and
the status WAITING_FOR_HUMAN are in the tables of `dag.states` for it, and the answer will be one
more call of the ledger's protocol, one transaction like the others.
"""
