"""What an operator sees of a running Treadle.

- `logs` configures structured logs and holds the closed list of events.

Nothing here decides anything: taking it out would change no outcome.
"""
