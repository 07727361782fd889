"""Errors over HTTP: for each reason it is decided which status it has, or that none is due."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from http import HTTPStatus

import psycopg
import pytest
from psycopg_pool import PoolTimeout
from starlette.requests import Request

import treadle
from treadle.core.errors import TreadleError
from treadle.gateway.errors import STATUS, refusal, status_of

#: Reasons that stand in records of nodes, executions and plans, and are never an answer themselves.
OF_RECORDS = """
address_not_allowed answer_cut answer_filtered answer_incomplete answer_invalid answer_malformed
answer_not_readable attempt_timed_out body_not_valid certificate_not_trusted connection_failed
context_too_long delivery_failed execution_deadline_exceeded expression_failed expression_invalid
hil_not_delivered hil_timeout http_status_not_accepted invalid_configuration invalid_workflow
ledger_inconsistent local_model_missing max_iterations_reached model_refused name_not_resolved
name_taken not_a_list not_a_number not_an_object not_plannable number_out_of_range payload_too_large
plan_given_up plan_invalid planner_model_unknown planner_not_configured provider_key_invalid
provider_key_missing provider_refused provider_unavailable question_too_large redirect_not_safe
request_not_valid request_timed_out response_too_large results_not_found secret_not_allowed_here
secret_not_for_host secret_not_found secret_not_offered task_failed task_input_invalid
too_many_node_executions too_many_redirects value_too_deep values_not_comparable worker_lost
"""
#: Reasons of programs in Python: as they write a workflow, and as they run for a node.
OF_PROGRAMS = "exit_not_said no_attempt not_known_yet progress_invalid text_not_expression"
#: Reasons of processes: why one does not start, or is not ready.
OF_PROCESSES = """
data_folder_held data_folder_not_ours data_of_another_release database_unreachable duplicate_task
embedded_server_failed no_servers no_service_user not_found port_taken process_stopping
redis_unreachable scheduler_silent server_program_missing settings_invalid task_not_valid
tasks_name_invalid tasks_not_found vital_part_died worker_draining worker_not_registered
"""

#: Modules that do something when they are imported.
PROGRAMS = ("__main__", "treadle.core.processes.guardian", "treadle.workers.lanes.child_process")


def every_error() -> Iterator[type[TreadleError]]:
    """Return every class of error that the product has, the command line's aside."""
    for module in pkgutil.walk_packages(treadle.__path__, "treadle."):
        if not module.name.startswith("treadle.cli") and not module.name.endswith(PROGRAMS):
            importlib.import_module(module.name)
    found: list[type[TreadleError]] = [TreadleError]
    for each in found:
        found += each.__subclasses__()
        if each.__module__.startswith("treadle.") and not each.__module__.startswith("treadle.cli"):
            yield each


def asked(headers: list[tuple[bytes, bytes]] | None = None) -> Request:
    """Return a request as an answer needs it."""
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/v1/x",
            "query_string": b"",
            "headers": headers or [],
            "server": ("x", 80),
            "scheme": "http",
        }
    )


def test_every_reason_has_its_status_or_is_known_to_need_none() -> None:
    """A new error is decided upon here, or in the table; an old one leaves both when it goes."""
    reasons = {each.reason for each in every_error() if not each.__module__.startswith("test")}

    decided = {*OF_RECORDS.split(), *OF_PROGRAMS.split(), *OF_PROCESSES.split()}
    assert reasons - STATUS.keys() == decided, "a status in gateway/errors.py, or a line here"
    assert STATUS.keys() - reasons == set()


def test_a_reason_that_nobody_decided_upon_is_answered_as_a_defect() -> None:
    """Never as something that the client did."""

    class Undecided(TreadleError):
        """Nothing says what status this has."""

        reason = "decided_by_nobody"

    assert status_of(Undecided("?")) is HTTPStatus.INTERNAL_SERVER_ERROR
    answer = refusal(Undecided("It is undecided."), asked())
    assert answer.status_code == 500
    assert answer.media_type == "application/problem+json"


def test_a_defect_tells_nothing_of_itself() -> None:
    """The log has the traceback; the answer has what every error has."""
    answer = refusal(KeyError("postgresql://user:password@host"), asked())

    told = json.loads(bytes(answer.body))
    assert (answer.status_code, told["error_code"]) == (500, "internal_error")
    assert b"password" not in bytes(answer.body)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg.OperationalError("gone"), "ledger_unavailable"),
        (psycopg.errors.TransactionTimeout("slow"), "ledger_unavailable"),
        (psycopg.errors.UndefinedTable("executions"), "ledger_not_ready"),
        (PoolTimeout("all in use"), "gateway_busy"),
    ],
)
def test_a_database_that_is_away_is_told_as_something_to_try_again(
    error: Exception, reason: str
) -> None:
    """503, retryable, and after how long."""
    answer = refusal(error, asked())

    told = json.loads(bytes(answer.body))
    assert (answer.status_code, told["error_details"]["reason"]) == (503, reason)
    assert told["is_retryable"] is True
    assert answer.headers["retry-after"] == "1"


def test_a_retryable_reason_is_no_fault_of_the_request() -> None:
    """The same request may succeed later: only a status that says so fits."""
    later = {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }

    for each in every_error():
        if each.retryable and each.reason in STATUS and each.reason != "internal_error":
            assert STATUS[each.reason] in later, each
