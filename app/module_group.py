"""The name of the Windows group that the endpoint is for: data in a file that PowerShell reads."""

from __future__ import annotations

import re

from bot.errors import SettingsError

GROUP = r"CORP\logoff-bot-callers"
"""The group of the documentation, and the default."""

_FORBIDDEN = r'"/\\\[\]:;|=,+*?<>@'
_NAME = re.compile(rf"(?P<domain>[^{_FORBIDDEN}]{{1,255}})\\(?P<group>[^{_FORBIDDEN}]{{1,256}})")
_OF_MACHINE = frozenset(
    {"BUILTIN", "VORDEFINIERT", "PREDEFINITO", "INTEGRADO", "NT AUTHORITY", "NT-AUTORITÄT", "NT SERVICE"}
)
_QUOTES = re.compile("['\N{LEFT SINGLE QUOTATION MARK}-\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}]")
"""All that PowerShell takes for the end of a text in single quotes."""


def quoted(group: str) -> str:
    """Return the group as PowerShell writes a text. Raises `SettingsError` for what can be no group of a domain."""
    found = _NAME.fullmatch(group)
    parts = found.groups() if found else ()
    if not parts or not group.isprintable() or any(part != part.strip(" .") for part in parts):
        raise SettingsError(
            r"--group is no name of a group. Write the domain and the group's own name, as in "
            rf"--group '{GROUP}'; of a machine without a domain its own name and the group's."
        )
    if parts[0].upper() in _OF_MACHINE:
        raise SettingsError(
            f"Windows itself has the group of --group, and others may be in it. Make one for the bot's account alone, "
            f"such as {GROUP}."
        )
    return "'" + _QUOTES.sub(lambda mark: mark[0] * 2, group) + "'"
