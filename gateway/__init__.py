"""The gateway: what Treadle will say over HTTP. There is nothing here yet.

It will hold the REST interface, live streams of events, webhooks in, accounts, rights and rate
limits, and serve the web page. It will decide who may ask for what, and translate: requests to
calls of the ledger, the reasons of errors to HTTP statuses. No workflow logic belongs here; until
it exists, the command line in `treadle.cli` does the same translation for one person.
"""
