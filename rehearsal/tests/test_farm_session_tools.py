"""`quser`, `qwinsta`, `query` and `logoff` answer on the farm as on Windows, in English and in German."""

from __future__ import annotations

import base64
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from rehearsal.windows import Farm
from rehearsal.windows.sessions import TICKS_PER_SECOND, now_ticks
from rehearsal.windows.text_shell import TextShell
from rehearsal_testing.winrm_client import connect, open_shell, receive, run, start, write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FARM = """
account: {username: CORP\\svc, password: fiction}
every_host: [{id: 0, station: Services, state: disconnected}, {id: 65536, station: RDP-Tcp, state: listen}]
hosts:
  english: &one
    sessions:
      - {id: 1, user: CORP\\Operator, station: Console}
      - {id: 3, user: CORP\\alice, disconnected: 3h}
      - {id: 5, user: CORP\\Bob, idle: 2m}
      - {id: 7, user: CORP\\josé, idle: 5s}
      - {id: 12, user: CORP\\bartholomew.featherstonehaugh, disconnected: 2d3h7m}
  german:
    language: de
    sessions: [{id: 3, user: CORP\\alice, disconnected: 1h}, {id: 5, user: CORP\\bob, station: Console}]
  empty:
  german-empty: {language: de}
"""
# 13 July 2025, 18:05 UTC, as Windows counts time.
LOGON = 133_969_035_000_000_000

QUSER = """\
 USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME
 operator              console             1  Active      none   7/13/2025 6:05 PM
 alice                                     3  Disc         3:00  7/13/2025 6:05 PM
 bob                   rdp-tcp#5           5  Active          2  7/13/2025 6:05 PM
 josé                  rdp-tcp#7           7  Active          .  7/13/2025 6:05 PM
 bartholomew.feathers                     12  Disc      2+03:07  7/13/2025 6:05 PM
"""
QWINSTA = """\
 SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE
>services                                    0  Disc
 console           Operator                  1  Active
                   alice                     3  Disc
 rdp-tcp#5         Bob                       5  Active
 rdp-tcp#7         josé                      7  Active
                   bartholomew.feathers     12  Disc
 rdp-tcp                                 65536  Listen
"""
GERMAN_QUSER = """\
 BENUTZERNAME          SITZUNGSNAME       ID  STATUS  LEERLAUF   ANMELDEZEIT
 alice                                     3  Getr.        1:00  13.07.2025 18:05
 bob                   console             5  Aktiv       Kein   13.07.2025 18:05
"""
GERMAN_QWINSTA = """\
 SITZUNGSNAME      BENUTZERNAME             ID  STATUS  TYP         GERÄT
>services                                    0  Getr.
                   alice                     3  Getr.
 console           bob                       5  Aktiv
 rdp-tcp                                 65536  Abhör.
"""


@pytest.fixture(scope="module")
def shared_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    folder: Path = tmp_path_factory.mktemp("tools")
    with Farm.from_file(write_farm(folder, FARM), engine="double") as farm:
        yield farm


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    shared_farm.restore()
    for host in shared_farm.endpoints:
        with shared_farm._hosts[host].machine.sessions.locked() as table:
            for each in [each for each in table.sessions.values() if each.user]:
                table.change(each.id, logon=LOGON)
    return shared_farm


def say(farm: Farm, host: str, line: str) -> tuple[str, str, int]:
    """Standard output without the blanks at the ends of its lines, standard error, and the exit code."""
    stdout, stderr, exit_code = run(connect(farm, host), b"", line)
    assert stdout.count(b"\n") == stdout.count(b"\r\n")
    lines = [each.rstrip() for each in stdout.decode().split("\r\n")]
    return "\n".join(lines), stderr.decode(), exit_code


@pytest.mark.parametrize(
    ("host", "line", "answer"),
    [
        ("english", "quser", QUSER),
        ("english", "QUERY USER", QUSER),
        ("english", "quser.exe *", QUSER),
        ("english", "cmd /c quser /server:localhost", QUSER),
        ("english", "C:\\Windows\\System32\\qwinsta.exe", QWINSTA),
        ("english", "query session /SERVER:english", QWINSTA),
        ("german", "quser", GERMAN_QUSER),
        ("german", "query session", GERMAN_QWINSTA),
    ],
)
def test_sessions_are_listed_in_the_columns_of_windows(farm: Farm, host: str, line: str, answer: str) -> None:
    assert say(farm, host, line) == (answer, "", 0)


@pytest.mark.parametrize("name", ["BOB", "5", "rdp-tcp#5"])
@pytest.mark.parametrize(("tool", "whole"), [("quser", QUSER), ("qwinsta", QWINSTA)])
def test_one_user_session_or_id_is_listed_alone(farm: Farm, tool: str, whole: str, name: str) -> None:
    heading, *rows = whole.splitlines()
    (row,) = [row for row in rows if "#5" in row]
    assert say(farm, "english", f"{tool} {name}") == (f"{heading}\n{row}\n", "", 0)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(59, "."), (60, "1"), (3599, "59"), (3600, "1:00"), (86399, "23:59"), (86400, "1+00:00"), (2**31, "24855+03:14")],
)
def test_idle_time_is_told_in_minutes_hours_and_days(farm: Farm, seconds: int, told: str) -> None:
    with farm._hosts["english"].machine.sessions.locked() as table:
        table.change(5, input=now_ticks() - seconds * TICKS_PER_SECOND)
    row = say(farm, "english", "quser bob")[0].splitlines()[1]
    assert row.split()[4] == told


@pytest.mark.parametrize(
    ("host", "line", "words"),
    [
        ("empty", "quser", "No User exists for *\r\n"),
        ("english", "query user mallory", "No User exists for mallory\r\n"),
        ("english", "qwinsta mallory", "No session exists for mallory\r\n"),
        ("german-empty", "quser", "Es ist kein Benutzer für * vorhanden.\r\n"),
        ("english", "logoff 4", "Could not find session ID 4\r\n"),
        ("english", "logoff rdp-tcp#4", "Could not find session rdp-tcp#4\r\n"),
        ("german", "logoff 4", "Die Sitzung ID 4 wurde nicht gefunden.\r\n"),
        ("english", "query", "Invalid parameter(s)\r\n"),
        ("english", "query sessions", "Invalid parameter(s)\r\n"),
        ("english", "quser a b", "Invalid parameter(s)\r\n"),
        ("english", "quser /v", "Invalid parameter(s)\r\n"),
        (
            "english",
            "quser /server:elsewhere",
            "Error opening Terminal server elsewhere\r\nError [1722]:The RPC server is unavailable.\r\n",
        ),
        (
            "english",
            "logoff",
            "Could not logoff session ID 0 from session Services, Error code 5\r\nError [5]:Access is denied.\r\n",
        ),
    ],
)
def test_what_cannot_be_is_told_with_exit_code_1_and_changes_nothing(
    farm: Farm, host: str, line: str, words: str
) -> None:
    assert say(farm, host, line) == ("", words, 1)
    assert farm.calls(host) == []


def test_an_account_without_the_right_is_told_so(farm: Farm) -> None:
    farm.set_behaviour("english", "no-right")
    told = "Could not logoff session ID 3 from session , Error code 5\r\nError [5]:Access is denied.\r\n"
    assert say(farm, "english", "logoff 3") == ("", told, 1)
    farm.set_behaviour("english", "no-right", at="list")
    refused = "Error 0x00000005 enumerating sessionnames\r\nError [5]:Access is denied.\r\n"
    assert say(farm, "english", "quser") == ("", refused, 1)
    assert say(farm, "english", "logoff 3") == ("", refused, 1)
    assert farm.touched("english") == []


@pytest.mark.parametrize("line", ["logoff 5", "logoff rdp-tcp#5 /v", "LOGOFF 5 /server:english"])
def test_logoff_ends_the_session_that_has_the_id_and_says_nothing(farm: Farm, line: str) -> None:
    assert say(farm, "english", line) == ("", "", 0)
    assert farm.touched("english") == [("logoff", 5, "CORP\\Bob")]
    assert 5 not in [each["id"] for each in farm.sessions("english")]


def test_logoff_never_compares_who_has_the_id(farm: Farm) -> None:
    """What the bot's agent is for: an id that has passed to another person is logged off all the same."""
    assert "alice" in say(farm, "english", "quser 3")[0]
    farm.take_over("english", 3, "CORP\\mallory")
    assert say(farm, "english", "logoff 3") == ("", "", 0)
    assert farm.touched("english") == [("logoff", 3, "CORP\\mallory")]


def test_logoff_waits_for_the_end_of_the_session(farm: Farm) -> None:
    farm.set_behaviour("english", "delayed", seconds=0.3)
    assert say(farm, "english", "logoff 3") == ("", "", 0)
    assert 3 not in [each["id"] for each in farm.sessions("english")]


def test_a_logoff_that_never_ends_is_ended_by_its_client(farm: Farm) -> None:
    farm.set_behaviour("english", "hangs")
    protocol = connect(farm, "english")
    with open_shell(protocol) as shell:
        command = start(protocol, shell, "logoff 3")
        text_shell = farm._hosts["english"].service._shells[shell]
        assert isinstance(text_shell, TextShell)
        (told,) = text_shell.commands.values()
        Timer(0.5, told.kill, [7]).start()
        assert receive(protocol, shell, command) == (b"", b"", 7)
    assert 3 in [each["id"] for each in farm.sessions("english")]


def test_letters_come_in_the_code_page_of_the_shell(farm: Farm) -> None:
    protocol = connect(farm, "english")
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "quser", ["josé"])
    output = receive(protocol, shell, command)
    protocol.close_shell(shell)
    assert output.stdout.decode("cp437").splitlines()[1].startswith(" josé ")


@pytest.mark.parametrize(
    "line",
    [
        "PowerShell -NoProfile -NonInteractive -EncodedCommand cQB1AHMAZQByAA==",  # quser in UTF-16
        'powershell.exe -Command "query user"',
        "powershell -c quser.exe",
    ],
)
def test_powershell_starts_them_too(farm: Farm, line: str) -> None:
    assert say(farm, "english", line) == (QUSER, "", 0)


@pytest.mark.parametrize("script", ["logoff 3; exit 0", "logoff $id", "& logoff 3", "logoff 3\nlogoff 5", "#"])
def test_a_script_that_does_more_is_the_engines_affair(farm: Farm, script: str) -> None:
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    for line in (f"powershell -EncodedCommand {encoded}", f"powershell -enc {encoded[:-3]}"):
        stdout, stderr, exit_code = say(farm, "english", line)
        assert (stdout, exit_code) == ("", 1)
        assert "There is no PowerShell behind this host" in stderr
    assert farm.calls("english") == []
