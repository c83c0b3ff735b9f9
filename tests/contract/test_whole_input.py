"""The agent acts only on the whole of its input, whatever was lost, repeated, added or changed on the way.

Each engine in turn is given an order that it would carry out, spoiled in one place.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rehearsal_testing.winrm_client import Output, connect, line_of, payload, run, start_shipped_farm, target
from tests.contract.shipped import AGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.windows import Farm

NONCE = "7" * 32


@pytest.fixture(scope="module", params=["pwsh", "mono", "double"])
def shared_farm(request: pytest.FixtureRequest) -> Iterator[Farm]:
    farm = start_shipped_farm(request.param)
    yield farm
    farm.stop()


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    shared_farm.restore()
    return shared_farm


def order(farm: Farm) -> bytes:
    """Log alice off, whose state is compared by a condition of its own line."""
    alice = next(each for each in farm._hosts["comp1"].machine.sessions.all() if each.id == 3)
    named = {name: getattr(alice, name) for name in ("id", "domain", "user", "logon")} | {"state": int(alice.state)}
    request = ["logoff", line_of("wait", 0), target(named), line_of("if", "user", "like", "al*")]
    return payload(NONCE, request, AGENT)


def said(output: Output) -> str:
    """What a host made of its input: `where` of its error row, `ParseException`, or nothing."""
    rows = [json.loads(line.strip(NONCE)) for line in output.stdout.decode("ascii").splitlines()]
    if rows:
        assert output.exit_code == 0
        return str(rows[0]["error"]["where"])
    if output.stderr:
        assert output.exit_code != 0
        assert b"ParseException" in b"".join(output.stderr.split())
        return "ParseException"
    return ""


def cut_after(text: bytes) -> Callable[[bytes], bytes]:
    """Everything up to the end of this text is left."""
    return lambda data: data[: data.index(text) + len(text)]


def without_line(start: bytes) -> Callable[[bytes], bytes]:
    def spoil(data: bytes) -> bytes:
        at = data.index(b"\n" + start) + 1
        return data[:at] + data[data.index(b"\n", at) + 1 :]

    return spoil


def with_line_twice(start: bytes) -> Callable[[bytes], bytes]:
    def spoil(data: bytes) -> bytes:
        at = data.index(b"\n" + start) + 1
        return data[:at] + data[at : data.index(b"\n", at) + 1] + data[at:]

    return spoil


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing came": (lambda _: b"", ""),
    "cut in the nonce": (lambda data: data[:20], "ParseException"),
    "cut after the nonce": (cut_after(b"7'"), ""),
    "cut before the request": (cut_after(b"$request = "), "ParseException"),
    "cut in the request": (cut_after(b"\nlogoff"), "ParseException"),
    "cut between two targets": (cut_after(b"\ntarget"), "ParseException"),
    "cut after the request": (cut_after(b"\n'@\n"), ""),
    "cut in the tally": (cut_after(b"$tally = "), "ParseException"),
    "cut before the script": (cut_after(b"nothing in this text ever changes.\n"), ""),
    "cut after try": (cut_after(b"\ntry {\n"), "ParseException"),
    "cut in the C#": (cut_after(b"namespace LogoffBot"), "ParseException"),
    "cut after the C#": (lambda data: data[: data.rindex(b"\n'@\n") + 4], "ParseException"),
    "cut after the call": (cut_after(b"::Run($nonce, $request, $tally, $whole)\n"), "ParseException"),
    "cut before the last brace": (lambda data: data[: data.rindex(b"}")], "ParseException"),
    "twice": (lambda data: data + data, "input"),
    "a blank line behind it": (lambda data: data + b"\n", "input"),
    "a word behind it": (lambda data: data + b"# and so on\n", "input"),
    "a blank line before it": (lambda data: b"\n" + data, "input"),
    "no condition": (without_line(b"if "), "input"),
    "no target": (without_line(b"target "), "input"),
    "no tally": (without_line(b"$tally"), "input"),
    "two tallies": (with_line_twice(b"$tally"), "input"),
    "the condition twice": (with_line_twice(b"if "), "input"),
    "another tally": (lambda data: data.replace(b"$tally = '", b"$tally = '1", 1), "input"),
    "one letter of the script": (lambda data: data.replace(b"# logoff-bot: l", b"# logoff-bot: L", 1), "input"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_input_that_is_not_whole_is_refused_and_nobody_is_touched(farm: Farm, name: str) -> None:
    spoil, expected = SPOILED[name]
    data, before = order(farm), farm.snapshot()
    assert spoil(data) != data
    output = run(connect(farm, "comp1"), spoil(data) or b"\n")
    if name == "a blank line before it" and "PowerShell" not in farm.banner:
        expected = "ParseException"  # these engines know the documented form alone
    assert said(output) == expected
    assert (farm.calls("comp1"), farm.snapshot()) == ([], before)


def test_the_same_input_unspoiled_is_carried_out(farm: Farm) -> None:
    run(connect(farm, "comp1"), order(farm))
    assert [call[:2] for call in farm.calls("comp1")] == [("logoff", 3)]


def test_wherever_it_is_cut_nobody_is_touched() -> None:
    """Every place near a border, and every 97th byte; the engine with real parsers has its own places above."""
    farm = start_shipped_farm("double")
    try:
        data, before = order(farm), farm.snapshot()
        borders = {at + step for at in (0, data.index(b"\ntry {"), len(data) - 2) for step in range(60)}
        protocol = connect(farm, "comp1")
        for place in sorted({*range(0, len(data) - 1, 97), *(at for at in borders if at < len(data) - 1)}):
            assert said(run(protocol, data[:place] or b"\n")) in {"", "ParseException", "input"}, place
        assert (farm.calls("comp1"), farm.snapshot()) == ([], before)
    finally:
        farm.stop()
