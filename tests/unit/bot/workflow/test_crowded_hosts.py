"""Thousands of sessions, and names without an end: the card, the row and the audit entry stay bounded and count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.audit.named import MOST_ROWS
from bot.cards import request_card
from bot.domain.session import Account, Session, SessionState
from bot.workflow.survey import MOST_LISTED
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from bot.audit.entry import Entry

MANY = 4000
LONG = "x" * 256


def console(number: int) -> Session:
    return b.session(number, station="Console", state=SessionState.ACTIVE, input=b.session().now)


def entry_of(harness: BotHarness, event: str) -> Entry:
    (entry,) = [entry for entry in harness.ledger.entries(request_id=harness.request.id) if entry.event == event]
    return entry


def asked(sessions: list[Session], words: str, command: str = "logoff") -> BotHarness:
    harness = BotHarness(terminal=FakeTerminal({"comp1": sessions}))
    harness.ask_and_run(words, command=command)
    return harness


@pytest.mark.slow
def test_thousands_of_console_sessions_are_counted_on_the_card_in_the_request_and_in_the_record() -> None:
    sessions = [console(number) for number in range(1, MANY + 1)]
    harness = asked([*sessions, b.session(9000)], "comp1 --all")
    request, surveyed = harness.request, entry_of(harness, "surveyed")
    assert ([each.session.id for each in request.targets], len(request.excluded)) == ([9000], MOST_LISTED)
    card = text_of(request_card.build(request))
    assert "3,500 more sessions left out" in card
    assert "500 not included: " in card
    assert ", 475 more (" in card
    assert len(card) < 10_000
    assert (len(surveyed.rows), surveyed.left_out) == (1 + MOST_LISTED, MANY - MOST_LISTED)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sessions", "comp1"),
        *(pytest.param("logoff", each, marks=pytest.mark.slow) for each in ("comp1", "comp1 --all --whatif")),
    ],
)
def test_a_request_that_only_reads_keeps_a_part_and_says_how_many_there_are(command: str, words: str) -> None:
    harness = asked([b.session(number) for number in range(1, MANY + 1)], words, command)
    assert len(harness.request.targets) == MOST_LISTED
    assert "There are 4,000; these are the first 500." in harness.request.message
    surveyed = entry_of(harness, "surveyed")
    assert (len(surveyed.rows), surveyed.left_out) == (MOST_LISTED, MANY - MOST_LISTED)


def test_names_without_an_end_fill_no_entry() -> None:
    account = Account(domain=LONG, user=LONG)
    harness = asked([b.session(number, account=account, cut=199_744) for number in range(1, 151)], "comp1", "sessions")
    surveyed = entry_of(harness, "surveyed")
    assert {row.user for row in surveyed.rows} == {f"{LONG}\\{LONG}"}
    assert (len(surveyed.rows), surveyed.left_out) == (150, 150 * 199_744)


def test_the_entry_of_a_target_counts_what_its_name_leaves_out() -> None:
    harness = asked([b.session(3, account=Account(domain="CORP", user=LONG), cut=7)], "comp1 id=3 --sync")
    harness.approve_and_run()
    ended = entry_of(harness, "target_ended")
    assert (ended.user, ended.left_out) == (f"CORP\\{LONG}", 7)


def test_an_ordinary_act_names_every_target() -> None:
    harness = asked([b.session(number) for number in range(1, 51)], "comp1 --all")
    surveyed = entry_of(harness, "surveyed")
    assert [(row.host, row.session_id, row.user) for row in surveyed.rows] == [
        ("comp1", number, "CORP\\alice") for number in range(1, 51)
    ]
    assert surveyed.left_out == 0
    assert MOST_ROWS >= MOST_LISTED
