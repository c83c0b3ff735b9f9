"""What a client may ask for around its programs: a console or a pipe, a code page, variables, a working directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from winrm.exceptions import WSManFaultError

from rehearsal.windows.shells import Command
from rehearsal.windows.surroundings import Surroundings
from rehearsal_testing.winrm_client import BOOTSTRAP, connect, open_shell, payload, receive, start, start_shipped_farm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows import Farm
    from rehearsal_testing.winrm_client import Output

NONCE = "6" * 32
TELLS_WHERE_IT_IS = """Add-Type -TypeDefinition @'
using System;
namespace LogoffBot
{
    public static class Agent
    {
        public static void Run(string nonce, string request, string tally, string whole)
        {
            Console.WriteLine(Environment.GetEnvironmentVariable("Greeting"));
            Console.WriteLine(Environment.CurrentDirectory);
        }
    }
}
'@
[LogoffBot.Agent]::Run($nonce, $request, $tally, $whole)
"""


@pytest.fixture(scope="module", params=["pwsh", "mono", "double"])
def shared_farm(request: pytest.FixtureRequest) -> Iterator[Farm]:
    farm = start_shipped_farm(request.param)
    yield farm
    farm.stop()


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    shared_farm.restore()
    return shared_farm


def run_in(farm: Farm, line: str, data: bytes = b"", **shell_options: Any) -> Output:
    """In a shell with these options; with a pipe where there is something to send, else with a console."""
    protocol = connect(farm, "comp1")
    shell = protocol.open_shell(**shell_options)
    command = protocol.run_command(shell, line, console_mode_stdin=not data)
    if data:
        protocol.send_command_input(shell, command, data, end=True)
    output = receive(protocol, shell, command)
    protocol.close_shell(shell)
    return output


def test_a_script_that_is_sent_to_a_console_never_arrives(farm: Farm) -> None:
    data = payload(NONCE, ["list"], TELLS_WHERE_IT_IS)
    farm.set_behaviour("comp1", "slow", seconds=0.5)  # the Send comes before the program has ended
    protocol = connect(farm, "comp1")
    with open_shell(protocol) as shell:
        command = protocol.run_command(shell, BOOTSTRAP, console_mode_stdin=True)
        protocol.send_command_input(shell, command, data, end=True)
        assert receive(protocol, shell, command) == (b"", b"", 0)


def test_at_a_console_nothing_waits_for_the_end_of_a_pipe(farm: Farm) -> None:
    assert run_in(farm, BOOTSTRAP) == (b"", b"", 0)


def test_a_program_that_does_not_read_its_pipe_ends_all_the_same(farm: Farm) -> None:
    protocol = connect(farm, "comp1")
    with open_shell(protocol) as shell:
        command = start(protocol, shell, "powershell.exe -NoSuchSwitch")
        output = receive(protocol, shell, command)
    assert output.stderr
    assert output.exit_code != 0


def test_an_engine_without_powershell_says_so_instead_of_waiting(farm: Farm) -> None:
    output = run_in(farm, 'cmd /c powershell -Command "40 + 2"')
    if "PowerShell" in farm.banner:
        assert (output.stdout.strip(), output.stderr, output.exit_code) == (b"42", b"", 0)
    else:
        assert (output.stdout, output.exit_code) == (b"", 1)
        assert output.stderr.startswith(b"There is no PowerShell behind this host")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("hostname", "comp1"),
        ("whoami", "corp\\svc-logoff"),
        ("cmd.exe /d /c echo %computername% %nobody%", "COMP1 %nobody%"),
        ('"echo hello"', "hello"),
        ("echo", "ECHO is on."),
        ("CD", "C:\\Users\\svc-logoff"),
        ("chcp", "Active code page: 437"),
        ("ver", "\r\nMicrosoft Windows [Version 10.0.20348.1]"),
    ],
)
def test_the_first_words_to_a_host_are_answered_as_cmd_does(farm: Farm, line: str, answer: str) -> None:
    assert run_in(farm, line) == (f"{answer}\r\n".encode(), b"", 0)


def test_what_the_farms_cmd_does_not_do_it_refuses_in_words(farm: Farm) -> None:
    joined = run_in(farm, "echo a & echo b")
    assert (joined.stdout, joined.exit_code) == (b"", 1)
    assert b"one command" in joined.stderr
    assert run_in(farm, "exit /b 3") == (b"", b"", 3)


def test_variables_and_the_folder_of_the_shell_are_seen_by_its_commands(farm: Farm) -> None:
    asked: dict[str, Any] = {"env_vars": {"Greeting": "grüß dich"}, "working_directory": r"C:\Temp\..\Logs"}
    output = run_in(farm, "echo %GREETING% in %CD%", codepage=65001, **asked)
    assert output == ("grüß dich in C:\\Logs\r\n".encode(), b"", 0)


@pytest.mark.parametrize(("code_page", "encoding"), [(437, "cp437"), (1252, "cp1252"), (65001, "utf-8")])
def test_a_real_program_has_the_variables_the_folder_and_the_code_page(
    farm: Farm, code_page: int, encoding: str
) -> None:
    variables = {"Greeting": "grüß dich", "LD_PRELOAD": "/nowhere.so"}  # the second is the farm's own and stays so
    asked: dict[str, Any] = {"env_vars": variables, "working_directory": "D:\\Logs\\ä"}
    output = run_in(farm, BOOTSTRAP, payload(NONCE, ["list"], TELLS_WHERE_IT_IS), codepage=code_page, **asked)
    if "double" in farm.banner:
        assert output.stdout.isascii()  # it reads no C#, and what it writes is the same in every code page
        return
    greeting, folder = output.stdout.decode(encoding).splitlines()
    assert greeting == "grüß dich"
    assert folder.endswith("/D/Logs/ä")
    assert (output.stderr, output.exit_code) == (b"", 0)


@pytest.mark.parametrize("code_page", [0, 4711, -1, "UTF-8"])
def test_a_code_page_that_is_none_is_refused_with_the_shell(farm: Farm, code_page: object) -> None:
    assert refusal(farm, codepage=code_page) == 2150859072


@pytest.mark.parametrize("folder", ["Logs", "\\Logs", "C:\\a<b", "\\\\server\\share\\x", "C:\\" + "x" * 256])
def test_a_folder_that_cannot_be_is_refused_with_the_shell(farm: Farm, folder: str) -> None:
    assert refusal(farm, working_directory=folder) == 2147942667


@pytest.mark.parametrize("variables", [{"A=B": "c"}, {"": "c"}, {"A": "x" * 32_768}])
def test_a_variable_that_cannot_be_is_refused_with_the_shell(farm: Farm, variables: dict[str, str]) -> None:
    assert refusal(farm, env_vars=variables) == 2147942487


def refusal(farm: Farm, **shell_options: Any) -> int | None:
    with pytest.raises(WSManFaultError) as caught:
        connect(farm, "comp1").open_shell(**shell_options)
    assert farm.open_shells("comp1") == 0
    return caught.value.wsman_fault_code


def test_a_character_may_be_cut_anywhere_on_its_way() -> None:
    command = Command("x", around=Surroundings(code_page=437))
    for cut in ("é→".encode()[:1], "é→".encode()[1:3], "é→".encode()[3:] + b"\xe2"):
        command.write(cut)
    command.end(0)
    assert command.written == b"\x82??"


def test_what_is_typed_in_a_code_page_reaches_the_program_as_utf8() -> None:
    command = Command("x", around=Surroundings(code_page=932))
    for cut in ("東".encode("cp932")[:1], "東".encode("cp932")[1:]):
        assert command.send(cut, end=False)
    assert command.send(b"", end=True)
    assert command.read_all().decode() == "東"
