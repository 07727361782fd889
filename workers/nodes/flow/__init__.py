"""Flow: where a run branches, joins and waits."""
