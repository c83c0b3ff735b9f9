"""What the card said of a session's time and of its machine is compared on the host, by every engine alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.session import Machine, SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.errors import WrongMachine
from tests.contract.hosts import ACT, WAIT, look, order_for
from tests.support.comparisons import ACTIVE, COMPARISONS, Comparison

if TYPE_CHECKING:
    from tests.contract.hosts import Hosts

FOR_POWERSHELL_TOO = {
    "test_the_machine_of_the_look_is_the_machine_of_the_act",
    "test_a_disconnect_compares_the_time_too",
}
WORKER = 5


@pytest.mark.parametrize("row", COMPARISONS, ids=lambda row: row.name)
def test_who_is_not_as_the_card_said_is_left_alone(hosts: Hosts, host: str, row: Comparison) -> None:
    seen = look(hosts, host)[WORKER]  # the card's time is that of the logon, which no time may be before
    since = 0 if row.later < 0 else seen.logon + row.later
    hosts.set_times(host, WORKER, row.now, since)
    order = order_for(
        seen,
        said_state=row.said,
        said_since=seen.logon if row.is_said else 0,
        even_if_active=row.even_if_active,
        not_at_console=False,
    )
    (answer,) = hosts.terminal.log_off(host, [order], wait=WAIT, within=ACT)
    expected = (Verdict.CHANGED, row.reason) if row.reason else (Verdict.GONE, None)
    assert (answer.verdict, answer.reason) == expected
    assert hosts.logged_off(host) == ([] if row.reason else [WORKER])


def test_a_warning_compares_before_it_shows_anything(hosts: Hosts, host: str) -> None:
    seen = look(hosts, host)[WORKER]
    hosts.set_times(host, WORKER, ACTIVE, seen.logon + 36_000_000_000)
    order = order_for(seen, said_since=seen.logon)
    (answer,) = hosts.terminal.message(host, [order], title="Please save", text="now", within=ACT)
    assert (answer.verdict, answer.reason, hosts.messages(host)) == (Verdict.CHANGED, Reason.CAME_BACK, [])


def test_a_disconnect_compares_the_time_too(hosts: Hosts, host: str) -> None:
    seen = look(hosts, host)[WORKER]
    hosts.set_times(host, WORKER, SessionState.DISCONNECTED, seen.logon + 1)
    order = order_for(seen, said_since=seen.logon)
    (answer,) = hosts.terminal.disconnect(host, [order], wait=WAIT, within=ACT)
    assert (answer.verdict, answer.reason, hosts.disconnected(host)) == (Verdict.CHANGED, Reason.LEFT, [])


def test_another_machine_than_the_one_on_the_card_touches_nobody(hosts: Hosts, host: str) -> None:
    seen = look(hosts, host)[WORKER]
    orders = [order_for(seen, machine=Machine(dns="another", netbios="ANOTHER")), order_for(seen, session_id=3)]
    with pytest.raises(WrongMachine) as caught:
        list(hosts.terminal.log_off(host, orders[:1], wait=None, within=ACT))
    assert (caught.value.delivered, hosts.logged_off(host)) == (False, [])


def test_the_machine_of_the_look_is_the_machine_of_the_act(hosts: Hosts, host: str) -> None:
    seen = look(hosts, host)[WORKER]
    (answer,) = hosts.terminal.log_off(host, [order_for(seen, machine=seen.machine)], wait=WAIT, within=ACT)
    assert answer.verdict is Verdict.GONE
