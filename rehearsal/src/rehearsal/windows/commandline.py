"""What cmd.exe and Windows do with a command line before a program sees it.

A command of a text shell runs under cmd.exe, whatever WINRS_SKIP_CMD_SHELL says (since Windows Server 2012 R2).
"""

import base64
import binascii
import re

POWERSHELL = "powershell"
LIMIT = 8191
"""The longest command line of cmd.exe, in characters."""

_CMD = re.compile(r"\s*(?:\S*\\)?cmd(?:\.exe)?(?:\s+/[a-bd-z])*\s+/c\s*(.*)", re.IGNORECASE | re.DOTALL)
_SIMPLE = re.compile(r"[\w\s\\.:/#*-]+")
"""A script that is one command for PowerShell: nothing in it is anything but a word."""
_COMMAND = re.compile(r"[-/](?:c|command)", re.IGNORECASE)
_ENCODED = re.compile(r"[-/](?:e|ec|enc|encodedcommand)", re.IGNORECASE)
_PIECES = re.compile(r'\\*"|\\+|\s+|[^\s"\\]+')


class CommandLineError(Exception):
    """cmd.exe starts nothing; the text is what it writes to standard error."""


def read_command_line(line: str) -> str:
    """The one command in the line: quotes around all of it go, and so does `cmd /c` before it."""
    if len(line) > LIMIT:
        raise CommandLineError("The command line is too long.\r\n")
    while (match := _CMD.fullmatch(line)) or (line.count('"') == 2 and line.strip()[:1] == line.strip()[-1:] == '"'):
        line = match[1] if match else line.strip()[1:-1]
    return line


def program_of(line: str) -> str:
    """The program's name, in lower case without its folder and `.exe`."""
    program, *_ = split_arguments(line) or [""]
    return program.rsplit("\\", 1)[-1].lower().removesuffix(".exe")


def split_arguments(line: str) -> list[str]:
    """By the rules of CommandLineToArgvW: quotes group; after an odd number of backslashes a quote is a character."""
    arguments: list[str] = []
    current: str | None = None
    quoted = False
    for piece in _PIECES.findall(line):
        if piece.endswith('"'):
            backslashes = len(piece) - 1
            current = (current or "") + "\\" * (backslashes // 2) + '"' * (backslashes % 2)
            quoted ^= backslashes % 2 == 0
        elif quoted or not piece.isspace():
            current = (current or "") + piece
        elif current is not None:
            arguments.append(current)
            current = None
    return arguments if current is None else [*arguments, current]


def program_in_script(arguments: list[str]) -> str:
    """The command line of a script that only starts a program, from the arguments of powershell.exe; else empty."""
    for place, each in enumerate(arguments):
        rest = arguments[place + 1 :]
        script = " ".join(rest) if _COMMAND.fullmatch(each) else _decoded(rest) if _ENCODED.fullmatch(each) else ""
        if script.strip():
            line = script.strip()
            return line if _SIMPLE.fullmatch(line) and "\n" not in line else ""
    return ""


def _decoded(rest: list[str]) -> str:
    try:
        return base64.b64decode(rest[0], validate=True).decode("utf-16-le") if rest else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
