"""The language of the commands: what is understood, in both spellings, as a table."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import BY_NAME
from bot.commands.logoff import LogoffAsk
from bot.domain.ask import Ask, Choice
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.inventory import Inventory
from bot.domain.session import SessionState
from bot.errors import UsageError
from tests.support.cases import for_each

INVENTORY = Inventory(
    names=("comp1", "comp2", "rds-01", "rds-02"),
    patterns=("web-*.corp",),
    groups={"rds-prod": ("rds-01", "rds-02")},
)
NINETY = timedelta(seconds=90)
LATER = "-LogonTime>=1601-01-01T02:00+01:00"


def logoff(text: str, inventory: Inventory = INVENTORY) -> LogoffAsk:
    ask = BY_NAME["logoff"].parse(text, inventory)
    assert isinstance(ask, LogoffAsk)
    return ask


def sessions(text: str) -> Ask:
    return BY_NAME["sessions"].parse(text, INVENTORY)


def like(field: Field, *patterns: str) -> Condition:
    return Condition(field=field, operator=Operator.LIKE, values=patterns)


def number(field: Field, operator: Operator, value: int) -> Condition:
    return Condition(field=field, operator=operator, values=(str(value),))


# Computers


@for_each(
    ("house", "powershell", "hosts"),
    [
        ("comp1", "-ComputerName comp1", ("comp1",)),
        ("comp1,comp2", "-CN comp1,comp2", ("comp1", "comp2")),
        ("comp1 comp2", "-IPAddress comp1 comp2", ("comp1", "comp2")),
        ("comp1, comp2", "-Comp comp1, comp2", ("comp1", "comp2")),
        ("COMP1", "-computername:COMP1", ("comp1",)),
        ("computer=comp1", '-ComputerName "comp1"', ("comp1",)),
        ("rds-*", "-ComputerName rds-*", ("rds-01", "rds-02")),
        ("group:rds-prod", "-ComputerName group:rds-prod", ("rds-01", "rds-02")),
        ("comp2,rds-*,comp2", "-ComputerName comp2,rds-* -ComputerName comp2", ("comp2", "rds-01", "rds-02")),
        ("web-9.corp", "/server:web-9.corp", ("web-9.corp",)),
        ("<http://web-9.corp|web-9.corp>", "-cn <http://web-9.corp|web-9.corp>", ("web-9.corp",)),
    ],
)
def test_computers_are_named_in_many_ways(house: str, powershell: str, hosts: tuple[str, ...]) -> None:
    assert logoff(f"{house} id=3").hosts == logoff(f"{powershell} -Id 3").hosts == hosts


def test_without_a_computer_the_default_counts() -> None:
    assert logoff("id=3", Inventory(names=("comp1", "comp2"), default="comp2")).hosts == ("comp2",)


# Ids


@for_each(
    ("house", "powershell", "ids"),
    [
        ("comp1 id=3", "comp1 -Id 3", ((3, 3),)),
        ("comp1 3", "-ComputerName comp1 -SessionId 3", ((3, 3),)),
        ("3 comp1", "-Id:3 comp1", ((3, 3),)),
        ("comp1 id=3,5-7", "comp1 -Id 3,5-7", ((3, 3), (5, 7))),
        ("comp1 id=3, 5", "comp1 -Id 3, 5", ((3, 3), (5, 5))),
        ("comp1 3 5", "comp1 -Id 3 -Id 5", ((3, 3), (5, 5))),
        ("comp1 id=0", "comp1 -Id 0", ((0, 0),)),
        ("comp1 id=65535", "comp1 -Id 65535", ((65535, 65535),)),
        ("comp1 ID=0000000000012", "comp1 -id 0000000000012", ((12, 12),)),
    ],
)
def test_ids_are_named_in_many_ways(house: str, powershell: str, ids: tuple[tuple[int, int], ...]) -> None:
    assert logoff(house).ids == logoff(powershell).ids == Ids(ids)


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=8), st.integers(0, 9))
def test_the_ids_that_are_meant_are_those_that_were_typed(numbers: list[int], zeros: int) -> None:
    typed = ",".join("0" * zeros + str(each) for each in numbers)
    assert logoff(f"comp1 id={typed}").ids == Ids(tuple((each, each) for each in numbers))


# Filters


@for_each(
    ("house", "powershell", "condition"),
    [
        ("user=alice", "-UserName alice", like(Field.USER, "alice")),
        (r"user=CORP\al*", r"-UserName CORP\al*", like(Field.USER, r"CORP\al*")),
        ("user=alice,bob", "-User alice,bob", like(Field.USER, "alice", "bob")),
        ("client=LAPTOP*", "-ClientName LAPTOP*", like(Field.CLIENT, "LAPTOP*")),
        ("ip=10.0.*", "-Address 10.0.*", like(Field.ADDRESS, "10.0.*")),
        ("session=rdp-tcp#5", "-Session rdp-tcp#5", like(Field.STATION, "rdp-tcp#5")),
        ("idle>2h", "idle&gt;2h", number(Field.IDLE, Operator.MORE, 7200)),
        ("idle>=30m", "-Idle>=30m", number(Field.IDLE, Operator.AT_LEAST, 1800)),
        ("idle<1h30m", "idle&lt;1h30m", number(Field.IDLE, Operator.LESS, 5400)),
        ("idle<=1d", "IDLE<=24h", number(Field.IDLE, Operator.AT_MOST, 86400)),
        ("logon<1601-01-02", "logon<1601-01-02T00:00Z", number(Field.LOGON, Operator.LESS, 864_000_000_000)),
        ("logon>=1601-01-01T01:00", LATER, number(Field.LOGON, Operator.AT_LEAST, 36 * 10**9)),
    ],
)
def test_a_filter_is_a_condition_of_the_act(house: str, powershell: str, condition: Condition) -> None:
    for text in (house, powershell):
        ask = logoff(f"comp1 {text}")
        assert (ask.conditions, ask.choice) == ((condition,), Choice.MATCHING)


@for_each(
    ("typed", "states"),
    [
        ("state=active", [SessionState.ACTIVE]),
        ("-State Active", [SessionState.ACTIVE]),
        ("-ConnectionState disc*", [SessionState.DISCONNECTED]),
        ("state=active,disconnected", [SessionState.ACTIVE, SessionState.DISCONNECTED]),
        ("state=Connect*", [SessionState.CONNECTED, SessionState.CONNECT_QUERY]),
    ],
)
def test_a_state_is_named_as_get_tssession_names_it(typed: str, states: list[SessionState]) -> None:
    (condition,) = logoff(f"comp1 {typed}").conditions
    assert condition.values == tuple(str(int(state)) for state in states)


# Choosing, and the flags


@for_each(
    ("typed", "choice"),
    [
        ("comp1", Choice.NONE),
        ("comp1 --sync", Choice.NONE),
        ("comp1 --all", Choice.ALL),
        ("comp1 -All", Choice.ALL),
        ("comp1 id=3", Choice.MATCHING),
        ("comp1 user=alice", Choice.MATCHING),
        ("comp1 id=3 --all", Choice.ALL),
    ],
)
def test_a_command_without_ids_filters_or_all_selects_no_session(typed: str, choice: Choice) -> None:
    assert logoff(typed).choice is choice


@for_each(
    ("typed", "wait"),
    [
        ("", None),
        ("--sync", NINETY),
        ("--synchronous", NINETY),
        ("-Synchronous", NINETY),
        ("-Sync", NINETY),
        ("-SYN", NINETY),
        ("—sync", NINETY),
        ("/sync", NINETY),
        ("sync=true", NINETY),
        ("-Synchronous:$true", NINETY),
        ("-Synchronous:$false", None),
        ("--sync --timeout 2m", timedelta(minutes=2)),
        ("timeout=10m", timedelta(minutes=10)),
    ],
)
def test_sync_waits_until_the_session_is_gone(typed: str, wait: timedelta | None) -> None:
    assert logoff(f"comp1 id=3 {typed}").wait == wait


@for_each(
    ("typed", "force", "whatif"),
    [
        ("", False, False),
        ("--force", True, False),
        ("-Force", True, False),
        ("-Force:$true", True, False),
        ("-Force:$false", False, False),
        ("-Confirm:$false", True, False),
        ("-cf:$false", True, False),
        ("--confirm", False, False),
        ("--force --confirm", False, False),
        ("-Confirm -Force", False, False),
        ("--whatif", False, True),
        ("-wi", False, True),
        ("-WhatIf -Force", False, True),
        ("--force --whatif", False, True),
        ("-Confirm:$false -WhatIf", False, True),
        ("-WhatIf:$false", False, False),
    ],
)
def test_whatif_beats_force_and_confirm_false_is_force(typed: str, force: bool, whatif: bool) -> None:  # noqa: FBT001 - a table
    ask = logoff(f"comp1 id=3 {typed}")
    assert (ask.force, ask.whatif) == (force, whatif)


@pytest.mark.parametrize("typed", ["id=3", "user=alice", "--all"])
def test_force_is_taken_with_whom_it_is_for(typed: str) -> None:
    assert logoff(f"comp1 --force {typed}").force


def test_the_other_flags_are_kept() -> None:
    ask = logoff("comp1 id=3 --here --verbose --even-if-active --reason “it is stuck”")
    assert (ask.here, ask.verbose, ask.even_if_active, ask.reason) == (True, True, True, "it is stuck")
    assert logoff("comp1 id=3 -Verbose -EvenIfActive -Reason:stuck").even_if_active


def test_a_reason_has_an_end() -> None:
    assert logoff(f"comp1 id=3 --reason {'x' * 300}").reason == "x" * 300
    with pytest.raises(UsageError, match="longer than 300"):
        logoff(f"comp1 id=3 --reason {'x' * 301}")


# What people paste, and what Windows itself has


HELP_PAGE = {
    "EXAMPLE 1": "Get-TSSession -ComputerName comp1 | Stop-TSSession",
    "EXAMPLE 2": "Get-TSSession -ComputerName comp1 -State Active | Stop-TSSession -Force",
    "EXAMPLE 3": "Get-TSSession -ComputerName comp1 -State Active -Synchronous | Stop-TSSession -Force",
}


@pytest.mark.parametrize(
    ("name", "choice", "wait", "force"),
    [
        ("EXAMPLE 1", Choice.ALL, None, False),
        ("EXAMPLE 2", Choice.MATCHING, None, True),
        ("EXAMPLE 3", Choice.MATCHING, NINETY, True),
    ],
)
def test_the_examples_of_the_help_page_work_as_they_stand(
    name: str,
    choice: Choice,
    wait: timedelta | None,
    force: bool,  # noqa: FBT001 - a table
) -> None:
    ask = logoff(HELP_PAGE[name])
    assert (ask.hosts, ask.choice, ask.wait, ask.force) == (("comp1",), choice, wait, force)


@pytest.mark.parametrize(
    "typed", ["Stop-TSSession -ComputerName comp1 -Id 3", "stop-tssession comp1 3", "3 /server:comp1 /v", "/ID:3 comp1"]
)
def test_the_cmdlet_and_microsofts_logoff_are_understood(typed: str) -> None:
    ask = logoff(typed)
    assert (ask.hosts, ask.ids) == (("comp1",), Ids(((3, 3),)))


def test_get_tssession_is_the_command_that_lists() -> None:
    ask = sessions("Get-TSSession -ComputerName comp1 -State Active -UserName al*")
    assert (ask.hosts, len(ask.conditions), ask.choice) == (("comp1",), 2, Choice.MATCHING)
    assert sessions("comp1").choice is Choice.ALL


def test_error_action_continue_is_how_it_goes_anyway() -> None:
    assert logoff("comp1 id=3 -ErrorAction Continue").hosts == ("comp1",)
    assert logoff("comp1 id=3 -EA SilentlyContinue").hosts == ("comp1",)
    assert sessions("comp1 -EA SilentlyContinue").hosts == ("comp1",)
