"""Variables: what the reader of a dashboard chooses, and how queries are limited to it."""

from __future__ import annotations

import re

from grafana_foundation_sdk.builders.dashboard import QueryVariable, TextBoxVariable
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh

#: The data source in the provisioning files.
SOURCE = DataSourceRef(type_val="prometheus", uid="treadle-prometheus")
#: A metric's name, and the brace that opens its labels if it has any.
_METRIC = re.compile(r"\b((?:treadle|process)_\w+|up(?=\{))(\{?)")


def of_cluster() -> QueryVariable:
    """Return the choice of one cluster, so that two on one Prometheus never add up."""
    return _variable("cluster", "label_values(treadle_process_starts_total, cluster)")


def of_queue() -> QueryVariable:
    """Return the choice of queues, at first all."""
    labels = 'label_values(treadle_queue_depth{cluster=~"$cluster"}, queue)'
    return _variable("queue", labels).multi(True).include_all(True).all_value(".*")


def of_documentation() -> TextBoxVariable:
    """Return the address of the documentation: panels lead to their runbooks below it."""
    return TextBoxVariable("documentation").label("Documentation").default_value("docs")


def limited(query: str) -> str:
    """Return a query of what the reader has chosen."""

    def with_labels(found: re.Match[str]) -> str:
        name, brace = found.groups()
        labels = 'cluster=~"$cluster"'
        if name.startswith("treadle_queue_"):
            labels += ', queue=~"$queue"'
        return f"{name}{{{labels}{', ' if brace else '}'}"

    return _METRIC.sub(with_labels, query)


def _variable(name: str, query: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query({"query": query, "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )
