"""treadle/client/synchronous.py from asynchronous.py: `python -m treadle.client.from_async PATH`.

One source for both: a test compares the file with what this writes. Whole names are replaced and
`async` and `await` left out, which is all that tells the two apart.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_SOURCE = Path(__file__).with_name("asynchronous.py")
_HEAD = '''"""A cluster as a program asks it. Written from `asynchronous` by `from_async`.

Long because it has each request of the API.
"""

# ruff: noqa: UP028
'''
_NAMES = {
    "AsyncClient": "Client",
    "AsyncRun": "Run",
    "AsyncIterator": "Iterator",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "_arepr_html_": "_repr_html_",
    "aclose": "close",
    "aread": "read",
    "aiter_sse": "iter_sse",
    "aconnect_sse": "connect_sse",
    "async_transport": "transport",
}
_WORDS = re.compile(rf"\b({'|'.join(_NAMES)})\b")


def source() -> str:
    """Return the text of the module without coroutines."""
    text = _SOURCE.read_text("utf-8")
    _, _, rest = text.partition('\n"""\n')
    rest = rest.replace("asyncio.sleep", "time.sleep").replace("import asyncio\n", "")
    rest = re.sub(r"\b(async|await) ", "", rest)
    return _HEAD + _WORDS.sub(lambda found: _NAMES[found[0]], rest)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(source(), encoding="utf-8")
