"""Behaviours of a host on which powershell.exe does not run the agent, or not the one that was sent.

`like` names a kind of failure and sets what Windows says of it; each option that is given beside it wins. The words are
English here. On a real host they have its language, and only identifiers, types and numbers are the same.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from rehearsal.windows.behaviour import Behaviour


def _error(words: str, category: str, identifier: str) -> str:
    return f"{words}\r\n    + CategoryInfo          : {category}\r\n    + FullyQualifiedErrorId : {identifier}\r\n"


FAILURES: dict[str, dict[str, Any]] = {
    "amsi": {
        "stderr": _error(
            "At line:1 char:1\r\n+ # logoff-bot: lists sessions of this host, or ends ...\r\n+ ~~~~~~~~~~~~\r\n"
            "This script contains malicious content and has been blocked by your antivirus software.",
            "ParserError: (:) [], ParseException",
            "ScriptContainedMaliciousContent",
        )
    },
    "no-powershell": {
        "stderr": "'powershell.exe' is not recognized as an internal or external command,\r\n"
        "operable program or batch file.\r\n"
    },
    "no-command": {
        "stderr": _error(
            "The term 'Add-Type' is not recognized as the name of a cmdlet, function, script file, or program.",
            "ObjectNotFound: (Add-Type:String) [], CommandNotFoundException",
            "CommandNotFoundException",
        )
    },
    "out-of-memory": {
        "stderr": _error(
            "Exception of type 'System.OutOfMemoryException' was thrown.",
            "OperationStopped: (:) [], OutOfMemoryException",
            "System.OutOfMemoryException",
        )
    },
    "no-desktop-heap": {"exit_code": 0xC0000142},
    "policy": {"stderr": "This program is blocked by group policy. Contact your system administrator.\r\n"},
    "killed": {"exit_code": 0xC000013A},
}
"""Options of `fails` by the word of `like`. The numbers are of ntstatus.h."""

_TEMP = "C:\\Users\\svc-logoff\\AppData\\Local\\Temp"
ERRORS: dict[str, dict[str, Any]] = {
    "no-temp": {
        "kind": "DirectoryNotFoundException",
        "code": -2147024893,
        "message": f"Could not find a part of the path '{_TEMP}\\2\\x4t1.tmp'.",
    },
    "temp-denied": {
        "kind": "UnauthorizedAccessException",
        "code": -2147024891,
        "message": f"Access to the path '{_TEMP}\\x4t1.tmp' is denied.",
    },
    "disk-full": {
        "kind": "IOException",
        "code": -2147024784,
        "message": "There is not enough space on the disk.",
    },
    "scanner": {
        "kind": "Exception",
        "code": -2146233088,
        "id": "SOURCE_CODE_ERROR,Microsoft.PowerShell.Commands.AddTypeCommand",
        "message": f"{_TEMP}\\x4t1.0.cs(1) : error CS1504: Source file could not be opened ('Unspecified error ')",
    },
    "out-of-memory": {
        "kind": "OutOfMemoryException",
        "code": -2147024882,
        "message": "Exception of type 'System.OutOfMemoryException' was thrown.",
    },
    "no-compiler": {
        "kind": "FileNotFoundException",
        "code": -2147024894,
        "message": "The system cannot find the file specified. csc.exe",
    },
    "no-command": {
        "kind": "CommandNotFoundException",
        "code": -2146233087,
        "id": "CommandNotFoundException",
        "message": "The term 'Add-Type' is not recognized as the name of a cmdlet.",
    },
    "policy": {
        "kind": "FileLoadException",
        "code": -2147020345,
        "message": "Could not load the file. An Application Control policy has blocked this file. (0x800711C7)",
    },
}
"""Options of `raises` by the word of `like`."""


class _Known(Behaviour):
    times: int = Field(default=0, ge=0)

    @staticmethod
    def _filled(value: Any, known: dict[str, dict[str, Any]]) -> Any:
        like = value.get("like") if isinstance(value, dict) else None
        if like is not None and like not in known:
            raise ValueError(f"like is one of {', '.join(known)}")
        return value if like is None else known[like] | value


class Fails(_Known):
    """powershell.exe ends with these words and this exit code, `times` times (0: always).

    `after: start`: the agent never began. `after: act`: it has begun and done all, and only its first nonce came out.
    """

    name = "fails"
    like: str | None = None
    stderr: str = ""
    stdout: str = ""
    exit_code: int = Field(default=1, ge=-(2**31), lt=2**32)
    after: Literal["start", "act"] = "start"

    @model_validator(mode="before")
    @classmethod
    def is_filled(cls, value: Any) -> Any:
        return cls._filled(value, FAILURES)


class Raises(_Known):
    """Add-Type raises an error of this type, HRESULT, identifier and message, `times` times (0: always)."""

    name = "raises"
    like: str | None = None
    kind: str = "Exception"
    code: int = Field(default=-2146233088, ge=-(2**31), lt=2**32)
    id: str = ""
    message: str = ""

    @model_validator(mode="before")
    @classmethod
    def is_filled(cls, value: Any) -> Any:
        return cls._filled(value, ERRORS)


class Mangles(_Known):
    """The program's input is not what was sent, `times` times (0: always).

    `cut`: it ends at the byte `at`. `hole`: the line in which that byte stands is lost. `doubled`, `padded`: it comes
    twice, or with a line behind it. A negative `at` counts from the end.
    """

    name = "mangles"
    how: Literal["cut", "hole", "doubled", "padded"] = "cut"
    at: int = -100


class Envelope(Behaviour):
    """MaxEnvelopeSizekb: a longer message is answered with 413 and not looked into."""

    name = "envelope"
    kb: int = Field(default=150, ge=32, le=500)
