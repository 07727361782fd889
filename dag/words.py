"""Words: closed lists of text, each written once, that documents and the ledger hold as text."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic_core import CoreSchema, core_schema


class Word(StrEnum):
    """One of a closed list; a model reads it from its text, and its schema lists the texts."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(cls))
