"""The meaning of an agent that did not run: Add-Type failed, or PowerShell did not come as far as that.

What is known is known by identifiers, types and numbers, which are the same in every language of Windows. Sources:
about_Try_Catch_Finally (FullyQualifiedErrorId), [MS-ERREF] 2.2 and 2.3 (codes), the compiler errors of C#, and
ansible-collections/ansible.windows issues 588, 598 and 657.
"""

from __future__ import annotations

import re

from adapters.windows.agent.errors import CONSTRAINED, MISCOMPILED, TORN_ORDER, Miscompiled
from adapters.windows.errors import MEMORY_CODES, NO_MEMORY, NO_POWERSHELL, Fault, as_win32
from bot.errors import CannotCompile

NEVER_STARTED = Fault(
    CannotCompile,
    "The bot's program did not start on {host}. --verbose shows what Windows said.",
)
MALICIOUS = Fault(
    CannotCompile,
    "The virus scanner of {host} took the bot's script for malicious (AMSI) and stopped it. Let its administrators "
    "allow the script whose SHA-256 logoff-bot agent prints.",
)
NO_COMMAND = Fault(
    CannotCompile,
    "PowerShell on {host} does not find a command of its own. Look at PSModulePath there, and whether the module "
    "Microsoft.PowerShell.Utility is whole.",
)
NO_TEMP = Fault(
    Miscompiled,
    "The bot's account has no folder for temporary files (%TEMP%) on {host}, or may not write to it, and the C# "
    "compiler needs one. Give it one there.",
)
DISK_FULL = Fault(
    Miscompiled, "The disk of %TEMP% on {host} is full, so the C# compiler cannot work. Free some space there."
)
SCANNED = Fault(
    Miscompiled,
    "A virus scanner on {host} holds or takes away the files of the C# compiler. Let it spare %TEMP% of the bot's "
    "account.",
)
BLOCKED = Fault(
    Miscompiled,
    "Application control (AppLocker, WDAC) on {host} blocks what the C# compiler makes. The bot cannot work there "
    "without an exception for its account.",
)
NO_COMPILER = Fault(
    Miscompiled,
    "{host} does not find the C# compiler (csc.exe). Look whether .NET Framework 4 is whole there.",
)

IDENTIFIERS: tuple[tuple[str, Fault], ...] = (
    ("ScriptContainedMaliciousContent", MALICIOUS),
    ("InConstrainedLanguage", CONSTRAINED),
    ("CannotDefineNewType", CONSTRAINED),
    ("CannotCreateTypeConstrainedLanguage", CONSTRAINED),
    ("OutOfMemoryException", NO_MEMORY),
    ("InsufficientMemoryException", NO_MEMORY),
    ("CommandNotFoundException", NO_COMMAND),
    ("ParseException", TORN_ORDER),
)
"""Parts of FullyQualifiedErrorIds and names of exceptions, the telling ones first."""

COMPILER_ERRORS = {"CS0016": NO_TEMP, "CS2001": NO_TEMP, "CS1504": SCANNED}
"""Errors of the compiler that are about its files. All others are about its input, which is always the same."""

KINDS = {
    "DirectoryNotFoundException": NO_TEMP,
    "UnauthorizedAccessException": NO_TEMP,
    "SecurityException": NO_TEMP,
    "FileNotFoundException": NO_COMPILER,
}
"""Types of exceptions that Add-Type raises."""

CODES = {
    2: NO_COMPILER,  # ERROR_FILE_NOT_FOUND
    3: NO_TEMP,  # ERROR_PATH_NOT_FOUND
    5: NO_TEMP,  # ERROR_ACCESS_DENIED
    32: SCANNED,  # ERROR_SHARING_VIOLATION
    39: DISK_FULL,  # ERROR_HANDLE_DISK_FULL
    80: NO_TEMP,  # ERROR_FILE_EXISTS: 65,535 temporary files stand there already
    112: DISK_FULL,  # ERROR_DISK_FULL
    225: SCANNED,  # ERROR_VIRUS_INFECTED
    226: SCANNED,  # ERROR_VIRUS_DELETED
    267: NO_TEMP,  # ERROR_DIRECTORY
    1260: BLOCKED,  # ERROR_ACCESS_DISABLED_BY_POLICY
    4551: BLOCKED,  # ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION
} | dict.fromkeys(sorted(MEMORY_CODES), NO_MEMORY)
"""Win32 codes of exceptions that Add-Type raises."""

EXIT_CODES = {
    0xC0000017: NO_MEMORY,  # STATUS_NO_MEMORY
    0xC000009A: NO_MEMORY,  # STATUS_INSUFFICIENT_RESOURCES
    0xC000012D: NO_MEMORY,  # STATUS_COMMITMENT_LIMIT
    0xC0000142: NO_MEMORY,  # STATUS_DLL_INIT_FAILED: the desktop heap is used up
    9009: NO_POWERSHELL,  # cmd.exe: not recognized
}

_COMPILER_ERROR = re.compile(r"\bCS\d{4}\b")
_QUOTES = "[\"'\u00ab\u00bb\u2018-\u201f\u2039\u203a\u300c\u300d]"
"""What cmd.exe puts around a name, in the languages of Windows."""
_QUOTED_POWERSHELL = re.compile(rf"{_QUOTES}\s*powershell(\.exe)?\s*{_QUOTES}", re.IGNORECASE)
_CLIXML = re.compile(r"_x000[DA]_|</?S\b[^<>]*>")


def of_add_type(*, code: int, kind: str, identifier: str, message: str) -> Fault:
    """Return the meaning of an error that Add-Type raised. `code` is the HRESULT or Win32 code of the exception."""
    if known := _identified(f"{identifier} {kind}"):
        return known
    if found := _COMPILER_ERROR.search(message):
        return COMPILER_ERRORS.get(found[0]) or _refused_by_compiler(found[0])
    return CODES.get(as_win32(code)) or KINDS.get(kind) or MISCOMPILED


def of_silence(stderr: str, exit_code: int | None, *, has_output: bool) -> Fault | None:
    """Return the meaning of a program that ended before the agent began; None when nothing proves that it did not.

    `exit_code` is None when the program was not seen to end. `has_output`: somebody wrote to standard output. Nobody
    can have acted without the agent's first nonce, so an end with an error and with nothing before it is a proof.
    """
    if known := _identified(readable(stderr)):
        return known
    if exit_code is None or has_output or not (exit_code or stderr.strip()):
        return None
    if known := EXIT_CODES.get(exit_code % 2**32):
        return known
    return NO_POWERSHELL if exit_code and _QUOTED_POWERSHELL.search(stderr) else NEVER_STARTED


def readable(stderr: str) -> str:
    """Return standard error without the wrapping of CLIXML, in which PowerShell sometimes writes it."""
    return _CLIXML.sub(" ", stderr).replace("#< CLIXML", "") if "#< CLIXML" in stderr else stderr


def _identified(text: str) -> Fault | None:
    """PowerShell breaks lines of standard error anywhere, so blanks go."""
    squeezed = "".join(text.replace("\0", "").split())
    return next((fault for identifier, fault in IDENTIFIERS if identifier in squeezed), None)


def _refused_by_compiler(error: str) -> Fault:
    return Fault(
        Miscompiled,
        f"The C# compiler of {{host}} refused the bot's agent with {error}. Look whether .NET Framework 4 is whole "
        "there, and tell who runs the bot.",
    )
