"""Acts on one session of a real Windows host that nobody needs: `TS_TEST_SEAT` is its id."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bot.domain.session import Account, SessionState
from bot.domain.verdicts import Reason, Verdict
from tests.real_host.host import HOST, WAIT, WITHIN, look, one, order_for

if TYPE_CHECKING:
    from adapters.windows.terminal import WinRmTerminal

SEAT = int(os.environ["TS_TEST_SEAT"])


def test_another_person_under_the_id_is_not_touched(terminal: WinRmTerminal) -> None:
    seen = look(terminal)[SEAT]
    order = order_for(seen, account=Account(domain=seen.account.domain, user=seen.account.user + "x"))
    verdict, reason = one(terminal.log_off(HOST, [order], wait=WAIT, within=WITHIN))
    assert (verdict, reason) == (Verdict.CHANGED, Reason.PERSON)


def test_the_seat_is_told_then_disconnected_then_logged_off(terminal: WinRmTerminal) -> None:
    """In one test, because each step needs the one before. On the desktop the whole of the text has to stand."""
    seen = look(terminal)[SEAT]
    text = "This session is a test and ends now. Сеанс завершается."
    shown = terminal.message(HOST, [order_for(seen)], title="logoff-bot", text=text, within=WITHIN)
    assert one(shown)[0] is Verdict.SENT
    assert one(terminal.disconnect(HOST, [order_for(seen)], wait=WAIT, within=WITHIN))[0] is Verdict.DISCONNECTED
    away = look(terminal)[SEAT]
    assert (away.state, away.logon) == (SessionState.DISCONNECTED, seen.logon)
    assert one(terminal.log_off(HOST, [order_for(away)], wait=WAIT, within=WITHIN))[0] is Verdict.GONE
    assert SEAT not in look(terminal)
