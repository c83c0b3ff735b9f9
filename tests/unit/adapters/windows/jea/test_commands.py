"""Orders as commands: typed values, and no text that could part a condition in two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pypsrp.serializer import TaggedValue

from adapters.windows.jea import commands
from adapters.windows.request import Request, Verb
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.session import Account, Machine, SessionState
from bot.ports.terminal import Order
from tests.support.cases import for_each

LOGON = 134_088_480_000_000_000
ORDER = Order(
    session_id=3,
    account=Account(domain="CORP", user="alice"),
    logon=LOGON,
    said_state=SessionState.DISCONNECTED,
    said_since=LOGON + 1,
    even_if_active=False,
    conditions=(),
)


def made(order: Order, verb: Verb = Verb.LOG_OFF, wait: int = 0, **more: str) -> tuple[str, dict[str, Any]]:
    command = commands.act(Request(verb=verb, orders=(order,), wait_seconds=wait, **more), order, wait_seconds=wait)
    told = {
        name: (each.tag, each.value) if isinstance(each, TaggedValue) else each
        for name, each in command.parameters.items()
    }
    return command.name, told


def test_an_order_names_the_person_and_the_logon_in_64_bits() -> None:
    name, given = made(ORDER)
    assert name == "Stop-TSSession"
    assert given == {
        "Id": 3,
        "UserName": "CORP\\alice",
        "LogonTime": ("I64", LOGON),
        "SaidState": 4,
        "SaidSince": ("I64", LOGON + 1),
        "Force": True,
    }


def test_switches_stand_only_where_they_are_on_and_the_machine_where_it_is_known() -> None:
    order = replace(ORDER, even_if_active=True, not_at_console=False, machine=Machine(dns="comp1", netbios=""))
    _, given = made(order, wait=90)
    assert {name: given[name] for name in given.keys() - made(ORDER)[1].keys()} == {
        "EvenIfActive": True,
        "EvenAtConsole": True,
        "MachineDns": "comp1",
        "Synchronous": True,
        "TimeoutSeconds": 90,
    }


@for_each(("verb", "name"), [(Verb.DISCONNECT, "Disconnect-TSSession"), (Verb.MESSAGE, "Send-TSMessage")])
def test_each_act_has_its_command(verb: Verb, name: str) -> None:
    called, given = made(ORDER, verb, title="Hi", text="Save now")
    assert called == name
    assert ("Force" in given, given.get("Text"), given.get("Caption")) == (
        (True, None, None) if verb is Verb.DISCONNECT else (False, "Save now", "Hi")
    )


@for_each(("left", "told"), [(0, 1), (-3, 1), (7, 7), (100_000, 86_400)])
def test_the_wait_is_within_what_the_module_takes(left: int, told: int) -> None:
    command = commands.act(Request(verb=Verb.LOG_OFF, orders=(ORDER,), wait_seconds=9), ORDER, wait_seconds=left)
    assert command.parameters["TimeoutSeconds"] == told


def test_a_condition_is_its_fields_with_tabs_and_a_tab_in_a_value_matches_nobody() -> None:
    values = ("CORP\\al*", "a\tb", "ali\ud83d")
    order = replace(ORDER, conditions=(Condition(field=Field.USER, operator=Operator.LIKE, values=values),))
    assert made(order)[1]["Condition"] == ["user\tlike\tCORP\\al*\ta\ufffdb\tali\ufffd"]


def test_an_id_beyond_32_bits_goes_as_64() -> None:
    assert made(replace(ORDER, session_id=2**31))[1]["Id"] == ("I64", 2**31)


def test_programs_are_asked_for_by_the_person_too() -> None:
    command = commands.list_programs(ORDER)
    assert command.name == "Get-TSSession"
    assert command.parameters.keys() == {"Id", "Process", "UserName", "LogonTime"}
