"""Named queries as the server prepares them, and what makes a stored definition unreadable."""

from __future__ import annotations

import re

_PARAMETER = re.compile(r"%\((\w+)\)[sb]")

#: Definitions that cannot be read, or are not there.
DEFINITIONS = {
    "no_json": "update workflow_versions set definition = 'x' where id = %s",
    "no_workflow": "update workflow_versions set definition = '[]' where id = %s",
    "not_valid": "update workflow_versions set definition = convert_to(replace(convert_from("
    "definition, 'utf8'), 'TRANSFORMATION', 'NOBODY_KNOWS'), 'utf8') where id = %s",
    "no_definition": "delete from workflow_versions where id = %s",
}


def numbered(query: str) -> str:
    """Return a query with `$1`, `$2` and so on for its named parameters."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

    return _PARAMETER.sub(number, query).replace("%%", "%")
