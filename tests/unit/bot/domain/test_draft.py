"""What a form keeps between its pages, and the sessions that it means."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.ask import Shown
from bot.domain.draft import Draft
from bot.domain.people import Place
from bot.domain.session import Account, Session, SessionState

ALICE = Session(
    host="comp1",
    id=3,
    state=SessionState.ACTIVE,
    account=Account(domain="CORP", user="alice"),
    logon=134_000_000_000_000_000,
)


def test_ticks_of_other_pages_are_kept_and_those_of_this_page_are_replaced() -> None:
    draft = Draft(place=Place(channel_id="C1"), page=1, ticked=frozenset({3, 150, 249}))
    turned = draft.with_page(2, frozenset({101, 102}))
    assert (turned.page, turned.ticked) == (2, frozenset({3, 101, 102, 249}))
    assert turned.with_page(1, frozenset()).ticked == frozenset({3, 101, 102})


def test_a_tick_of_another_page_is_none_of_this_one() -> None:
    assert Draft(place=Place(channel_id="C1")).with_page(0, frozenset({5, 100})).ticked == frozenset({5})


def test_a_session_that_changed_hands_is_no_longer_the_one_that_was_shown() -> None:
    shown = Shown(host="comp1", id=3, account="CORP\\alice", logon=ALICE.logon)
    assert shown.is_still(ALICE)
    for other in (
        replace(ALICE, account=Account(domain="CORP", user="bob")),
        replace(ALICE, logon=ALICE.logon + 1),
        replace(ALICE, id=4),
        replace(ALICE, host="comp2"),
    ):
        assert not shown.is_still(other)
