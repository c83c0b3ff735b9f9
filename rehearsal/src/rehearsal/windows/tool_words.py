"""What the command-line tools of Remote Desktop Services say, in English and in German.

Headings, states and idle texts are those of public transcripts, and so are the English sentences about missing users
and sessions and about refusals. German sentences stand here in the form of the English ones: clients decide by the exit
code. A state without a German word in any transcript has the English one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rehearsal.windows.sessions import State

LanguageName = Literal["en", "de"]

_STATES = {
    State.ACTIVE: "Active",
    State.CONNECTED: "Conn",
    State.CONNECT_QUERY: "ConnQ",
    State.SHADOW: "Shadow",
    State.DISCONNECTED: "Disc",
    State.IDLE: "Idle",
    State.LISTEN: "Listen",
    State.RESET: "Reset",
    State.DOWN: "Down",
    State.INIT: "Init",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language. `errors` are the system's, by their Win32 code."""

    users: str
    sessions: str
    states: Mapping[State, str]
    never_idle: str
    no_user: str
    no_session: str
    not_found: str
    not_logged_off: str
    not_listed: str
    no_server: str
    error: str
    errors: Mapping[int, str]
    other_error: str
    usage: str
    day_first: bool

    def error_line(self, code: int) -> str:
        return f"{self.error} [{code}]:{self.errors.get(code, self.other_error)}"

    def time(self, moment: datetime) -> str:
        """Date and time as the language writes them by default, without leading zeros in the United States."""
        if self.day_first:
            return f"{moment:%d.%m.%Y %H:%M}"
        return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M %p}"


WORDS: dict[LanguageName, Words] = {
    "en": Words(
        users=" USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME",
        sessions=" SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE ",
        states=_STATES,
        never_idle="none",
        no_user="No User exists for {}",
        no_session="No session exists for {}",
        not_found="Could not find session {}",
        not_logged_off="Could not logoff session ID {} from session {}, Error code {}",
        not_listed="Error 0x{:08x} enumerating sessionnames",
        no_server="Error opening Terminal server {}",
        error="Error",
        errors={
            2: "The system cannot find the file specified.",
            5: "Access is denied.",
            1722: "The RPC server is unavailable.",
            7007: "A close operation is pending on the session.",
            7022: "The session name cannot be found.",
        },
        other_error="The request could not be carried out.",
        usage="Invalid parameter(s)",
        day_first=False,
    ),
    "de": Words(
        users=" BENUTZERNAME          SITZUNGSNAME       ID  STATUS  LEERLAUF   ANMELDEZEIT",
        sessions=" SITZUNGSNAME      BENUTZERNAME             ID  STATUS  TYP         GERÄT  ",
        states=_STATES | {State.ACTIVE: "Aktiv", State.DISCONNECTED: "Getr.", State.LISTEN: "Abhör."},
        never_idle="Kein",
        no_user="Es ist kein Benutzer für {} vorhanden.",
        no_session="Es ist keine Sitzung für {} vorhanden.",
        not_found="Die Sitzung {} wurde nicht gefunden.",
        not_logged_off="Sitzungs-ID {} der Sitzung {} konnte nicht abgemeldet werden, Fehlercode {}",
        not_listed="Fehler 0x{:08x} beim Aufzählen der Sitzungsnamen",
        no_server="Fehler beim Öffnen des Terminalservers {}",
        error="Fehler",
        errors={
            2: "Das System kann die angegebene Datei nicht finden.",
            5: "Zugriff verweigert",
            1722: "Der RPC-Server ist nicht verfügbar.",
        },
        other_error="Der Auftrag konnte nicht ausgeführt werden.",
        usage="Ungültige(r) Parameter",
        day_first=True,
    ),
}
