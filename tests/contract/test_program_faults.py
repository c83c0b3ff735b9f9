"""What the farm's hosts can do to the bot's program and its messages, and what the bot makes of it.

Where the agent did not begin, nobody is touched and the error says so. The words of the host stay with the error.
"""

from __future__ import annotations

from collections import deque
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from adapters.windows.agent import script
from adapters.windows.agent.replies import read
from adapters.windows.shell import BOOTSTRAP, Chunk
from bot.domain.session import Account
from bot.domain.verdicts import Verdict
from bot.errors import BadReply, CannotCompile, NoRight, TerminalError, Unreachable
from rehearsal.windows import EngineMissingError, Farm
from rehearsal.windows.program_faults import ERRORS, FAILURES
from rehearsal_testing.winrm_client import connect, run, start_shipped_farm
from tests.contract.hosts import FarmHosts, farm_file, order_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bot.ports.terminal import Answer, Order
    from rehearsal.windows.settings import EngineName
    from rehearsal.windows.soap import Message

WITHIN = timedelta(seconds=40)


@contextmanager
def opened(engine: EngineName, folder: Path) -> Iterator[FarmHosts]:
    path, names = farm_file(folder, hosts=200)
    farm = Farm.from_file(path, engine=engine)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    with closing(FarmHosts(farm, names)) as there:
        yield there
    farm.stop()


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    with opened("double", tmp_path_factory.mktemp("farm")) as there:
        yield there


@pytest.fixture(scope="module", params=["double", "mono"])
def any_hosts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    """For what depends on the engine: how it reads its input."""
    with opened(request.param, tmp_path_factory.mktemp("farm")) as there:
        yield there


@pytest.fixture
def host(hosts: FarmHosts) -> str:
    return hosts.take()


def seen_order(hosts: FarmHosts, host: str) -> Order:
    return order_for(next(each for each in hosts.terminal.sessions(host, within=WITHIN) if each.id == 3))


def log_off(hosts: FarmHosts, host: str, *orders: Order) -> list[Answer]:
    return list(hosts.terminal.log_off(host, orders, wait=timedelta(seconds=5), within=WITHIN))


def failed(hosts: FarmHosts, host: str, behaviour: str, **options: object) -> TerminalError:
    """The error of a logoff of session 3 that nobody is touched by, and after which no shell stays."""
    order = seen_order(hosts, host)
    hosts.farm.set_behaviour(host, behaviour, **options)
    before = hosts.people(host)
    with pytest.raises(TerminalError) as caught:
        log_off(hosts, host, order)
    assert (hosts.logged_off(host), hosts.people(host)) == ([], before)
    assert hosts.farm.open_shells(host) == 0
    assert host in caught.value.message
    return caught.value


FAILS = {
    "amsi": "AMSI",
    "no-powershell": "does not find powershell.exe",
    "no-command": "a command of its own",
    "out-of-memory": "no memory left",
    "no-desktop-heap": "no memory left",
    "policy": "did not start",
    "killed": "did not start",
}
RAISES = {
    "no-temp": "no folder for temporary files",
    "temp-denied": "no folder for temporary files",
    "disk-full": "is full",
    "scanner": "virus scanner",
    "out-of-memory": "no memory left",
    "no-compiler": "csc.exe",
    "no-command": "a command of its own",
    "policy": "Application control",
}


def test_every_kind_of_failure_of_the_farm_is_tried_here() -> None:
    assert (set(FAILS), set(RAISES)) == (set(FAILURES), set(ERRORS))


@pytest.mark.parametrize("like", FAILS)
def test_a_program_that_never_starts_is_told_as_that_and_nothing_was_delivered(
    hosts: FarmHosts, host: str, like: str
) -> None:
    error = failed(hosts, host, "fails", like=like)
    assert (type(error), error.delivered, error.phase) == (CannotCompile, False, "start")
    assert FAILS[like] in error.message


@pytest.mark.parametrize("like", RAISES)
def test_what_add_type_raises_is_told_apart_and_nothing_was_delivered(hosts: FarmHosts, host: str, like: str) -> None:
    with capture_logs() as logs:
        error = failed(hosts, host, "raises", like=like)
    assert (isinstance(error, CannotCompile), error.delivered, error.phase) == (True, False, "Add-Type")
    assert RAISES[like] in error.message
    assert error.words == ERRORS[like]["message"].strip()
    assert {(log["phase"], log["words"]) for log in logs} == {("Add-Type", error.words)}


def test_free_words_and_a_free_exit_code_are_kept(hosts: FarmHosts, host: str) -> None:
    error = failed(hosts, host, "fails", stderr="Kein Bild.\r\nFehler \u202e 42\x1b[2J", exit_code=7)
    assert error.words == "Kein Bild. Fehler \N{REPLACEMENT CHARACTER} 42 [2J"
    assert (error.delivered, "did not start" in error.message) == (False, True)


def test_a_compiler_error_is_named_by_its_number(hosts: FarmHosts, host: str) -> None:
    assert "CS0583" in failed(hosts, host, "raises", message="fatal error CS0583: interner Fehler").message


@pytest.mark.parametrize(("stdout", "exit_code"), [("Welcome!\r\n", 1), ("", 0)])
def test_an_end_that_proves_nothing_leaves_it_open_what_was_done(
    hosts: FarmHosts, host: str, stdout: str, exit_code: int
) -> None:
    error = failed(hosts, host, "fails", stdout=stdout, exit_code=exit_code)
    assert (type(error), error.delivered) == (BadReply, True)


def test_a_program_that_ended_after_it_had_begun_may_have_acted(hosts: FarmHosts, host: str) -> None:
    order = seen_order(hosts, host)
    hosts.farm.set_behaviour(host, "fails", like="amsi", after="act")
    with pytest.raises(BadReply) as caught:
        log_off(hosts, host, order)
    assert (caught.value.delivered, hosts.logged_off(host)) == (True, [3])


@pytest.mark.parametrize(
    ("how", "at"),
    [("cut", 100), ("cut", 20_000), ("cut", -3), ("hole", 300), ("doubled", 0), ("padded", 0)],
)
def test_an_order_that_reaches_the_program_damaged_is_refused_there(any_hosts: FarmHosts, how: str, at: int) -> None:
    hosts, host = any_hosts, any_hosts.take()
    error = failed(hosts, host, "mangles", how=how, at=at)
    assert (error.delivered, "damaged" in error.message) == (False, True)


def test_a_second_order_after_one_damaged_one_is_carried_out(hosts: FarmHosts, host: str) -> None:
    order = seen_order(hosts, host)
    hosts.farm.set_behaviour(host, "mangles", how="doubled", times=1)
    with pytest.raises(TerminalError):
        log_off(hosts, host, order)
    assert [answer.verdict for answer in log_off(hosts, host, order)] == [Verdict.GONE]


BUSY, SOON = 170, timedelta(seconds=3)
"""A host without room is asked again as long as there is time."""

# The code of a fault and the message that it answers; the kind of error and a piece of its sentence.
CODES: dict[tuple[int, str], tuple[type[TerminalError], str]] = {
    (5, "create"): (NoRight, "root SDDL"),
    (5, "command"): (NoRight, "AppLocker"),
    (5, "receive"): (NoRight, "no longer"),
    (2147942405, "receive"): (NoRight, "no longer"),
    (2147942402, "command"): (CannotCompile, "powershell.exe"),
    (2147942402, "create"): (CannotCompile, "cmd.exe"),
    (2147942667, "create"): (CannotCompile, "profile"),
    (2147942509, "send"): (CannotCompile, "virus scanner"),
    (109, "receive"): (BadReply, "broke off"),
    (1455, "command"): (CannotCompile, "memory"),
    (170, "create"): (Unreachable, "no room"),
    (4294967295, "create"): (TerminalError, "to open a shell, with code 4294967295"),
    (1, "receive"): (TerminalError, "to hand over the answer, with code 1"),
}


@pytest.mark.parametrize(("code", "at"), CODES)
def test_any_code_at_any_message_has_the_sentence_of_that_message(
    hosts: FarmHosts, host: str, code: int, at: str
) -> None:
    kind, hint = CODES[code, at]
    hosts.farm.set_behaviour(host, "trips", at=at, code=code, words="Sagt Windows.", times=0)
    with pytest.raises(TerminalError) as caught:
        hosts.terminal.sessions(host, within=SOON if code == BUSY else WITHIN)
    assert (type(caught.value), caught.value.phase, caught.value.words) == (kind, at, "Sagt Windows.")
    assert hint in caught.value.message


@pytest.mark.parametrize("at", ["handshake", "create", "command", "send", "receive"])
@pytest.mark.parametrize("status", [403, 404, 413, 503, 599])
def test_any_status_at_any_message_is_an_error_of_the_host(hosts: FarmHosts, host: str, status: int, at: str) -> None:
    with closing(FarmHosts(hosts.farm, [host])) as fresh:
        hosts.farm.set_behaviour(host, "trips", at=at, status=status, times=0)
        with pytest.raises(TerminalError) as caught:
            fresh.terminal.sessions(host, within=WITHIN)
    assert caught.value.words.startswith(f"HTTP {status}")
    assert ("MaxEnvelopeSizekb" in caught.value.message) is (status == 413 and at == "send")
    assert hosts.farm.open_shells(host) == 0


@pytest.mark.parametrize("at", ["signal", "delete"])
@pytest.mark.parametrize("options", [{"code": 5}, {"status": 503}])
def test_a_refusal_after_the_answer_costs_nothing(
    hosts: FarmHosts, host: str, at: str, options: dict[str, int]
) -> None:
    hosts.farm.set_behaviour(host, "trips", at=at, times=0, **options)
    assert hosts.terminal.sessions(host, within=WITHIN)


# Long orders


def with_many_others(order: Order) -> list[Order]:
    """The order among so many for ids that nobody has that all of it is longer than 100 kB."""
    nobody = Account(domain="CORP", user="nobody." + "x" * 900)
    others = [order_for_nobody(order, 20_000 + number, nobody) for number in range(90)]
    orders = [*others[:45], order, *others[45:]]
    assert len(script.payload("0" * 32, script.logoff_request(orders, wait_seconds=5))) > 130_000
    return orders


def order_for_nobody(order: Order, session_id: int, account: Account) -> Order:
    fields = {name: getattr(order, name) for name in type(order).__dataclass_fields__}
    return type(order)(**fields | {"session_id": session_id, "account": account})


def ends_of_sends(requests: Iterable[Message]) -> list[str]:
    streams = [each.find("rsp:Send/rsp:Stream") for each in requests if each.operation == "Send"]
    return [stream.get("End", "") for stream in streams if stream is not None]


@pytest.mark.parametrize("kb", [None, 150, 32])
def test_a_long_order_goes_in_parts_and_only_the_last_ends_the_input(any_hosts: FarmHosts, kb: int | None) -> None:
    hosts, host = any_hosts, any_hosts.take()
    orders = with_many_others(seen_order(hosts, host))
    hosts.farm.set_behaviour(host, "envelope" if kb else "none", **({"kb": kb} if kb else {}))
    requests: deque[Message] = deque()
    hosts.farm._hosts[host].requests = requests  # all of them, and not the newest alone
    answers = log_off(hosts, host, *orders)
    verdicts = [answer.verdict for answer in answers]
    assert (verdicts[45], set(verdicts[:45] + verdicts[46:])) == (Verdict.GONE, {Verdict.ALREADY_GONE})
    assert hosts.logged_off(host) == [3]
    ends = ends_of_sends(requests)
    assert len(ends) >= 2
    assert ends.count("true") == 1
    assert ends[-1] == "true"
    assert hosts.farm.open_shells(host) == 0


def test_powershell_itself_reads_a_long_order_whole(tmp_path: Path) -> None:
    with opened("pwsh", tmp_path) as hosts:
        host = hosts.take()
        orders = with_many_others(seen_order(hosts, host))
        hosts.farm.set_behaviour(host, "envelope", kb=32)
        assert log_off(hosts, host, *orders)[45].verdict is Verdict.GONE
        assert hosts.logged_off(host) == [3]


def test_a_host_that_takes_short_messages_only_is_known_from_then_on(hosts: FarmHosts, host: str) -> None:
    hosts.farm.set_behaviour(host, "envelope", kb=32)
    for _ in range(2):
        assert hosts.terminal.sessions(host, within=WITHIN)
    assert hosts.farm.messages(host).count("413") == 1


def test_a_host_that_takes_no_piece_at_all_was_delivered_nothing(hosts: FarmHosts, host: str) -> None:
    order = seen_order(hosts, host)
    hosts.farm.set_behaviour(host, "trips", at="send", status=413, times=0)
    with pytest.raises(TerminalError, match="MaxEnvelopeSizekb") as caught:
        log_off(hosts, host, order)
    assert (caught.value.delivered, hosts.logged_off(host), hosts.farm.open_shells(host)) == (False, [], 0)


@pytest.mark.parametrize("manner", ["dropped", "fault", "500"])
def test_a_part_that_is_lost_before_the_last_delivered_nothing(hosts: FarmHosts, host: str, manner: str) -> None:
    orders = with_many_others(seen_order(hosts, host))
    hosts.farm.set_behaviour(host, "trips", at="send", manner=manner, times=1)
    with pytest.raises(TerminalError) as caught:
        log_off(hosts, host, *orders)
    assert (caught.value.delivered, hosts.logged_off(host)) == (False, [])


# PowerShell itself

THROWN = [
    ("[IO.DirectoryNotFoundException]::new('Weg ist er.')", "no folder for temporary files", "Weg ist er."),
    ("[OutOfMemoryException]::new('Voll.')", "no memory left", "Voll."),
    ("[Exception]::new('out', [IO.IOException]::new('innen', -2147024784))", "is full", "innen"),
]


@pytest.fixture(scope="module")
def powershell() -> Iterator[Farm]:
    farm = start_shipped_farm("pwsh")
    yield farm
    farm.stop()


def told_by(farm: Farm, agent: str) -> TerminalError:
    head, tail = "1" * 32, agent
    text = f"$nonce = '{head}'\n$request = @'\nlist\n'@\n$tally = ''\n{tail}"
    output = run(connect(farm, "comp1"), text.encode("ascii"), BOOTSTRAP)
    chunk = Chunk(stdout=output.stdout, stderr=output.stderr, exit_code=output.exit_code)
    with pytest.raises(TerminalError) as caught:
        list(read("comp1", head, [chunk]))
    assert not caught.value.delivered
    return caught.value


@pytest.mark.parametrize(("thrown", "hint", "words"), THROWN)
def test_the_script_tells_type_code_and_innermost_message_of_what_it_caught(
    powershell: Farm, thrown: str, hint: str, words: str
) -> None:
    agent = script.constant_script().replace(
        "    Add-Type -TypeDefinition", f"    throw {thrown}\n    Add-Type -TypeDefinition"
    )
    error = told_by(powershell, agent)
    assert (hint in error.message, error.words) == (True, words)


def test_a_compiler_error_of_powershell_itself_is_named(powershell: Farm) -> None:
    agent = script.constant_script().replace("namespace LogoffBot\n", "#error broken\nnamespace LogoffBot\n", 1)
    error = told_by(powershell, agent)
    assert "CS1029" in error.message
    assert "broken" in error.words


def test_a_command_that_powershell_does_not_know_is_told(powershell: Farm) -> None:
    agent = script.constant_script().replace("    Add-Type -TypeDefinition", "    Add-Typ -TypeDefinition")
    error = told_by(powershell, agent)
    assert "a command of its own" in error.message
    assert "Add-Typ" in error.words
