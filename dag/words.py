"""Words: enums whose values are text in documents, in the ledger and in the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic_core import CoreSchema, core_schema


class Word(StrEnum):
    """An enum of texts: a pydantic model reads a member from its text, a JSON schema names them."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(cls), ref=f"{cls.__module__}.{cls.__qualname__}")
