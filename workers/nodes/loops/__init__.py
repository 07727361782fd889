"""Loops: what they go over, and what their iterations came to."""
