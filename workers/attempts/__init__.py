"""Attempts: from a claim to an outcome."""
