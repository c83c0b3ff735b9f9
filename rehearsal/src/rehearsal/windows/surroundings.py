"""What a client may ask for around its programs, read from the messages Create and Command.

The code page, the environment and the working directory belong to the shell; whether standard input is a console or a
pipe is said with each command. WINRS_SKIP_CMD_SHELL changes nothing since Windows Server 2012 R2, and the farm's
accounts have no profile that WINRS_NOPROFILE could leave out.
"""

import ntpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PureWindowsPath

from rehearsal.windows import codepages, faults
from rehearsal.windows.soap import SHELL, Message

_FORBIDDEN = frozenset('<>:"|?*')
_LONGEST_NAME = 255
_LONGEST_VALUE = 32_767
"""Characters in a variable of Windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a program finds around it; by itself a pipe that carries UTF-8, and nothing special.

    `directory` is None where the client named none.
    """

    code_page: int = codepages.UTF8
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: PureWindowsPath | None = None
    has_console: bool = False

    @property
    def encoding(self) -> str:
        return codepages.encoding_of(self.code_page)


def of_shell(message: Message) -> Surroundings:
    """Raises the fault of a code page, a variable or a directory that cannot be."""
    return Surroundings(
        code_page=_code_page(message.options.get("WINRS_CODEPAGE", str(codepages.DEFAULT))),
        environment=_environment(message),
        directory=_directory(message.text("rsp:Shell/rsp:WorkingDirectory") or ""),
    )


def of_command(shell: Surroundings, message: Message) -> Surroundings:
    """Standard input is a pipe unless the client asks for a console.

    wsman.h says of WINRS_CONSOLEMODE_STDIN: "default implies Pipe"; pypsrp sends no such option and does use the pipe.
    """
    return replace(shell, has_console=message.options.get("WINRS_CONSOLEMODE_STDIN", "").upper() == "TRUE")


def _code_page(text: str) -> int:
    try:
        number = int(text)
        codepages.encoding_of(number)
    except (ValueError, LookupError) as error:
        raise faults.unknown_code_page() from error
    return number


def _environment(message: Message) -> dict[str, str]:
    shell = message.find("rsp:Shell/rsp:Environment")
    variables = [] if shell is None else shell.findall(f"{{{SHELL}}}Variable")
    named = {each.get("Name", ""): each.text or "" for each in variables}
    if any(not name or "=" in name or len(value) > _LONGEST_VALUE for name, value in named.items()):
        raise faults.incorrect_parameter()
    return named


def _directory(text: str) -> PureWindowsPath | None:
    if not text:
        return None
    path = PureWindowsPath(ntpath.normpath(text))
    names = path.parts[1:]
    is_usual = path.is_absolute() and path.drive[1:] == ":"
    if not is_usual or any(_FORBIDDEN.intersection(name) or len(name.encode()) > _LONGEST_NAME for name in names):
        raise faults.invalid_directory()
    return path
