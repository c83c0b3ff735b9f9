"""What cmd.exe and Windows do with a command line before a program sees it.

A command of a text shell runs under cmd.exe, whatever WINRS_SKIP_CMD_SHELL says (since Windows Server 2012 R2).
"""

import re

LIMIT = 8191
"""The longest command line of cmd.exe, in characters."""

_PIECES = re.compile(r'\\*"|\\+|\s+|[^\s"\\]+')


class CommandLineError(Exception):
    """cmd.exe starts nothing; the text is what it writes to standard error."""


def read_command_line(line: str) -> tuple[str, list[str]]:
    """The program's name, in lower case without `.exe`, and its arguments."""
    if len(line) > LIMIT:
        raise CommandLineError("The command line is too long.\r\n")
    program, *arguments = split_arguments(line) or [""]
    name = program.rsplit("\\", 1)[-1].lower().removesuffix(".exe")
    if name != "powershell":
        raise CommandLineError(
            f"'{program}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
        )
    return name, arguments


def split_arguments(line: str) -> list[str]:
    """By the rules of CommandLineToArgvW: quotes group; an odd number of backslashes before a quote makes it a sign."""
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
