"""A process serves what it counts."""

from __future__ import annotations

import socket
import urllib.request  # noqa: TID251 - a test asks like Prometheus does

from monitoring import metrics


def test_a_process_serves_its_counts_in_the_format_that_prometheus_reads() -> None:
    """What is counted stands at /metrics under its name, with its labels.

    Workers run no trigger, so no other test of this process counts one.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    metrics.NODES_SETTLED.labels("TRIGGER.MANUAL", "completed").inc(3)
    metrics.serve(port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:  # noqa: TID251 - the same
        text = answer.read().decode()
    assert 'treadle_nodes_settled_total{node_type="TRIGGER.MANUAL",outcome="completed"} 3.0' in text
