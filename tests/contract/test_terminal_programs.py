"""What runs in a session: one suite for the memory, and for WinRM with every engine of the farm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.program import Program
from bot.domain.session import Machine
from bot.errors import NoRight, Unreachable, WrongMachine
from tests.contract.hosts import LOOK, Hosts, look, order_for

if TYPE_CHECKING:
    from bot.ports.terminal import Order

FOR_POWERSHELL_TOO = {"test_each_program_is_told_with_its_time_and_memory"}


def running(hosts: Hosts, host: str, order: Order) -> tuple[Program, ...] | None:
    return hosts.terminal.programs(host, order, within=LOOK)


def a_program(name: str = "EXCEL.EXE", seconds: float = 720, memory: int = 1_288_490_188) -> Program:
    return Program(name=name, cpu=timedelta(seconds=seconds), memory=memory)


def test_each_program_is_told_with_its_time_and_memory(hosts: Hosts, host: str) -> None:
    programs = (a_program(), a_program("winlogon.exe", 0.000001, 2**32 - 1), a_program("a b.exe", 0, 0))
    hosts.run(host, 3, programs)
    assert running(hosts, host, order_for(look(hosts, host)[3])) == programs
    assert hosts.logged_off(host) == []


def test_a_session_in_which_nothing_runs_has_no_program(hosts: Hosts, host: str) -> None:
    hosts.run(host, 5, [a_program()])
    assert running(hosts, host, order_for(look(hosts, host)[3])) == ()


def test_three_hundred_programs_all_come(hosts: Hosts, host: str) -> None:
    programs = tuple(a_program(f"p{number}.exe", number, number) for number in range(300))
    hosts.run(host, 3, programs)
    assert running(hosts, host, order_for(look(hosts, host)[3])) == programs


def test_names_may_hold_anything_and_nothing(hosts: Hosts, host: str) -> None:
    names = ["", "a\nb", "\u202eexe.tenretni", "✅ 山田.exe", '"}{"end": 1}', "tab\there", "x" * 256]
    hosts.run(host, 3, [a_program(name) for name in names])
    found = running(hosts, host, order_for(look(hosts, host)[3]))
    assert found is not None
    assert [each.name for each in found] == names


def test_a_session_that_is_gone_meanwhile_has_none(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.run(host, 3, [a_program()])
    hosts.sign_out(host, 3)
    assert running(hosts, host, order) is None


def test_the_programs_of_another_person_who_has_the_id_now_are_not_told(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.run(host, 3, [a_program("secret.exe")])
    hosts.take_over(host, 3, "CORP\\mallory")
    assert running(hosts, host, order) is None


@pytest.mark.parametrize("machine", [Machine(dns="other", netbios="OTHER")])
def test_another_machine_is_asked_nothing(hosts: Hosts, host: str, machine: Machine) -> None:
    order = order_for(look(hosts, host)[3], machine=machine)
    with pytest.raises(WrongMachine):
        running(hosts, host, order)


def test_an_account_that_may_not_see_them_is_told_so(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.hide_programs(host, 3)
    with pytest.raises(NoRight, match="does not show"):
        running(hosts, host, order)


def test_a_host_that_is_down_is_unreachable(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.take_down(host)
    with pytest.raises(Unreachable):
        running(hosts, host, order)
