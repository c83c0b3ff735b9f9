"""The few commands of cmd.exe that every client tries first, and the tools for sessions. They need no engine.

Nothing else is pretended.
"""

import re

from rehearsal.windows.commandline import program_of, split_arguments
from rehearsal.windows.session_tools import SessionTools
from rehearsal.windows.shells import Command

_VERSION = "Microsoft Windows [Version 10.0.20348.1]"
_VARIABLE = re.compile(r"%([^%=\s]+)%")
_QUOTED = re.compile(r'"[^"]*"')
_JOINTS = frozenset("&|<>^")
_ONE_AT_A_TIME = "The rehearsal's cmd.exe runs one command and redirects nothing: no & | < > ^ outside quotes."


class Cmd:
    """The cmd.exe that every command runs under, on a computer and as an account."""

    def __init__(self, command: Command, computer: str, account: str, tools: SessionTools) -> None:
        self._command = command
        self._tools = tools
        self._computer = computer
        self._account = account
        self._domain, _, self._user = account.partition("\\")
        self._home = f"C:\\Users\\{self._user}"

    @property
    def _directory(self) -> str:
        return str(self._command.around.directory or self._home)

    def expand(self, line: str) -> str:
        """%NAME% becomes its value, whatever the case of its letters; an unknown name stays as it is written."""
        known = {
            "CD": self._directory,
            "COMPUTERNAME": self._computer.upper(),
            "USERDOMAIN": self._domain,
            "USERNAME": self._user,
            "USERPROFILE": self._home,
        }
        known |= {name.upper(): value for name, value in self._command.around.environment.items()}
        return _VARIABLE.sub(lambda match: known.get(match[1].upper(), match[0]), line)

    def run(self, line: str) -> int:
        """Runs one of the commands known here; its exit code. Anything else is not recognised, as on Windows."""
        if _JOINTS.intersection(_QUOTED.sub("", line)):
            return self._fail(_ONE_AT_A_TIME)
        match program_of(line):
            case "echo":
                said = line.strip().partition(" ")[2] or "ECHO is on."
            case "hostname":
                said = self._computer.split(".", 1)[0]
            case "whoami":
                said = self._account.lower()
            case "ver":
                said = f"\r\n{_VERSION}"
            case "chcp":
                said = f"Active code page: {self._command.around.code_page}"
            case "cd":
                said = self._directory
            case "exit":
                last = split_arguments(line)[-1]
                return int(last) if last.isascii() and last.isdecimal() else 0
            case _ if (exit_code := self._tools.run(line, self._command)) is not None:
                return exit_code
            case _:
                program, *_ = split_arguments(line) or [""]
                problem = "is not recognized as an internal or external command,\r\noperable program or batch file."
                return self._fail(f"'{program}' {problem}")
        self._command.write(f"{said}\r\n".encode())
        return 0

    def _fail(self, text: str) -> int:
        self._command.write(f"{text}\r\n".encode(), "stderr")
        return 1
