"""What the recipes came to that need servers, told by a process in a tree where they were followed.

`python -m tests.support.followed_on_servers DATABASE_URL REDIS_URL` writes JSON. The database is
one of the release before.
"""

from __future__ import annotations

import json
import sys
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

from tests.conftest import _wait_until
from tests.support import loopback_server as loopback
from tests.support.gateway_server import Clients, serving
from tests.support.ledger_driver import Hand, OpenQueue
from tests.support.workflows import chain, node
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.core.redis import connect as connect_redis
from treadle.core.settings import Settings
from treadle.hil.answers import answer_by_link
from treadle.hil.channels import Services, senders
from treadle.hil.delivery import Delivery
from treadle.ledger.engine.engine import Engine
from treadle.ledger.migrations import migrate
from treadle.ledger.people.interactions import interaction
from treadle.monitoring.logs import configure
from treadle.transport.redis_keys import OUTBOX_KEY
from treadle.wire.keys import Scope

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"


def channel(database_url: str, redis_url: str) -> dict[str, Any]:
    """Ask by the new channel, deliver, and answer by the link that came."""
    hand = Hand(database_url)
    stop = Event()
    with loopback.serving() as pager, connect_redis(redis_url) as client:
        execution = hand.submit(chain(node("ask", APPROVAL, configurations={"title": "?"})))
        asked = {"channel_type": "pager", "pager_url": pager.on("/page", loopback.Answer(204))}
        question = hand.ask(execution, "ask", **asked)
        before = hand.session.execute("select kind from outbox").fetchall()
        policy = AddressPolicy((ip_network("127.0.0.1/32"),))
        delivery = Delivery(
            lambda: Hand(database_url).session,
            client,
            Engine(hand.graphs, OpenQueue()),
            senders(Services(lambda: Dialer(policy), {})),
            public_url="https://treadle.example.org",
        )
        thread = Thread(target=delivery.run_until, args=(stop,))
        thread.start()
        try:
            _wait_until(lambda: interaction(hand.session, question).delivered_at)
        finally:
            stop.set()
            client.lpush(OUTBOX_KEY, 1)
            thread.join()
        (seen,) = pager.seen
    page = json.loads(seen.body)
    made = answer_by_link(
        hand.engine, hand.session, question, page["token"], {"decision": "approve"}
    )
    via = made.interaction.via
    hand.close()
    return {"outbox": before, "title": page["title"], "via": via}


def route(database_url: str, redis_url: str) -> dict[str, Any]:
    """Ask the new route of a gateway, with a key, without one, and with one of another scope."""
    settings = Settings(configured_database_url=database_url, configured_redis_url=redis_url)
    owner = f"ada-{new_id()}"
    with serving(settings) as served, Clients(served) as clients:
        got = clients.of(owner, Scope.READ).get("/v1/account")
        documented = clients.without_key().get("/openapi.json")["paths"]
        return {
            "its_owner": got == {"name": owner},
            "without": clients.without_key().refusal("GET", "/v1/account"),
            "other_scope": clients.of(owner, Scope.ANSWER).refusal("GET", "/v1/account"),
            "documented": "/v1/account" in documented,
        }


def migration(database_url: str) -> dict[str, Any]:
    """Bring a database of the release before to the new schema, twice."""
    applied = [migrate(database_url), migrate(database_url)]
    with connect(database_url, autocommit=True) as session:
        rows = session.execute("select name from migrations order by applied_at").fetchall()
        session.execute("select label from executions")
    return {"applied": applied, "last": rows[-1][0]}


if __name__ == "__main__":
    configure("ERROR")
    _database_url, _redis_url = sys.argv[1:]
    _found = {
        "migration": migration(_database_url),
        "channel": channel(_database_url, _redis_url),
        "route": route(_database_url, _redis_url),
    }
    sys.stdout.write(json.dumps(_found))
