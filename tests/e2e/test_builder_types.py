"""What a type checker says of programs that build workflows: right ones pass, wrong ones do not."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

#: A line that is wrong says by which of mypy's codes; all others are right.
PROGRAM = """\
import asyncio

from treadle import AsyncClient, Client, Workflow, task


@task(max_retries=5)
def summarise(text: str, limit: int = 200) -> dict[str, str]:
    return {"text": text[:limit]}


wf = Workflow("digest")
pages = wf.http("fetch", url="https://example.org/feed.json", method="POST")
each = wf.for_each("each_item", over=pages["json"]["items"], max_parallel=50)
each.body(summarise(text=each.item["text"]))
summary = wf.call("summary", summarise, text=each.item["text"], limit=3)
summary.on_error(wf.delay("wait", duration_seconds=each.item["seconds"]))
ask = wf.approval("ask", f"Send {summary['text']}?")
with ask.confirmed:
    large = wf.if_("large", (wf.input["n"] > 3) & ~wf.input["quiet"])
large.true(wf.filter("some", over=[1, 2], expression=lambda item: item > 1))

summarise(txt=each.item["text"])  # call-arg
summarise(text=each.item["text"], limit="long")  # arg-type
wf.call("short", summarise, text="x", limt=3)  # call-arg
wf.call("short", summarise, 3)  # arg-type
wf.http("fetch", url="https://example.org", method="GETT")  # arg-type
wf.http("fetch", url="https://example.org", metod="GET")  # call-arg
wf.http("fetch")  # call-arg
wf.delay("wait", timeout="soon")  # arg-type
pages.confirmed(summary)  # attr-defined
large.flase(summary)  # attr-defined

with Client("http://127.0.0.1:8000", "key") as client:
    run = client.submit(wf, {"topic": "weaving"}, priority=0)
    for event in run.events():
        print(event.seq + 1, event.event_type)
    print(run.wait().output, run.output()["a"])
    client.submit(wf, prority=0)  # call-arg
    run.wait().outptu  # attr-defined
    client.cancel(7)  # arg-type


async def main() -> None:
    async with AsyncClient() as client:
        run = await client.submit(wf)
        async for event in run.events():
            print(event.seq + 1)
        (await run.wait()).status.is_final  # attr-defined
        for event in run.events():  # attr-defined
            pass


asyncio.run(main())
"""


def test_a_type_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    """Wrong arguments of tasks and node types, exits that are not there, fields of the wire."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)

    said, failed, _ = api.run(
        ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), str(program)]
    )

    assert not failed, failed
    lines = PROGRAM.splitlines()
    marked = {n: re.search(r"  # ([a-z-]+)$", line) for n, line in enumerate(lines, 1)}
    expected = {(number, found[1]) for number, found in marked.items() if found}
    found = re.findall(r"program\.py:([0-9]+): error: .*\[([a-z-]+)\]$", said, re.MULTILINE)
    assert {(int(number), code) for number, code in found} == expected, said
