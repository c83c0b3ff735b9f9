"""docs/monitoring.md and docs/alerts.yaml have the metrics that there are, and no others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from adapters.scheduler.lane import LaneLoad
from app.health.gauges import Gauges
from app.health.metrics import Metrics
from app.health.readiness import Part, Report
from bot import errors
from bot.audit.entry import Origin
from bot.domain.request import Ending
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "docs" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DURATION = re.compile(r"\d+[smhd]")
FUNCTIONS = {"increase", "rate", "sum", "max", "histogram_quantile", "absent", "by", "and", "or", "le", "up", "job"}


def section(heading: str) -> str:
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if "|" in line]


@pytest.fixture(scope="module")
def metrics() -> dict[str, set[str]]:
    """The labels of each metric by its name, as Prometheus knows it."""
    made = Metrics(Origin())
    load = {"requests": LaneLoad(0, 0, 0.0, 0.0)}
    gauges = Gauges(
        report=lambda: Report(0.0, {"start": Part()}),
        loads=lambda: load,
        writers=lambda: (0, 0),
        directory_age=lambda: None,
        socket_silence=lambda: None,
        is_paused=lambda: False,
        is_owner=lambda: True,
        is_changed=lambda: False,
    )
    found = {
        name_of(family.name, family.type): set(family.samples[0].labels)
        for family in gauges.collect()
        if family.name.startswith("logoffbot_")
    }
    for collector in made.registry._collector_to_names:
        labels: set[str] = set(getattr(collector, "_labelnames", ()))
        for family in collector.collect():
            if family.name.startswith("logoffbot_"):
                found[name_of(family.name, family.type)] = labels or set(
                    {"version", "agent"} if family.type == "info" else ()
                )
    return found


def name_of(name: str, kind: str) -> str:
    return name + {"counter": "_total", "info": "_info"}.get(kind, "")


def test_the_page_has_every_metric_with_its_labels_and_no_other(metrics: dict[str, set[str]]) -> None:
    table = [row for row in rows(section("Metrics")) if row[0].startswith("`logoffbot_")]
    said = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in table}
    assert said == metrics


def test_the_page_has_every_alert_and_no_other() -> None:
    said = [row[0].strip("`") for row in rows(section("Alerts")) if row[0].startswith("`LogoffBot")]
    assert said == [rule["alert"] for rule in RULES]


def test_each_alert_has_a_severity_and_a_sentence() -> None:
    for rule in RULES:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")
        assert DURATION.fullmatch(rule.get("for", "1m"))


def names_in(expression: str) -> Iterator[tuple[str, str]]:
    """Each metric of the expression, with what stands in its braces."""
    yield from re.findall(r"\b(logoffbot_\w+)(?:\{([^}]*)\})?", expression)


def test_each_alert_asks_for_metrics_and_labels_that_there_are(metrics: dict[str, set[str]]) -> None:
    for rule in RULES:
        for name, braces in names_in(rule["expr"]):
            labels = metrics[re.sub(r"_(bucket|sum|count)$", "", name)]
            assert set(re.findall(r"(\w+)\s*[!=]~?=?", braces)) <= labels, rule["alert"]


def test_each_value_that_an_alert_asks_for_can_be() -> None:
    codes = {
        kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BotError)
    }
    known = {"code": codes, "ending": {each.value for each in Ending}, "outcome": {"ok"}, "call": {"open", "record"}}
    for rule in RULES:
        for _, braces in names_in(rule["expr"]):
            for label, values in re.findall(r'(\w+)[!=]~?"([^"]*)"', braces.replace("!=", "=").replace("=~", "=")):
                assert set(values.split("|")) <= known[label], rule["alert"]


def test_each_expression_has_words_and_brackets_that_prometheus_knows() -> None:
    for rule in RULES:
        bare = re.sub(r'\{[^}]*\}|\[[0-9]+[smhd]\]|"[^"]*"', "", rule["expr"])
        words = {word for word in re.findall(r"[A-Za-z_]\w*", bare) if not word.startswith("logoffbot_")}
        assert words <= FUNCTIONS, rule["alert"]
        for opening, closing in ("()", "[]", "{}"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing), rule["alert"]


def test_the_log_events_of_the_page_are_in_the_code() -> None:
    said = {
        name
        for row in rows(section("Alerts"))
        for cell in (row if "." in row[0] else row[1:2])
        for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", cell)
    } - {"winrm.username", "winrm.hosts_at_once", "alerts.yaml"}
    code = "\n".join(
        path.read_text(encoding="utf-8") for top in ("app", "bot", "adapters") for path in (ROOT / top).rglob("*.py")
    )
    assert len(said) > 15
    assert {name for name in said if f'"{name}"' not in code} == set()


def test_the_parts_of_the_page_are_those_that_are_watched() -> None:
    said = {row[0].strip("`") for row in rows(section("What ready means")) if row[0].startswith("`")}
    source = (ROOT / "app" / "health" / "parts.py").read_text(encoding="utf-8")
    watched = set(re.findall(r'^            "(\w+)": ', source, re.MULTILINE)) | set(
        re.findall(r'checks\["(\w+)"\]', source)
    )
    assert said == watched
