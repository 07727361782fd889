"""One small workflow and its execution: the example of the whole documentation."""

from __future__ import annotations

from typing import Any

EXECUTION_ID = "019b75f2-4c00-7a31-8c14-3d1f5b1a9e77"

PROMPT = "Greet whoever starts this, by name."
"""A prompt from which the workflow could have been planned."""

WORKFLOW: dict[str, Any] = {
    "metadata": {"id": "greeting", "name": "Greeting"},
    "nodes": [
        {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"},
        {
            "id": "greet",
            "name": "greet",
            "type": "ACTION",
            "subtype": "DATA_TRANSFORMATION",
            "configurations": {
                "operation": "map",
                "field_mapping": {"text": "'Hello ' ~ input.name"},
            },
        },
    ],
    "connections": [{"id": "c1", "from_node": "start", "to_node": "greet"}],
    "triggers": ["start"],
}

_START = 1_767_225_600_000

BRIEF: dict[str, Any] = {
    "id": EXECUTION_ID,
    "workflow_id": "greeting",
    "workflow_version": 1,
    "status": "RUNNING",
    "start_time": _START,
    "end_time": None,
    "duration_ms": None,
}

EXECUTION: dict[str, Any] = {
    "id": EXECUTION_ID,
    "workflow_id": "greeting",
    "workflow_version": 1,
    "status": "SUCCESS",
    "trigger_id": "start",
    "trigger_info": {
        "trigger_type": "MANUAL",
        "trigger_data": {"name": "Ada"},
        "user_id": "ada",
        "external_request_id": None,
        "timestamp": _START,
    },
    "start_time": _START,
    "end_time": _START + 12,
    "duration_ms": 12,
    "output": {"greet": {"text": "Hello Ada"}},
    "node_executions": [
        {
            "node_id": "greet",
            "node_name": "greet",
            "node_type": "ACTION",
            "node_subtype": "DATA_TRANSFORMATION",
            "scope": "",
            "status": "completed",
            "waiting_on": None,
            "start_time": _START + 8,
            "end_time": _START + 11,
            "duration_ms": 3,
            "output_key": "result",
            "output_data": {"text": "Hello Ada"},
            "output_bytes": 20,
            "execution_details": {},
            "credits_consumed": 0.0,
            "error": None,
            "attempt": 1,
            "retry_count": 0,
            "max_retries": 3,
            "next_attempt_time": None,
        }
    ],
    "execution_sequence": ["greet"],
    "counts": {"completed": 2},
    "tokens_used": 0,
    "credits_consumed": 0.0,
    "error": None,
    "retry_of": None,
    "retried_as": [],
    "last_seq": 5,
    "warnings": [],
    "left_out": [],
    "nodes_href": f"/v1/executions/{EXECUTION_ID}/nodes",
}
