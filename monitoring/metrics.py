"""The metrics: every name with its unit, labels from closed sets, never an id.

A process counts what it does itself, and Prometheus adds the processes up. Values of the whole
cluster (queue depth, executions in progress) are not counted by a process: the scheduler looks them
up when it is scraped; see `scheduler.cluster_stats`.

The mode of a gauge says how several processes behind one address are combined; see
`monitoring.exposition`.

Long because it is one list: what a process counts stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TypeVar

from prometheus_client import Counter, Gauge, Histogram

Metric = TypeVar("Metric", Counter, Gauge, Histogram)

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SLOW = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900)
_LONG = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800)
_FINAL = ("SUCCESS", "ERROR", "CANCELED", "TIMEOUT")
_TYPES = ("approval", "input", "selection", "review")
_WORKER_PARTS = (
    *("committer", "heartbeat", "time-limits", "publisher", "event-loop"),
    *("ConsumerThread", "WorkerThread"),
)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def closed(metric: Metric, *values: tuple[str, ...] | str) -> Metric:
    """Return a metric with these label values, so that each is exported from the start as zero.

    Values that are declared above this package are given by whoever counts with them.
    """
    for value in values:
        metric.labels(*((value,) if isinstance(value, str) else value))
    return metric


EXECUTIONS_STARTED = Counter(
    "treadle_executions_started_total", "Executions that were acknowledged."
)
EXECUTIONS_FINISHED = closed(
    Counter("treadle_executions_finished_total", "Executions that ended.", ("status",)),
    *_FINAL,
)
EXECUTION_SECONDS = closed(
    Histogram(
        "treadle_execution_seconds",
        "Time from an execution's start to its end, including waits for people.",
        ("status",),
        buckets=_LONG,
    ),
    *_FINAL,
)
SECRETS_REFUSED = closed(
    Counter(
        "treadle_secrets_refused_total",
        "Uses of secrets that are not offered to the owner, or not meant for the host.",
        ("place", "reason"),
    ),
    *product(("submission", "attempt", "delivery"), ("secret_not_offered", "secret_not_for_host")),
)
LEDGER_INCONSISTENT = Counter(
    "treadle_ledger_inconsistent_total",
    "Executions ended because the ledger's counts contradict each other; a defect in Treadle.",
)

ROWS_NOT_UNDERSTOOD = closed(
    Counter(
        "treadle_rows_not_understood_total",
        "Executions of which something stored could not be read: ended with `row_not_understood`,"
        " set aside for a while, or left to the release that stored it.",
        ("outcome",),
    ),
    "ended",
    "left",
    "set_aside",
)

NODES_STARTED = Counter(
    "treadle_nodes_started_total", "Attempts that began to run.", ("node_type",)
)
NODES_SETTLED = Counter(
    "treadle_nodes_settled_total", "Attempts whose outcome counted.", ("node_type", "outcome")
)
NODE_SECONDS = Histogram(
    "treadle_node_seconds", "Time of one attempt in its lane.", ("node_type",), buckets=_SLOW
)
QUEUE_WAIT_SECONDS = Histogram(
    "treadle_node_queue_wait_seconds",
    "Time from ready to claimed, of nodes that came in a message.",
    ("node_type",),
    buckets=_SLOW,
)
LEASES_LOST = Counter(
    "treadle_leases_lost_total", "Outcomes refused because their lease was reclaimed or ended."
)
HAND_OFFS = Counter("treadle_hand_offs_total", "Nodes run without a message of their own.")
TASK_LINES = closed(
    Counter(
        "treadle_task_lines_total",
        "Lines that tasks printed and logged: kept, or left out past the bounds of their attempt.",
        ("outcome",),
    ),
    "kept",
    "left_out",
)
CHUNK_NODES = Histogram("treadle_chunk_nodes", "Nodes claimed by one message.", buckets=_SIZES)
MESSAGE_SECONDS = Histogram(
    "treadle_message_seconds", "Time that one message occupied its thread.", buckets=_SLOW
)
MESSAGES_FAILED = Counter("treadle_messages_failed_total", "Messages dropped after an error.")

COMMIT_SECONDS = Histogram(
    "treadle_ledger_commit_seconds", "Time of one batch's transaction.", buckets=_FAST
)
COMMIT_REQUESTS = Histogram(
    "treadle_ledger_batch_requests", "Requests served by one transaction.", buckets=_SIZES
)
POOL_CONNECTIONS = Gauge(
    "treadle_ledger_pool_connections",
    "Database sessions in a process's pool, by whether they are in use.",
    ("state",),
    multiprocess_mode="livesum",
)
POOL_WAITING = Gauge(
    "treadle_ledger_pool_waiting",
    "Threads that wait for a session of the pool.",
    multiprocess_mode="livesum",
)

PROCESS_STARTS = Counter(
    "treadle_process_starts_total",
    "Starts of a process; where several share an address, those that ended count too.",
)
VITAL_PARTS_DIED = closed(
    Counter(
        "treadle_vital_parts_died_total",
        "Threads and tasks that died although their process cannot do without them; it ended and"
        " was to be started again. A scheduler has the counts of all processes.",
        ("role", "part"),
    ),
    *product(("worker", "planner"), _WORKER_PARTS),
    *product(("scheduler",), ("sweeper", "delivery")),
    *product(("gateway",), ("submitter", "live-listener", "live-publisher")),
)
DEPENDENCY_UP = Gauge(
    "treadle_dependency_up",
    "Whether a process reaches a server that it uses (1) or not (0); where several share an"
    " address, as the worst of them sees it.",
    ("dependency",),
    multiprocess_mode="livemin",
)
DISK_BYTES = Gauge(
    "treadle_disk_bytes",
    "The file system of the data folder as a process sees it: its size, and what is free.",
    ("part",),
    multiprocess_mode="livemin",
)

WORKER_THREADS = Gauge(
    "treadle_worker_threads", "Threads that take messages.", multiprocess_mode="livesum"
)
WORKER_THREADS_BUSY = Gauge(
    "treadle_worker_threads_busy", "Threads that work on a message.", multiprocess_mode="livesum"
)
WORKER_IN_FLIGHT = Gauge(
    "treadle_worker_in_flight",
    "Attempts under a lease, as of the last heartbeat.",
    multiprocess_mode="livesum",
)

SUSPECTS = Counter(
    "treadle_suspects_total",
    "Attempts that ran alone in a child because workers died while their node ran.",
)
SUSPECTS_RUNNING = Gauge(
    "treadle_worker_suspects", "Suspects that run now.", multiprocess_mode="livesum"
)

QUESTIONS_ASKED = Counter(
    "treadle_questions_asked_total",
    "Questions that nodes asked people.",
    ("interaction_type", "channel_type"),
)
QUESTIONS_ANSWERED = closed(
    Counter(
        "treadle_questions_answered_total",
        "Questions that a person decided.",
        ("interaction_type", "decision"),
    ),
    *product(_TYPES, ("confirmed", "rejected")),
)
ANSWERS_REFUSED = closed(
    Counter(
        "treadle_answers_refused_total",
        "Answers that could not count and were recorded, by the reason.",
        ("reason",),
    ),
    "reply_invalid",
    "answer_too_large",
    "not_asked",
)
QUESTIONS_TIMED_OUT = closed(
    Counter(
        "treadle_questions_timed_out_total",
        "Questions without an answer in time, by the action taken.",
        ("action",),
    ),
    "fail",
    "continue",
    "default_response",
    "not_delivered",
)
QUESTION_SECONDS = closed(
    Histogram(
        "treadle_question_seconds",
        "Time from a question to its answer.",
        ("interaction_type",),
        buckets=_LONG,
    ),
    *_TYPES,
)

GATEWAY_REQUESTS = Counter(
    "treadle_gateway_requests_total",
    "Requests that were answered, by route and status.",
    ("method", "route", "status"),
)
GATEWAY_SECONDS = Histogram(
    "treadle_gateway_request_seconds",
    "Time from a request's headers to its answer; of a stream, to its beginning.",
    ("method", "route"),
    buckets=_FAST,
)
REQUESTS_OVER_RATE = Counter(
    "treadle_gateway_requests_over_rate_total",
    "Requests without a key that were refused because their address sent too many.",
)
CONNECTIONS_DROPPED = closed(
    Counter(
        "treadle_gateway_connections_dropped_total",
        "Connections closed that sent no whole head of a request: in their time (`too_late`), or as"
        " too many of them waited (`too_many`).",
        ("reason",),
    ),
    "too_late",
    "too_many",
)
LIVE_READERS = Gauge(
    "treadle_gateway_live_readers",
    "Readers of live events that are connected.",
    multiprocess_mode="livesum",
)
LIVE_READERS_CLOSED = Counter(
    "treadle_gateway_live_readers_closed_total",
    "Streams that ended before their execution, by reason.",
    ("reason",),
)

DELIVERIES = Counter(
    "treadle_deliveries_total",
    "Attempts to deliver a question to its channel, by outcome.",
    ("channel_type", "outcome"),
)

PLANS = closed(
    Counter("treadle_planner_plans_total", "Plans, by outcome.", ("outcome",)),
    "ready",
)
PLAN_SECONDS = Histogram("treadle_planner_plan_seconds", "Time of one plan.", buckets=_SLOW)
PLAN_REPAIRS = closed(
    Counter(
        "treadle_planner_repairs_total",
        "Problems of drafts that the model or a rule repaired.",
        ("by",),
    ),
    "model",
    "rule",
)
MODEL_REQUESTS = closed(
    Counter(
        "treadle_model_requests_total",
        "Requests to model providers, by outcome; `provider_rate_limited` is a 429.",
        ("purpose", "provider", "outcome"),
    ),
    *product(
        ("plan", "node"),
        ("openai", "anthropic"),
        ("answered", "provider_unavailable", "provider_rate_limited", "provider_refused"),
    ),
)
MODEL_SECONDS = Histogram(
    "treadle_model_request_seconds",
    "Time of one request to a model provider.",
    ("purpose", "provider"),
    buckets=_SLOW,
)
MODEL_TOKENS = Counter(
    "treadle_model_tokens_total",
    "Tokens that providers counted.",
    ("purpose", "provider", "direction"),
)
MODEL_COST_USD = Counter(
    "treadle_model_cost_usd_total",
    "Cost of requests in US dollars, as far as prices are known.",
    ("purpose", "provider"),
)

REPAIRS = closed(
    Counter(
        "treadle_repairs_total", "What the scheduler repaired or moved on, by kind.", ("kind",)
    ),
    "wake",
    "deadline",
    "overdue",
    "reclaim",
    "message_lost",
    "message_unclaimed",
    "pauses_restored",
    "wrong_type",
    "unreadable",
    "counts",
)
STRANDED_QUEUES = Gauge(
    "treadle_stranded_queues",
    "Queues with waiting nodes that no process serves.",
    multiprocess_mode="livemax",
)


def pool_used(stats: Mapping[str, int]) -> None:
    """Set the gauges of a process's database pool from the pool's statistics."""
    idle = stats["pool_available"]
    POOL_CONNECTIONS.labels("in_use").set(stats["pool_size"] - idle)
    POOL_CONNECTIONS.labels("idle").set(idle)
    POOL_WAITING.set(stats["requests_waiting"])
