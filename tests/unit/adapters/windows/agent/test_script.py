"""Static gates on what runs on a host."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from adapters.windows import shell
from adapters.windows.agent import script
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.session import Account, SessionState
from bot.ports.terminal import Order
from tests.support.cases import for_each
from tests.support.checkout import ROOT
from tests.support.page_commands import BOOTSTRAP, commands_of

FOLDER = Path(script.__file__).parent

# SigmaHQ/sigma, posh_ps_win_api_functions_access and ..._library_access, and the rules on packed and encoded commands.
WATCHED_WORDS = [
    "kernel32",
    "user32",
    "advapi32",
    "ntdll",
    "secur32",
    "CloseHandle",
    "LoadLibrary",
    "GetProcAddress",
    "OpenProcess",
    "WaitForSingleObject",
    "WriteInt32",
    "FreeHGlobal",
    "PtrToString",
    "::FromBase64String",
    "MemoryStream",
    "H4sI",
    "gzip",
    "Deflate",
    "EncodedCommand",
    "ExecutionPolicy",
    "Invoke-Expression",
    "DownloadString",
    "Net.WebClient",
    "Reflection.Assembly",
    "VirtualAlloc",
]


def order(**changes: object) -> Order:
    fields: dict[str, object] = {
        "session_id": 3,
        "account": Account(domain="CORP", user="alice"),
        "logon": 134_087_000_000_000_000,
        "said_state": SessionState.DISCONNECTED,
        "even_if_active": False,
        "conditions": (),
    }
    return Order(**(fields | changes))  # type: ignore[arg-type]  # the test names fields of an Order


@for_each("word", WATCHED_WORDS)
def test_the_script_holds_no_word_that_detection_rules_look_for(word: str) -> None:
    assert word.lower() not in (script.constant_script() + shell.BOOTSTRAP).lower()


def test_the_script_evaluates_no_text() -> None:
    assert not re.search(r"\biex\b", script.constant_script(), re.IGNORECASE)


def test_the_script_is_ascii_with_plain_line_ends() -> None:
    assert script.constant_script().isascii()
    assert "\r" not in script.constant_script()
    assert "\t" not in script.constant_script()


def test_the_powershell_around_the_csharp_is_at_most_15_lines() -> None:
    assert len((FOLDER / "agent.ps1").read_text("ascii").splitlines()) <= 15


def test_no_line_of_the_csharp_can_end_its_here_string() -> None:
    assert sum(line.startswith("'@") for line in script.constant_script().splitlines()) == 1


def test_the_whole_of_the_csharp_is_sent() -> None:
    text = script.constant_script()
    assert "#CSHARP#" not in text
    for source in FOLDER.glob("*.cs"):
        assert source.read_text("ascii") in text


def test_no_call_of_windows_is_waited_for() -> None:
    """A call with bWait TRUE has been seen never to return."""
    calls = re.findall(r"= ?WTSSendMessageW\(.*\)|return WTS\w+Session\(.*?\)", script.constant_script())
    assert len(calls) == 3
    assert all(call.endswith("false)") for call in calls)


def test_the_bootstrap_passes_through_cmd_unchanged() -> None:
    assert len(shell.BOOTSTRAP) < 200
    assert not set("%^!<>|") & set(shell.BOOTSTRAP)
    assert shell.BOOTSTRAP.count('"') == 2


# The rules of SigmaHQ/sigma whose words stand close to those of the command line: all words of one row make it fire.
TAKEN_FOR_ENCODED = [("char", "join"), ("split", "join"), ("-encoded ",), ("frombase64string",), ("tostring", "toint")]


@for_each("words", TAKEN_FOR_ENCODED, ids=" ".join)
def test_the_command_line_is_not_taken_for_an_encoded_one(words: tuple[str, ...]) -> None:
    assert not all(word in shell.BOOTSTRAP.lower() for word in words)


PAGE = (ROOT / "docs" / "windows.md").read_text("utf-8")


def test_the_operators_page_quotes_the_command_line_and_names_the_rules_that_fire() -> None:
    assert f"`{shell.BOOTSTRAP}`" in PAGE
    (command,) = commands_of(BOOTSTRAP)
    assert (command.page, command.text) == ("docs/agent-protocol.md", shell.BOOTSTRAP)
    titles = ["Potential Lateral Movement via Windows Remote Shell", "Non Interactive PowerShell Process Spawned"]
    titles += ["Dynamic .NET Compilation Via Csc.EXE", "Dynamic CSharp Compile Artefact"]
    titles += ["Potential Encoded PowerShell Patterns In CommandLine"]
    assert [title for title in titles if f"*{title}*" not in PAGE] == []


def test_the_tally_counts_every_line_but_its_own() -> None:
    text = script.payload("0" * 32, script.list_request()).decode("ascii")
    lines = text.splitlines()
    (own,) = [line for line in lines if line.startswith("$tally = ")]
    lines.remove(own)
    found = zlib.adler32("".join(f"{line}\n" for line in lines).encode("ascii"))
    assert own == f"$tally = '{len(lines)} {found}'"


def test_the_digest_is_of_the_bytes_that_are_sent() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", script.digest())
    assert script.payload("n", script.list_request()).endswith(script.constant_script().encode())


@given(st.text(), st.text(), st.lists(st.text(), min_size=1))
def test_nothing_that_was_typed_is_ever_code(user: str, domain: str, patterns: list[str]) -> None:
    condition = Condition(field=Field.USER, operator=Operator.LIKE, values=tuple(patterns))
    it = order(account=Account(domain=domain, user=user), conditions=(condition,))
    request = script.logoff_request([it], wait_seconds=90)
    assert all(re.fullmatch(r"[a-z]+( (-|[A-Za-z0-9+/]+=*))*", line) for line in request)
    _, _, _, target, filtered = request
    assert fields_of(target) == ["3", domain, user, "134087000000000000", "4", "0", "1", "0"]
    assert fields_of(filtered) == ["user", "like", *patterns]


@given(st.text(min_size=1), st.text())
def test_nothing_of_a_message_is_ever_code(title: str, text: str) -> None:
    _, said, _, _ = script.message_request([order()], title=title, text=text)
    assert re.fullmatch(r"say( (-|[A-Za-z0-9+/]+=*)){2}", said)
    assert fields_of(said) == [title, text]


def fields_of(line: str) -> list[str]:
    return ["" if word == "-" else base64.b64decode(word).decode() for word in line.split(" ")[1:]]
