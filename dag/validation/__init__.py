"""Validation."""

from dag.validation.validate import Validation, validate

__all__ = ["Validation", "validate"]
