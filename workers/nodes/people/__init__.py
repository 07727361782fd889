"""People: nodes that ask a person."""
