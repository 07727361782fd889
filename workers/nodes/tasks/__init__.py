"""Tasks: functions that users wrote."""
