"""The double behind the farm's endpoints answers as the module does in the engine's restricted session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal_testing.remoting_client import open_pool, pipeline, start_farm
from rehearsal_testing.winrm_client import write_farm
from tests.support.effort import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypsrp.powershell import RunspacePool

    from rehearsal.windows import Farm

pytestmark = pytest.mark.timeout(1800)  # as long as the profile `deep` needs
FARM = """
account: {username: CORP\\svc, password: fiction}
every_host: [{id: 0, station: Services, state: disconnected}, {id: 65536, station: RDP-Tcp, state: listen}]
remoting: LogoffBot
hosts:
  one:
    sessions:
      - {id: 1, user: CORP\\operator, station: Console, logged_on: 9d4h}
      - {id: 3, user: CORP\\alice, disconnected: 3h, logged_on: 1d2h, client: LAPTOP-7, address: 10.0.4.17}
      - {id: 5, user: CORP\\josé, idle: 2m, client: 'a*b'}
      - {id: 7, user: CORP\\carol, state: 99}
      - {id: 8, user: CORP\\dave, unreadable: {times: 5}}
      - {id: 9, user: CORP\\eve, ticks: {logon: -1}}
      - {id: 10, user: CORP\\fay, unreadable: {client: 5, address: nothing, user: short}}
"""
TIMES = ("LoginTime", "ConnectTime", "DisconnectTime", "LastInputTime", "CurrentTime")
VARYING = {"WaitedMs", "IdleSeconds", *TIMES, *(f"Seen{each}" for each in TIMES)}
"""What two farms say differently of the same session."""


class Logon(NamedTuple):
    """Stands for the logon time of a session, which each farm has its own of."""

    session_id: int


ALICE = {"Id": 3, "UserName": "CORP\\alice", "LogonTime": Logon(3)}
JOSE = {"Id": 5, "UserName": "CORP\\josé", "LogonTime": Logon(5)}
PERSON: dict[str, list[Any]] = {
    "Id": [0, 1, 3, 4, 5, 7, 8, 9, 10, 65536, 2**31 - 1, -1, "3", "x", None, [3, 5], True],
    "UserName": ["CORP\\alice", "corp\\ALICE", "alice", "", "CORP\\josé", "CORP\\*", None, ["a", "b"], "x" * 2050, 5],
    "LogonTime": [Logon(3), Logon(5), 0, -1, 1, "abc", None],
    "SaidState": [0, 4, 99, -1, "0", None],
    "SaidSince": [0, -1, 1, Logon(3), 2**62],
    "EvenIfActive": [True, False, None, "true", 1],
    "EvenAtConsole": [True],
    "Condition": [[], "user\tlike\t*", "user\tlike", "idle\tgt\tx", "idle\tgt\t60", "state\tin\t0\t4", "", None],
    "MachineDns": ["ONE", "one", "two", "", None, "x" * 256],
    "Server": ["ONE", "two"],
    "ComputerName": ["localhost", ".", "ONE", "one", "dc1", "", None],
    "Verbose": [True],
    "Newer": [1],
    "Sai": [1],
}
ENDING = PERSON | {
    "InputObject": ["x", None],
    "Force": [True, False, None],
    "WhatIf": [True, False],
    "Confirm": [True, False],
    "Synchronous": [False],
    "TimeoutSeconds": [1, 0, 86401, "2"],
}
TELLING = PERSON | {"Text": ["Save", "", None, "x" * 20001, 5], "Caption": ["", "T", None], "Force": [True]}
LISTING = {name: PERSON[name] for name in ("Id", "UserName", "LogonTime", "MachineDns", "ComputerName", "Newer")} | {
    "State": ["Active", "*", "disc*", "", ["Active", "Dis*"], "4", None],
    "ClientName": ["*", "LAP*", "a*b", "", None],
    "Process": [True, False],
    "Synchronous": [True, False],
}
COMMANDS: list[tuple[str, dict[str, list[Any]], list[dict[str, Any]]]] = [
    ("Get-TSSession", LISTING, [{}, ALICE | {"Process": True}]),
    ("Stop-TSSession", ENDING, [ALICE | {"Force": True}, JOSE | {"Force": True, "SaidState": 0}, {}]),
    ("Disconnect-TSSession", ENDING, [ALICE | {"Force": True}, JOSE | {"Force": True, "EvenIfActive": True}, {}]),
    ("Send-TSMessage", TELLING, [ALICE | {"Text": "Save"}, JOSE | {"Text": "Save"}, {}]),
]
Told = tuple[list[dict[str, Any]], list[str], list[tuple[str, int, int, str]]]


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A command as it should be, with up to three parameters changed or added."""
    name, values, wholes = draw(st.sampled_from(COMMANDS))
    changed = draw(st.lists(st.sampled_from(sorted(values)), max_size=3, unique=True))
    return name, draw(st.sampled_from(wholes)) | {each: draw(st.sampled_from(values[each])) for each in changed}


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Farm, RunspacePool]]]:
    paths = [write_farm(tmp_path_factory.mktemp(name), FARM) for name in ("double", "pwsh")]
    with (
        start_farm(paths[0], "double") as double,
        start_farm(paths[1], "pwsh") as real,
        open_pool(double, "one") as pool,
        open_pool(real, "one") as real_pool,
    ):
        yield [(double, pool), (real, real_pool)]


def told(farm: Farm, pool: RunspacePool, name: str, values: dict[str, Any]) -> Told:
    """What the command answers, its errors, and what was asked of Windows."""
    if farm.calls("one"):
        farm.restore()
    logons = {each.id: each.logon for each in farm._hosts["one"].machine.sessions.all()}
    sent = {key: logons[value.session_id] if isinstance(value, Logon) else value for key, value in values.items()}
    shell = pipeline(pool, (name, sent))
    things = shell.invoke()
    shell.close()
    rows = [{key: value for key, value in each.adapted_properties.items() if key not in VARYING} for each in things]
    calls = [(call.name, call.session_id, call.code, call.text) for call in farm.calls("one")]
    return rows, [str(each.fq_error) for each in shell.streams.error], calls


@settings(max_examples=examples(0.4), suppress_health_check=[HealthCheck.too_slow])
@given(command=commands())
def test_the_double_answers_as_the_module_does(
    endpoints: list[tuple[Farm, RunspacePool]], command: tuple[str, dict[str, Any]]
) -> None:
    double, real = (told(farm, pool, *command) for farm, pool in endpoints)
    assert double == real
