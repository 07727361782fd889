"""People: what becomes of a question, and what goes out to those who are asked."""
