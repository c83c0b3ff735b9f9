"""The report as a page: what people and hosts call things stays text, and it says what it does not know."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.checked import CheckedEntry
from bot.audit.entry import Entry, Head
from bot.audit.history import Answer, RequestHistory, SessionOutcome
from bot.audit.overview import Overview, Period
from bot.audit.selection import AuditFilter
from bot.audit.verify import Found
from bot.cards.html import LONGEST_TEXT, outer, text, typed
from bot.cards.report_page import SECTIONS, Facts, Lists, page
from bot.cards.report_proof import Proof
from bot.cards.report_rows import forced_row, otherwise_row, refused_row, took
from tests.support.cases import for_each
from tests.support.html_page import ReadPage

if TYPE_CHECKING:
    from bot.cards.charts import Chart

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
HEAD = Head(128, "5e" * 32, "key")
HOSTILE = (
    "</td></table><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;b&gt; &amp; <b>bold</b>",
    "]]></style><style>*{display:none}",
    "{{7*7}} ${7*7} <%= 7 %> $\\frac{1}{2}$",
    "\u202egnp.exe\u2066 \u200f\u061c",
    "a\x00b\x1b[31m\x7f\x85\u2028\nTS-FORGED",
    "✗ does not verify",
    "اب 12 אב",
    "x" * (LONGEST_TEXT + 7),
)


def request(words: str = "dana", **changes: object) -> RequestHistory:
    sessions = (SessionOutcome(host=words, session_id=3, user=words, verdict="changed", reason_code="person"),)
    whole = RequestHistory(
        request_id=f"TS-{words}", asked_at=NOW, requester=words, requester_name=f"{words}!", command=words,
        reason=words, rules=(words,), answers=(Answer(actor="U0", name=words, says="yes", at=NOW),), ending="done",
        note=words, decision_ms=4000, done_ms=9000, hosts=(words,), sessions=sessions,
    )  # fmt: skip
    return replace(whole, **changes)  # type: ignore[arg-type] # the caller names fields


def refusal(words: str = "dana", fault: str = "") -> CheckedEntry:
    entry = Entry(seq=7, at=NOW, event="noted", reason_code=words, request_id=words, requester=words, actor=words,
                  actor_name=words, rule=words, note=words)  # fmt: skip
    return CheckedEntry(entry=entry, command=words, fault=fault)


def made(
    *requests: RequestHistory, before: Overview | None = None, found: Found | None = None,
    refused: tuple[CheckedEntry, ...] = (), wanted: AuditFilter | None = None, draw: bool = False,
) -> ReadPage:  # fmt: skip
    overview = Overview()
    for each in requests:
        overview.add(each)
    faults = [f"entry {each.entry.seq}: {each.fault}" for each in refused if each.fault]
    wanted = wanted or AuditFilter(since=NOW - timedelta(days=7))
    period = Period.of(wanted, NOW)
    facts = Facts(
        wanted=wanted, period=period, zone=UTC, made_at=NOW, now=overview, earlier=period.before(UTC), before=before,
        log_begins=NOW - timedelta(days=30), refused=len(refused),
        proof=Proof(head=HEAD, found=found, faults=[*overview.faults, *faults]),
    )  # fmt: skip
    lists = Lists(
        forced=[forced_row(each, UTC) for each in requests if each.forced],
        refused=[refused_row(each, {}, UTC) for each in refused],
        otherwise=[otherwise_row(each, UTC) for each in requests if each.is_otherwise],
    )

    def drawn(chart: Chart) -> str:
        return f'<svg id="{chart.key}"></svg>'

    return ReadPage("".join(page(facts, lists, drawn if draw else None)))


HARMLESS = made(request(forced=True, faults=("dana",)), refused=(refusal(fault="dana"),))


def elements(read: ReadPage) -> list[tuple[str, dict[str, str | None]]]:
    """Every element with its attributes, but for `bdi`, which only holds a direction."""
    return [each for each in read.elements if each[0] != "bdi"]


@for_each("words", HOSTILE)
def test_whatever_things_are_called_the_page_has_the_same_elements(words: str) -> None:
    hostile = made(request(words, forced=True, faults=(words,)), refused=(refusal(words, fault=words),))
    assert elements(hostile) == elements(HARMLESS)
    assert hostile.text().count("✗") == HARMLESS.text().count("✗")
    assert len(hostile.text()) < 50 * (LONGEST_TEXT + 100)


def test_the_filter_is_a_text_too() -> None:
    typed_by_reader = made(request(), wanted=AuditFilter(since=NOW, user=HOSTILE[0], host=HOSTILE[1]))
    assert HOSTILE[0] in typed_by_reader.text()
    assert typed_by_reader.tags["script"] == typed_by_reader.tags["img"] == 0


@given(st.text())
def test_no_letter_steers_turns_or_makes_an_element(words: str) -> None:
    for source in (text(words), outer(words), typed(words)):
        read = ReadPage(source)
        assert read.tags.keys() <= {"bdi", "code"}
        assert {category(letter) for letter in "".join(read.words)} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} == set()


def test_a_plain_text_stays_as_it_is_and_a_long_one_is_cut() -> None:
    assert text("/logoff comp1 id=3") == "/logoff comp1 id=3"
    assert text("a < b & 'c'") == "a &lt; b &amp; &#x27;c&#x27;"
    assert text("x" * (LONGEST_TEXT + 1)) == "x" * LONGEST_TEXT + "..."
    assert outer("") == typed("") == ""
    assert text("id אב 12") == "id <bdi>אב</bdi> 12"


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    read = made(request(forced=True), refused=(refusal(),), draw=True)
    assert read.tags.keys().isdisjoint({"script", "img", "iframe", "link", "object", "embed", "form", "base"})
    links = [attrs.get("href") or "" for tag, attrs in read.elements if tag == "a"]
    assert links == ["#main", *(f"#{key}" for key, _ in SECTIONS)]
    assert not [name for _, attrs in read.elements for name in attrs if name in ("src", "srcset") or name[:2] == "on"]
    assert not re.search(r"url\(|@import|https?:", read.text())
    (policy,) = [attrs["content"] for _, attrs in read.elements if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert (policy or "").startswith("default-src 'none';")


def test_every_heading_table_and_link_has_what_a_reader_without_eyes_needs() -> None:
    read = made(request(forced=True), refused=(refusal(),), draw=True)
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {f"#{id_}" for id_ in ids} >= {attrs.get("href") for tag, attrs in read.elements if tag == "a"}
    assert (read.tags["h1"], read.tags["main"], read.tags["header"], read.tags["nav"]) == (1, 1, 1, 1)
    assert read.tags["section"] == read.tags["h2"] == len(SECTIONS)
    assert {attrs.get("scope") for tag, attrs in read.elements if tag == "th"} == {"col", "row"}
    assert dict(read.elements)["html"]["lang"] == "en"
    assert all(len({len(row) for row in rows}) == 1 for rows in read.tables.values())


@pytest.mark.parametrize(("ending", "verdict"), [("denied", "no verdict"), ("", "no verdict yet")])
def test_a_session_that_nobody_touched_waits_for_a_verdict_only_as_long_as_its_request(
    ending: str, verdict: str
) -> None:
    untouched = SessionOutcome(host="comp1", session_id=3, user="alice")
    row = forced_row(request(sessions=(untouched,), ending=ending), UTC)
    assert f"(3): {verdict}<" in row


def test_without_a_drawer_the_page_has_the_same_tables_and_says_why_there_are_no_charts() -> None:
    requests = (request(forced=True), request("bo", forced=False))
    without, with_charts = made(*requests), made(*requests, draw=True)
    assert without.tables == with_charts.tables
    assert (without.tags["svg"], with_charts.tags["svg"]) == (0, 5)
    assert "uv sync --locked --inexact --extra reports" in without.text()
    assert "matplotlib" not in with_charts.text()


def test_the_totals_stand_beside_those_of_the_period_before() -> None:
    before = Overview()
    for _ in range(2):
        before.add(request("x", ending="denied", sessions=()))
    totals = made(request(), request("bo"), request("ann", forced=True), before=before).columns("The period in numbers")
    assert totals["Requests"] == {"this period": "3", "period before": "2", "change": "+50%"}
    assert totals["of these forced"] == {"this period": "1", "period before": "0", "change": "from none"}
    assert totals["of these not done"] == {"this period": "3", "period before": "0", "change": "from none"}
    assert totals["Median time to decision"] == {"this period": "4.0 s", "period before": "4.0 s", "change": "same"}


def test_what_there_is_none_of_is_said() -> None:
    read = made(wanted=AuditFilter())
    for said in (
        "There is no period before",
        "No request was asked.",
        "No computers in all.",
        "No request was decided by a person.",
        "No request was forced.",
        "Nobody was told no.",
        "Each request that acted ended as asked.",
        "everything",
    ):
        assert said in read.text(), said


def test_a_forced_request_has_its_reason_and_whom_it_hit() -> None:
    read = made(request("dana", forced=True, reason="INC-7 license full", answers=()))
    _, row = read.tables["Forced requests"]
    assert row[0].split("\n") == ["TS-dana", "2026-03-02 14:00:00"]
    assert row[1:4] == ["dana! (dana)", "dana on dana (3): changed", "INC-7 license full"]


@for_each(
    ("found", "refused", "short", "long"),
    [
        (None, "", "Signatures and the whole log were not checked", "No public half was given"),
        (
            Found(last=HEAD, keys=("k1",)),
            "",
            "only an anchor could prove",
            "Not proven: whether newer entries were cut",
        ),
        (
            Found(last=HEAD, keys=("k1",), anchors=(HEAD,)),
            "",
            "has the anchor that was given",
            "nothing up to it was cut",
        ),
        (Found(last=HEAD, fault="Entry 5 is missing."), "", "Something does NOT verify", "Entry 5 is missing."),
        (None, "its hash does not fit", "Something does NOT verify", "entry 7: its hash does not fit"),
    ],
)
def test_the_page_says_what_was_verified_and_what_only_an_anchor_could_prove(
    found: Found | None, refused: str, short: str, long: str
) -> None:
    said = made(request(), found=found, refused=(refusal(fault=refused),)).text()
    assert short in said
    assert long in said
    holds = "NOT" not in short
    assert (f"The newest entry, as the database marks it, is 128:{'5e' * 32}." in said) is holds


def test_a_request_that_does_not_verify_is_marked_where_it_is_listed_and_counted() -> None:
    read = made(request(forced=True, faults=("entry 3: its hash does not fit",)), request("bo"))
    assert "✗ does not verify: entry 3: its hash does not fit" in read.tables["Forced requests"][1][0]
    assert read.columns("The period in numbers")["of these do not verify"]["this period"] == "1"
    assert "TS-dana: entry 3: its hash does not fit" in read.text()


@for_each(
    ("ms", "words"),
    [
        (None, "-"),
        (0, "0.0 s"),
        (59_900, "59.9 s"),
        (61_000, "1 min 1 s"),
        (3_599_999, "1 h 0 min"),
        (9e6, "2 h 30 min"),
    ],
)
def test_a_time_is_said_in_two_words_at_the_most(ms: int | None, words: str) -> None:
    assert took(ms) == words
