"""The engine: the transactions that change executions, from the lock to the commit."""
