"""What Prometheus and Grafana are given: configurations, alert rules, dashboards."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
import yaml

from tests.support.prometheus import CONFIGS, ROOT, tool
from treadle.monitoring import metrics
from treadle.monitoring.dashboards.__main__ import pages
from treadle.scheduler.cluster_stats import GAUGES

pytestmark = pytest.mark.slow

DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RULES = yaml.safe_load((CONFIGS / "alerts.yml").read_text())["groups"][0]["rules"]
#: The part of a name that tells which series of a metric is meant.
SERIES = re.compile(r"_(bucket|sum|count)$")


def promtool(*arguments: str) -> str:
    """Run promtool; return what it said if it found something."""
    done = subprocess.run(
        [tool("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "local.yml"])
def test_prometheus_takes_the_configuration(name: str) -> None:
    """With the alert rules that it names."""
    assert promtool("check", "config", str(CONFIGS / name)) == ""


def test_alerts_fire_for_what_they_are_for(tmp_path: Path) -> None:
    """And not for what is well, or mends itself."""
    shutil.copy(CONFIGS / "alerts.yml", tmp_path)
    cases = shutil.copy(Path(__file__).parent / "alerts_test.yml", tmp_path)

    assert promtool("test", "rules", str(cases)) == ""


def test_every_alert_says_what_to_do() -> None:
    """With a summary, a description and how bad it is."""
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {
            "summary",
            "description",
            "runbook_url",
            "panel",
            "dashboard_url",
        }


def test_every_alert_leads_to_its_runbook() -> None:
    """A section of a page: what it means, whom it hurts, where to look, what to do."""
    sections = re.split(r"^## ", (ROOT / "docs" / "runbooks.md").read_text("utf-8"), flags=re.M)[1:]
    found = {section.partition("\n")[0]: section for section in sections}

    assert sorted(found) == sorted(rule["alert"] for rule in RULES)
    for rule in RULES:
        assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        parts = re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\* \S", found[rule["alert"]], re.M)
        assert parts == ["Meaning", "Impact", "Look at", "Do"]
    for anchor in re.findall(r"\]\(#(\w+)\)", "".join(sections)):
        assert anchor in {name.lower() for name in found}


def test_every_alert_leads_to_a_panel_that_leads_to_its_runbook() -> None:
    """By the title of the panel, and its number in the address, which the title gives."""
    shown = {
        (panel["title"], f"/d/{board['uid']}?var-cluster=", panel["id"]): panel
        for board in map(json.loads, pages().values())
        for panel in panels_of(board)
    }
    ids = [panel_id for _, _, panel_id in shown]

    assert len(ids) == len(set(ids))
    for rule in RULES:
        said = rule["annotations"]
        board, _, number = said["dashboard_url"].partition("{{ $labels.cluster }}&viewPanel=")
        panel = shown[said["panel"], board, int(number)]
        pages_of_panel = [link["url"] for link in panel["links"]]
        assert said["runbook_url"].replace("docs/", "${documentation}/") in pages_of_panel


def test_every_panel_of_an_alert_turns_red_where_the_alert_begins() -> None:
    """The number of the rule, and no other; and only panels of alerts lead to runbooks."""
    runbooks = {rule["annotations"]["runbook_url"]: rule["expr"] for rule in RULES}
    for board in map(json.loads, pages().values()):
        for panel in panels_of(board):
            for link in panel.get("links", ()):
                rule = runbooks[link["url"].replace("${documentation}/", "docs/")]
                compared = re.search(r" ([<>]) ([0-9.]+)$", rule)
                begins = float(compared[2]) if compared else 0.0
                steps = (panel["fieldConfig"]["defaults"].get("thresholds") or {}).get("steps", [])
                assert [step["value"] for step in steps][1:] == ([begins] if begins else [])
                if compared and begins:
                    assert steps[compared[1] == ">"]["color"] == "red"


def test_every_rule_keeps_clusters_apart() -> None:
    """Whatever adds series up, or takes the largest, does so for each cluster."""
    for rule in RULES:
        adds_up = re.findall(r"\b(?:sum|max|min|count|group|avg)\b(?: by \((\w+))?", rule["expr"])
        assert set(adds_up) <= {"cluster"}, rule["expr"]
    for name in ("prometheus.yml", "local.yml"):
        for scraped in yaml.safe_load((CONFIGS / name).read_text())["scrape_configs"]:
            assert scraped["relabel_configs"][0]["target_label"] == "cluster"


def test_the_committed_dashboards_are_what_the_code_gives() -> None:
    """`make docs` writes them."""
    committed = {path.name: path.read_text("utf-8") for path in DASHBOARDS.glob("*.json")}

    assert committed == pages()


def test_dashboards_show_one_cluster_under_titles_that_are_unique() -> None:
    """Every query is limited to the chosen cluster; all dashboards share time and crosshair."""
    boards = [json.loads(page) for page in pages().values()]
    titles = [panel["title"] for board in boards for panel in panels_of(board)]

    assert len(titles) == len(set(titles))
    for title in titles:
        assert re.fullmatch(r"[A-Z][A-Za-z' ]{2,31}", title), f"{title!r} is not plain"
    for board in boards:
        assert [each["name"] for each in board["templating"]["list"]] == [
            *("cluster", "queue", "documentation"),
        ]
        assert board["graphTooltip"] == 1
        assert board["links"][0]["includeVars"]
        for query in queries_of(board):
            chosen = query.count('cluster=~"$cluster"')
            assert chosen == len(re.findall(r"\b(?:(?:treadle|process)_\w+|up\{)", query))


def test_queries_parse() -> None:
    """As promtool reads them, with values in the place of variables."""
    asked = [query for page in pages().values() for query in queries_of(json.loads(page))]
    rules = [{"record": "a:b", "expr": query.replace("$__rate_interval", "5m")} for query in asked]
    groups = {"groups": [{"name": str(at), "rules": [rule]} for at, rule in enumerate(rules)]}
    with NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(groups, file)
        file.flush()
        assert promtool("check", "rules", file.name) == ""


def test_queries_ask_for_metrics_that_exist() -> None:
    """Those of the dashboards and of the alert rules."""
    asked = {query for page in pages().values() for query in queries_of(json.loads(page))}
    asked |= {rule["expr"] for rule in RULES}

    for name in {name for query in asked for name in re.findall(r"treadle_\w+", query)}:
        counted = {name, SERIES.sub("", name), name.removesuffix("_total")} & names()
        assert counted or name in GAUGES, name


def test_grafana_finds_what_the_dashboards_ask() -> None:
    """The data source is provisioned under the id that the panels name."""
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    source = yaml.safe_load((folder / "datasources" / "treadle.yml").read_text())["datasources"][0]

    for page in pages().values():
        for panel in panels_of(json.loads(page)):
            assert panel["datasource"] == {"type": source["type"], "uid": source["uid"]}
            assert panel["description"]


def panels_of(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries_of(dashboard: dict[str, Any]) -> list[str]:
    """Return what the panels of a dashboard ask Prometheus."""
    return [target["expr"] for panel in panels_of(dashboard) for target in panel["targets"]]


def names() -> set[str]:
    """Return the names under which processes count."""
    return {each._name for each in vars(metrics).values() if hasattr(each, "_name")}
