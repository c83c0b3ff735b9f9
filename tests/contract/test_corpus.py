"""One corpus of what Windows may report, and one answer of every reader: C# on both engines, double, fake and core."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows.agent import script
from adapters.windows.agent.replies import Ended, HostReply, Listed, SessionReply
from adapters.windows.errors import as_win32
from adapters.windows.request import Request, Verb
from bot.domain.session import Machine, SessionState
from bot.errors import WrongMachine
from rehearsal_testing.winrm_client import ask, line_of, target
from tests.contract import corpus_readers as readers
from tests.corpus.machines import MACHINES
from tests.corpus.model import READERS, TOUCHED, Touch
from tests.corpus.rows import ROWS
from tests.support.effort import few

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.corpus_readers import Reading
    from tests.corpus.model import MachineRow

DISCONNECTED = int(SessionState.DISCONNECTED)
NOBODY = {"id": 99, "domain": "CORP", "user": "nobody", "logon": 1, "state": 4}


def said_by(reader: str, folder: Path) -> dict[str, Reading]:
    match reader:
        case "core":
            return readers.core_says(folder)
        case "fake":
            return readers.fake_says(folder)
        case "double":
            return readers.double_says(folder)
        case _:
            return readers.csharp_says(reader, folder)


def test_every_row_has_a_name_and_an_id_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len({readers.id_of(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_says_of_every_row_what_the_corpus_says(
    reader: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    said = said_by(reader, tmp_path)
    assert said.keys() == {row.name for row in ROWS}
    for row in ROWS:
        with subtests.test(row=row.name):
            rules = {name: value for name, value in said[row.name].rules.items() if name in READERS[reader]}
            assert rules == row.expected(reader)


@pytest.mark.parametrize("engine", ["pwsh", "mono"])
def test_every_row_is_read_alike(engine: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (tmp_path / "double").mkdir()
    expected, said = readers.double_says(tmp_path / "double"), readers.csharp_says(engine, tmp_path)
    for row in ROWS:
        with subtests.test(row=row.name):
            assert said[row.name].seen == expected[row.name].seen


@pytest.mark.parametrize("action", ["disconnect", "message"])
@pytest.mark.parametrize("engine", ["pwsh", "mono", "double"])
def test_a_host_compares_before_a_disconnect_and_a_message_as_before_a_logoff(
    engine: str, action: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    orders = [readers.order_of(row) for row in ROWS]
    function, lines = {
        "disconnect": ("WTSDisconnectSession", script.disconnect_request(orders, wait_seconds=0)),
        "message": ("WTSSendMessageW", script.message_request(orders, title="Hi", text="Save now")),
    }[action]
    with readers.corpus_farm(engine, tmp_path) as farm:
        replies = ask(farm, readers.HOST, list(lines), script.constant_script())
    for row, reply in zip(ROWS, replies, strict=True):
        with subtests.test(row=row.name):
            touch = row.expected(engine)["touch"]
            if touch == TOUCHED:
                touch = replace(touch, why=function)
                if action == "disconnect" and reply["seen"]["state"] == DISCONNECTED:
                    touch = Touch(verdict="disconnected", why="already")
            assert Touch(verdict=reply["verdict"], why=reply["why"], code=reply["code"]) == touch


ACTS = {Verb.LOG_OFF: "WTSLogoffSession", Verb.DISCONNECT: "WTSDisconnectSession", Verb.MESSAGE: "WTSSendMessageW"}


@pytest.mark.parametrize("verb", ACTS)
def test_the_carrier_of_the_module_brings_every_row_and_every_result_as_the_script_does(
    verb: Verb, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    rows = few(ROWS, 8)  # a call of four messages for each of them
    request = Request(verb=verb, orders=tuple(map(readers.order_of, rows)), title="Hi", text="Save now")
    (tmp_path / "double").mkdir()
    expected = readers.double_says(tmp_path / "double")
    with readers.corpus_carrier(tmp_path) as carrier:
        ended = list(carrier.ask(readers.HOST, request, within=timedelta(minutes=2)))
    for row, reply in zip(rows, ended, strict=True):
        with subtests.test(row=row.name):
            assert isinstance(reply, Ended)
            touch, seen = row.expected("double")["touch"], expected[row.name].seen
            if touch == TOUCHED:
                touch = replace(touch, why=ACTS[verb])
                if verb is Verb.DISCONNECT and reply.seen and reply.seen.state == DISCONNECTED:
                    touch = Touch(verdict="disconnected", why="already")
            assert Touch(verdict=reply.verdict, why=reply.why, code=reply.code) == replace(
                touch, code=as_win32(touch.code)
            )
            assert reply.seen == (seen and SessionReply.model_validate(seen))


def test_the_carrier_of_the_module_lists_every_row_as_the_script_does(tmp_path: Path) -> None:
    (tmp_path / "double").mkdir()
    seen = [each.seen for each in readers.double_says(tmp_path / "double").values() if each.seen]
    with readers.corpus_carrier(tmp_path) as carrier:
        host, *listed = carrier.ask(readers.HOST, Request(verb=Verb.LIST), within=timedelta(minutes=2))
    told = {each.session.id: each.session for each in listed if isinstance(each, Listed)}
    assert isinstance(host, HostReply)
    assert len(told) == len(listed)
    read = {each.id: each for each in map(SessionReply.model_validate, seen)}
    assert {number: session for number, session in told.items() if number} == {id_: read[id_] for id_ in told if id_}
    assert {readers.id_of(row) for row in ROWS if row.report and row.report.listed} <= told.keys()


def test_no_reader_differs_on_what_is_gone_after_an_order() -> None:
    assert [row.name for row in ROWS if any("gone" in rules for rules in row.differs.values())] == []


@pytest.mark.parametrize("engine", ["pwsh", "mono", "double"])
def test_every_host_knows_the_machine_on_the_card(engine: str, tmp_path: Path) -> None:
    with readers.corpus_farm(engine, tmp_path) as farm, ThreadPoolExecutor(2) as pool:

        def is_same(row: MachineRow) -> bool:
            lines = ["logoff", line_of("machine", *row.said), line_of("wait", 0), target(NOBODY)]
            (reply,) = ask(farm, readers.HOST, lines, script.constant_script())
            assert reply.get("verdict") == "absent" or reply["error"]["where"] == "machine"
            return "verdict" in reply

        assert dict(zip(MACHINES, pool.map(is_same, MACHINES), strict=True)) == {row: row.same for row in MACHINES}


def test_the_carrier_of_the_module_tells_the_host_which_machine_the_card_meant(tmp_path: Path) -> None:
    order = replace(readers.order_of(ROWS[0]), session_id=99)
    with readers.corpus_carrier(tmp_path) as carrier:

        def is_same(row: MachineRow) -> bool:
            dns, netbios = row.said
            asked = replace(order, machine=Machine(dns=dns, netbios=netbios))
            request = Request(verb=Verb.LOG_OFF, orders=(asked,))
            try:
                (reply,) = carrier.ask(readers.HOST, request, within=timedelta(minutes=1))
            except WrongMachine:
                return False
            return isinstance(reply, Ended) and reply.verdict == "absent"

        assert {row: is_same(row) for row in MACHINES} == {row: row.same for row in MACHINES}


def test_the_core_knows_the_machine_on_the_card() -> None:
    here = Machine(dns="COMP1", netbios="COMP1")
    said = {row: here.is_same_as(Machine(dns=row.said[0], netbios=row.said[1])) for row in MACHINES}
    assert said == {row: row.same for row in MACHINES}
