"""The agent's C# alone, under mono: it compiles as Windows PowerShell 5.1 would, and takes what was typed as data."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.windows.agent import script
from bot.domain.conditions import Condition, Field, Operator, is_like
from bot.domain.session import Account, SessionState
from bot.ports.terminal import Order
from tests.support.effort import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONGEST = 10_000

# Reads one request a line (base64) and says how it understood each target, through the agent's own writer of JSON.
READER = """
class Reader
{
    static void Main()
    {
        LogoffBot.Lines lines = new LogoffBot.Lines("|");
        for (string line; (line = System.Console.In.ReadLine()) != null; lines.End())
        {
            string text = System.Text.Encoding.ASCII.GetString(System.Convert.FromBase64String(line));
            try
            {
                LogoffBot.Request request = LogoffBot.Request.Parse(text);
                if (request.IsMessage) { lines.Host(request.Title, "", 0, 0); lines.Host(request.Text, "", 0, 0); }
                foreach (LogoffBot.Target target in request.Targets)
                {
                    LogoffBot.Session session = new LogoffBot.Session();
                    session.User = target.User;
                    lines.Host(target.User, "", 0, target.Conditions.TrueForAll(c => c.HoldsFor(session)) ? 1 : 0);
                }
            }
            catch (LogoffBot.CallFailed failed) { lines.Error(failed.Where, failed.Code, failed.Message); }
        }
    }
}
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[tuple[str, ...]], list[dict[str, Any]]]]:
    mcs, mono = shutil.which("mcs"), shutil.which("mono")
    if not mcs or not mono:
        pytest.skip("C#: install mono-mcs and mono-runtime")
    folder = tmp_path_factory.mktemp("csharp")
    build(mcs, folder, READER)
    with subprocess.Popen(  # noqa: S603 - the agent just built, in the test's own folder
        [mono, str(folder / "agent.exe")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        pipe, lines = process.stdin, process.stdout

        def answers(request: tuple[str, ...]) -> list[dict[str, Any]]:
            pipe.write(base64.b64encode("\n".join(request).encode("ascii")) + b"\n")
            pipe.flush()
            found = []
            while "end" not in (line := json.loads(lines.readline().decode("ascii").strip("|\n"))):
                found.append(line)
            return found

        yield answers
        process.stdin.close()


def build(mcs: str, folder: Path, reader: str) -> None:
    found = re.search(r"Add-Type -TypeDefinition @'\n(.*?)\n'@\n", script.constant_script(), re.DOTALL)
    assert found
    (folder / "agent.cs").write_text(found[1], "ascii")
    (folder / "reader.cs").write_text(reader, "ascii")
    words = [mcs, "-langversion:5", "-warn:4", "-warnaserror", f"-out:{folder}/agent.exe"]
    built = subprocess.run(  # noqa: S603 - the compiler of this machine
        [*words, folder / "agent.cs", folder / "reader.cs"], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr


def order(user: str, *conditions: Condition) -> Order:
    return Order(
        session_id=3,
        account=Account(domain="CORP", user=user),
        logon=1,
        said_state=SessionState.ACTIVE,
        even_if_active=False,
        conditions=conditions,
    )


def like(*patterns: str) -> Condition:
    return Condition(field=Field.USER, operator=Operator.LIKE, values=patterns)


def repeated(text: str, times: int) -> str:
    return (text * times)[:LONGEST]


# Anything short, and anything short said again and again until it is long.
TEXTS = st.one_of(st.text(), st.builds(repeated, st.text(min_size=1), st.integers(1, LONGEST)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(users=st.lists(TEXTS, min_size=1, max_size=3))
def test_any_text_reaches_the_csharp_as_data_and_comes_back_equal(ask: Any, users: list[str]) -> None:
    answers = ask(script.logoff_request([order(user) for user in users], wait_seconds=0))
    assert [answer["host"]["name"] for answer in answers] == users


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(title=TEXTS.filter(bool), text=TEXTS, user=TEXTS)
@example(title="'@", text="x" * LONGEST, user="$(whoami)")
def test_any_title_and_text_reach_the_csharp_as_data(ask: Any, title: str, text: str, user: str) -> None:
    answers = ask(script.message_request([order(user)], title=title, text=text))
    assert [answer["host"]["name"] for answer in answers] == [title, text, user]


LETTERS = "aAéÉñÑßжЖ山😀.\\*?"


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=st.text(LETTERS, max_size=6), user=st.text(LETTERS, max_size=6))
def test_the_host_compares_patterns_as_the_survey_did(ask: Any, pattern: str, user: str) -> None:
    (answer,) = ask(script.logoff_request([order(user, like(pattern))], wait_seconds=0))
    assert (answer["host"]["now"] == "1") is is_like(pattern, user)


FULL = script.logoff_request([order("alice", like("al*"))], wait_seconds=90)
B64_X = base64.b64encode(b"x").decode()


@pytest.mark.parametrize(
    "request_lines",
    [
        ("",),
        ("reboot",),
        ("list", "wait MA=="),
        (*FULL, "surprise"),
        (*FULL, ""),
        (*FULL, f"if {B64_X} {B64_X} {B64_X}"),
        ("logoff", FULL[-1]),
        ("logoff", FULL[-2] + " -"),
        ("logoff", FULL[-2].replace(" ", " !", 1)),
        ("logoff", "wait " + B64_X),
        ("logoff", "wait //8="),
        ("message", FULL[-2]),
        ("message", "say - " + B64_X, FULL[-2]),
        ("message", "say " + B64_X, FULL[-2]),
        ("logoff", f"say {B64_X} {B64_X}"),
        ("LOGOFF", FULL[-2]),
    ],
)
def test_a_request_that_is_not_understood_is_refused_before_anything_is_touched(
    ask: Any, request_lines: tuple[str, ...]
) -> None:
    (answer,) = ask(request_lines)
    assert (answer["error"]["where"], answer["error"]["code"]) == ("request", 87)
