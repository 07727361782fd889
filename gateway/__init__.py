"""The gateway: Treadle over HTTP, `treadle gateway`; any number of stateless processes.

It authorizes requests and translates them to calls of the ledger, and the reasons of errors to HTTP
statuses. No workflow logic belongs here, and no query: both are `ledger`'s.

    process       uvicorn on a port, until a signal
    connections   a time for the head of a request, and a bound on those that send none
    access        an id and a line in the log for each request
    app           every router, around what the process holds (`resources`)
    routing       what all routes under /v1 have in common: auth, body limits, error responses
    auth          authentication: the key, and its scope
    links         routes for whoever holds a link: the token first, and a small body without it
    address_rates requests without a key, counted by address
    ownership     whether what path and query name is the caller's
    request_body  read under limits of size, time and depth, without rounding a number
    value_budget  how many values a body may have, counted before it is parsed
    errors        one table from reason to status; every refusal is a problem (RFC 9457)
    responses     JSON, and pages with cursors
    truncation    leaves out values that are too large, and says where they can be read
    query         a query's names are those that a route takes, each once
    openapi       the documentation, completed by what every route has in common
    component_schemas  its schemas, as generators of clients read them
    submitter     concurrent submissions share a transaction
    live/       events as they are committed, for any number of readers
    models/     request bodies; response bodies are in `treadle.wire`
    routes/     the routes, one module for each kind of resource

A request under /v1 is authorized before its body is read: the key is looked up by its hash, the
route's scope compared, and each resource that path or query names is looked up as the caller's.
A resource of another account is not found. Then the route's function runs in a thread; it takes a
session to the ledger only while it needs one, never while it waits.

No route reads a body of a stranger's size: with a key it may have 12 MiB and a million values; with
a link's token in the head, what the largest answer needs; with neither, 64 KiB, so many times a
second from one address.

To add a route: a function in a module of `routes/`, whose `Routes` the app finds by itself.

    routes = Routes("things")

    @routes.get("/things/{thing_id}", response_model=Thing, summary="Get a thing")
    def get_thing(thing_id: UUID, caller: Reader) -> Response:
        with caller.session() as connection:
            return Json(things.thing(connection, thing_id))

- The parameter `caller` says the scope: `Reader`, `Runner`, `Answerer`, `Admin`. A function without
  one cannot be made a route.
- A path parameter that names a resource gets an entry in `ownership.OWNED`, with the check of its
  owner; one that names nothing by itself is listed in `ownership.PLAIN`. Query parameters of the
  same names are checked too. What a body names is checked by `caller.own(connection, "thing_id",
  …)`.
- The function is plain `def`, because the ledger's calls wait; `async def` is for live streams.
- It returns `Json` of an object of `treadle.wire`; the object's model is its `response_model` and,
  with an example, its documentation. A body is a `dag.model.Strict` with an example.
- It raises `TreadleError`s. A reason that is new gets its status in `errors.STATUS`, and the route
  names those that are its own: `responses=refusals(ThingIsGone)`. What every route can be refused
  with (key, scope, not found, an invalid request, a ledger that is away) is added by `openapi`.

Tests check this for all routes, new ones included: they are called as another owner, their
documentation is complete, and schemathesis calls them with generated requests.

Failures:

- The database is away: 503 and `retryable`, and the process continues.
- It went away during a submission: 503 `outcome_unknown`; a request with the same Idempotency-Key
  returns the outcome.
- Redis is away: live feeds poll the ledger a few times a second, and nodes are sent by the
  dispatcher.
- The process is killed: what was acknowledged is committed, and live readers continue at another
  gateway from the last event they have seen.
- It is asked to stop: it is not ready, and answers as before for a while that a setting gives, so
  that a balancer can take it out. Then it takes no more connections, ends live streams so that
  their readers reconnect, and answers open requests.
"""
