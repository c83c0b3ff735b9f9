"""An agent that did not run: what is told, and that nobody was touched where that is proven, and only there."""

from __future__ import annotations

import base64
import json

import pytest

from adapters.windows.agent import errors, startup
from adapters.windows.agent.replies import read
from adapters.windows.errors import NO_MEMORY, NO_POWERSHELL, Fault
from adapters.windows.shell import Chunk
from bot.errors import BadReply, CannotCompile, TerminalError
from tests.support.cases import for_each

NONCE = "0123456789abcdef" * 2
CLIXML = '#< CLIXML\r\n<S S="Error">+ Script_x000D__x000A_</S><S S="Error">ContainedMaliciousContent</S>'
MALICIOUS = """At line:1 char:1
+ # logoff-bot: lists sessions
+ ~~~~~~~~~~~~~~~~~~~~~~~~~~~~
This script contains malicious content and has been blocked by your antivirus software.
    + CategoryInfo          : ParserError: (:) [], ParseException
    + FullyQualifiedErrorId : ScriptContainedMaliciousContent
"""


def end(stderr: str = "", exit_code: int | None = 1, stdout: bytes = b"") -> TerminalError:
    chunks = [Chunk(stdout=stdout), Chunk(stderr=stderr.encode()), Chunk(exit_code=exit_code)]
    with pytest.raises(TerminalError) as caught:
        list(read("comp1", NONCE, chunks))
    return caught.value


def identified(identifier: str) -> str:
    return f"Irgendein Text.\r\n    + CategoryInfo : X\r\n    + FullyQualifiedErrorId : {identifier}\r\n"


@for_each(
    ("stderr", "exit_code", "fault"),
    [
        (MALICIOUS, 1, startup.MALICIOUS),
        (MALICIOUS.replace("ScriptContained", "Script\r\n Contained"), 1, startup.MALICIOUS),
        (identified("ScriptContainedMaliciousContent,Microsoft.PowerShell.Commands"), 0, startup.MALICIOUS),
        (CLIXML, 1, startup.MALICIOUS),
        (identified("MethodInvocationNotSupportedInConstrainedLanguage"), 1, errors.CONSTRAINED),
        (identified("PropertySetterNotSupportedInConstrainedLanguage"), 1, errors.CONSTRAINED),
        (identified("CannotDefineNewType,Microsoft.PowerShell.Commands.AddTypeCommand"), 1, errors.CONSTRAINED),
        (identified("CommandNotFoundException"), 1, startup.NO_COMMAND),
        (identified("ParseException"), 1, errors.TORN_ORDER),
        (identified("System.OutOfMemoryException"), 1, NO_MEMORY),
        ("Unhandled Exception: OutOfMemoryException.", 0xE0434352, NO_MEMORY),
        ("", 0xC0000017, NO_MEMORY),
        ("", 0xC0000142, NO_MEMORY),
        ("", 0xC0000142 - 2**32, NO_MEMORY),
        ("'powershell.exe' is not recognized as an internal or external command,", 1, NO_POWERSHELL),
        ('Der Befehl "powershell.exe" ist entweder falsch geschrieben oder', 1, NO_POWERSHELL),
        ("\u00ab powershell.exe \u00bb n'est pas reconnu", 9009, NO_POWERSHELL),
        ("", 9009, NO_POWERSHELL),
        ("This program is blocked by group policy.", 1, startup.NEVER_STARTED),
        ("Not enough quota is available to process this command.", 1, startup.NEVER_STARTED),
        ("", 1, startup.NEVER_STARTED),
        ("", 0xC0000005, startup.NEVER_STARTED),
        ("A warning.", 0, startup.NEVER_STARTED),
    ],
)  # fmt: skip
def test_a_program_that_ended_before_the_agent_began_has_touched_nobody(
    stderr: str, exit_code: int, fault: Fault
) -> None:
    error = end(stderr, exit_code)
    assert (error.message, type(error), error.delivered) == (fault.message.format(host="comp1"), fault.error, False)
    assert error.phase == "start"
    assert bool(error.words) is bool(stderr)


@for_each(
    ("stderr", "exit_code", "stdout"),
    [
        ("", 0, b""),
        ("", 0, b"all went well\r\n"),
        ("killed", 1, b"all went well\r\n"),
        ("killed", 1, NONCE.encode()),
        (MALICIOUS, 1, NONCE.encode()),
        (identified("CommandNotFoundException"), 1, NONCE.encode() + b'{"host"'),
        ("killed", 1, b"noise " + NONCE.encode()),
        ("killed", None, b""),
        ("", None, b""),
    ],
    ids=[
        "silence",
        "other words",
        "other words and an error",
        "begun",
        "begun, then AMSI",
        "begun, then an error",
        "begun behind noise",
        "not seen to end",
        "not seen to end, in silence",
    ],
)
def test_where_nothing_proves_that_the_agent_did_not_begin_it_may_have_acted(
    stderr: str, exit_code: int | None, stdout: bytes
) -> None:
    error = end(stderr, exit_code, stdout)
    assert (type(error), error.delivered) == (BadReply, True)


def test_the_nonce_is_found_wherever_the_stream_is_cut() -> None:
    pieces = [Chunk(stdout=NONCE.encode()[at : at + 5]) for at in range(0, 32, 5)]
    with pytest.raises(BadReply) as caught:
        list(read("comp1", NONCE, [*pieces, Chunk(stderr=b"killed", exit_code=1)]))
    assert caught.value.delivered


def add_type(**fields: object) -> TerminalError:
    message = str(fields.pop("message", ""))
    row = {"where": "Add-Type", "code": 0, "message64": base64.b64encode(message.encode()).decode()} | fields
    line = f"{NONCE}{json.dumps({'error': row})}{NONCE}\n".encode()
    with pytest.raises(TerminalError) as caught:
        list(read("comp1", NONCE, [Chunk(stdout=line)]))
    return caught.value


PATH = "c:\\Users\\svc\\AppData\\Local\\Temp\\a.0.cs"


@for_each(
    ("fields", "fault"),
    [
        ({"message": f"{PATH}(1) : error CS1504: Source file could not be opened"}, startup.SCANNED),
        ({"message": f"error CS2001: Source file '{PATH}' could not be found"}, startup.NO_TEMP),
        ({"message": "error CS0016: Could not write to output file"}, startup.NO_TEMP),
        ({"kind": "DirectoryNotFoundException", "code": -2147024893, "message": "Teil des Pfades"}, startup.NO_TEMP),
        ({"kind": "UnauthorizedAccessException", "code": -2147024891}, startup.NO_TEMP),
        ({"kind": "DirectoryNotFoundException"}, startup.NO_TEMP),
        ({"kind": "IOException", "code": -2147024816}, startup.NO_TEMP),
        ({"kind": "IOException", "code": -2147024784}, startup.DISK_FULL),
        ({"kind": "IOException", "code": -2147024864}, startup.SCANNED),
        ({"kind": "FileLoadException", "code": 0x800700E1 - 2**32}, startup.SCANNED),
        ({"kind": "FileLoadException", "code": 0x800711C7 - 2**32}, startup.BLOCKED),
        ({"kind": "Win32Exception", "code": 1260}, startup.BLOCKED),
        ({"kind": "FileNotFoundException", "code": -2147024894}, startup.NO_COMPILER),
        ({"kind": "OutOfMemoryException", "code": -2147024882}, NO_MEMORY),
        ({"kind": "Win32Exception", "code": 1455}, NO_MEMORY),
        ({"kind": "CommandNotFoundException", "id": "CommandNotFoundException"}, startup.NO_COMMAND),
        ({"id": "CannotDefineNewType,Microsoft.PowerShell.Commands.AddTypeCommand"}, errors.CONSTRAINED),
        ({"id": "ScriptContainedMaliciousContent"}, startup.MALICIOUS),
        ({"kind": "Exception", "message": "something else"}, errors.MISCOMPILED),
        ({}, errors.MISCOMPILED),
    ],
)
def test_what_add_type_raises_has_a_sentence_of_its_own(fields: dict[str, object], fault: Fault) -> None:
    error = add_type(**fields)
    assert (error.message, type(error), error.delivered) == (fault.message.format(host="comp1"), fault.error, False)
    assert isinstance(error, CannotCompile)


@pytest.mark.parametrize("number", ["CS0246", "CS1029", "CS8025"])
def test_any_other_error_of_the_compiler_is_named_by_its_number(number: str) -> None:
    error = add_type(message=f"(1) : error {number}: whatever the language")
    assert isinstance(error, errors.Miscompiled)
    assert number in error.message
    assert "virus" not in error.message


def test_every_sentence_names_the_host_and_ends() -> None:
    rows = [fault for _, fault in startup.IDENTIFIERS]
    rows += [*startup.COMPILER_ERRORS.values(), *startup.KINDS.values(), *startup.CODES.values()]
    rows += [*startup.EXIT_CODES.values(), startup.NEVER_STARTED]
    assert all("{host}" in row.message and row.message.endswith(".") for row in rows)
