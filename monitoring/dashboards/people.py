"""People: questions that wait for people, and their delivery."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from treadle.monitoring.dashboards.panels import (
    Panel,
    cluster,
    graph,
    number,
    page,
    quantile,
    rate,
)


def dashboard() -> Dashboard:
    """Return the dashboard."""
    rows = {
        "Now": _now(),
        "Questions and answers": [*_answers(), *_waiting()],
        "Delivery": _delivery(),
    }
    description = "What waits for people, and did it reach them?"
    return page("treadle-people", "Treadle: People", description, rows)


def _now() -> list[Panel]:
    return [
        number("Open", "Questions that wait for an answer.", cluster("treadle_questions_pending")),
        number("Oldest question", "Its age.", cluster("treadle_questions_oldest_seconds"), "s"),
        number(
            "Overdue",
            "Questions past their time that no sweeper has ended yet.",
            cluster("treadle_questions_overdue"),
            bad=1,
        ),
        number(
            "Not delivered",
            "Questions that have not reached their channel.",
            cluster("treadle_questions_undelivered"),
        ),
        number(
            "In the pause table",
            "Questions in Redis; the ledger's open questions are authoritative.",
            cluster("treadle_pause_table_parked"),
        ),
        number(
            "Executions that wait",
            "Only for people.",
            cluster('treadle_executions_in_progress{status="WAITING_FOR_HUMAN"}'),
        ),
    ]


def _answers() -> list[Panel]:
    return [
        graph(
            "Asked",
            "Questions a second, by type.",
            {"{{interaction_type}}": rate("treadle_questions_asked_total", "interaction_type")},
            "ops",
        ),
        graph(
            "Answered",
            "By decision.",
            {"{{decision}}": rate("treadle_questions_answered_total", "decision")},
            "ops",
        ),
        graph(
            "Time to an answer",
            "Of questions that a person decided.",
            {
                "half": quantile(0.5, "treadle_question_seconds"),
                "95 of 100": quantile(0.95, "treadle_question_seconds"),
            },
            "s",
        ),
        _refused(),
        graph(
            "Timed out",
            "Questions without an answer in time, by the action taken.",
            {"{{action}}": rate("treadle_questions_timed_out_total", "action")},
            "ops",
        ),
    ]


def _waiting() -> list[Panel]:
    return [
        graph(
            "Waiting",
            "Open questions, and those past their time.",
            {
                "open": cluster("treadle_questions_pending"),
                "overdue": cluster("treadle_questions_overdue"),
            },
        ),
        graph(
            "Lateness",
            "How far the latest question is past its time.",
            {"overdue": cluster("treadle_questions_overdue_seconds")},
            "s",
            alerts=["TreadleQuestionsOverdue"],
        ),
    ]


def _refused() -> Panel:
    return graph(
        "Refused answers",
        "Answers that could not count, by the reason.",
        {"{{reason}}": rate("treadle_answers_refused_total", "reason")},
        "ops",
    )


def _delivery() -> list[Panel]:
    return [
        graph(
            "Deliveries",
            "Attempts a second, by channel and outcome.",
            {
                "{{channel_type}} {{outcome}}": rate(
                    "treadle_deliveries_total", "channel_type", "outcome"
                )
            },
            "ops",
        ),
        graph(
            "Waiting to be sent",
            "Messages in the outbox.",
            {"messages": cluster("treadle_outbox_pending")},
        ),
        graph(
            "Oldest not delivered",
            "How long a question, or any message of the outbox, has waited to be delivered.",
            {
                "question": cluster("treadle_questions_undelivered_seconds"),
                "message": cluster("treadle_outbox_oldest_seconds"),
            },
            "s",
            alerts=["TreadleQuestionsUndelivered"],
        ),
    ]
