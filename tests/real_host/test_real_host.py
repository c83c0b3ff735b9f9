"""Looks at a real Windows host, and orders what can touch nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.session import Account, Session, SessionState
from bot.domain.verdicts import Verdict
from tests.real_host.host import HOST, WAIT, WITHIN, look, one, order_for

if TYPE_CHECKING:
    from adapters.windows.terminal import WinRmTerminal

NO_SUCH_ID = 64_999


def test_it_lists_the_services_and_whoever_is_there(terminal: WinRmTerminal) -> None:
    there = look(terminal)
    assert there[0].state is SessionState.DISCONNECTED
    assert [session.error for session in there.values()] == [0] * len(there)
    assert all(session.now > session.logon > 0 for session in there.values() if session.account.user)


def test_logon_times_are_equal_in_two_looks(terminal: WinRmTerminal) -> None:
    """The whole comparison before an act rests on it."""
    first, second = look(terminal), look(terminal)
    both = first.keys() & second.keys()
    assert both
    assert {each: first[each].logon for each in both} == {each: second[each].logon for each in both}


def test_an_id_that_nobody_has_is_gone_already(terminal: WinRmTerminal) -> None:
    nobody = Session(host=HOST, id=NO_SUCH_ID, state=SessionState.ACTIVE, account=Account(domain="", user="x"), logon=1)
    orders = [order_for(nobody)]
    assert one(terminal.log_off(HOST, orders, wait=WAIT, within=WITHIN)) == (Verdict.ALREADY_GONE, None)
