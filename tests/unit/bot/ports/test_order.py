"""What an order knows beside its fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.session import Account, SessionState
from bot.ports.terminal import Order

LOGON = 134_088_480_000_000_000  # 2025-11-29 00:00 UTC
MINUTE = 600_000_000
ORDER = Order(
    session_id=3,
    account=Account(domain="CORP", user="alice"),
    logon=LOGON,
    said_state=SessionState.DISCONNECTED,
    even_if_active=False,
    conditions=(),
)


@pytest.mark.parametrize(
    ("said", "since", "connected", "typed", "expected"),
    [
        (SessionState.DISCONNECTED, LOGON + MINUTE, LOGON + 31 * MINUTE, LOGON + 40 * MINUTE, "00:31 UTC"),
        (SessionState.CONNECTED, 0, LOGON + 31 * MINUTE, 0, "00:31 UTC"),
        (SessionState.ACTIVE, LOGON + MINUTE, LOGON, LOGON + 40 * MINUTE, "00:40 UTC"),
        (SessionState.DISCONNECTED, LOGON + 2 * MINUTE, LOGON + MINUTE, LOGON + 40 * MINUTE, ""),
        (SessionState.DISCONNECTED, LOGON + MINUTE, 0, LOGON + 40 * MINUTE, ""),
        (SessionState.DISCONNECTED, 0, LOGON, 0, ""),
        (SessionState.ACTIVE, LOGON + MINUTE, LOGON + 40 * MINUTE, 0, ""),
        (SessionState.DISCONNECTED, LOGON + MINUTE, 2**63 - 1, 0, ""),
        (SessionState.DISCONNECTED, LOGON + MINUTE, -(2**63), 0, ""),
    ],
)
def test_the_time_of_a_return_is_that_of_the_connect_or_of_the_input_and_newer_than_what_the_card_said(
    said: SessionState, since: int, connected: int, typed: int, expected: str
) -> None:
    order = replace(ORDER, said_state=said, said_since=since)
    assert order.came_back_at(connected, typed) == (expected and f"2025-11-29 {expected}")
