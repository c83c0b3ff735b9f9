"""A command as the bot understood it: hosts, the choice among their sessions, and options."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.domain.conditions import Condition, Ids

if TYPE_CHECKING:
    from bot.domain.session import Session

LONGEST_REASON = 300
"""How many characters a reason, or a text on a desktop, may have."""


class Choice(StrEnum):
    """Which sessions the command itself chooses, before any press."""

    NONE = "none"  # no session: the card lists the sessions that could be chosen
    MATCHING = "matching"  # the sessions that an id or a filter names
    ALL = "all"  # all sessions of the hosts, by `--all` or by a pipe without a filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One session that a form showed and its sender ticked: nobody else who has its id later is meant."""

    host: str  # its name in the inventory
    id: int  # the session id
    account: str  # who was logged on, `DOMAIN\\user`, as the host wrote it
    logon: int  # when, in FILETIME ticks by the host's clock

    def is_still(self, session: Session) -> bool:
        """Whether this session is the one that was shown: the same id, person and logon."""
        found = (session.host, session.id, str(session.account), session.logon)
        return found == (self.host, self.id, self.account, self.logon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The ask of every command. Its properties have the values of a command that only reads; `ActAsk` has its own."""

    hosts: tuple[str, ...]  # names of the inventory, each once, in the order of the command
    ids: Ids = Ids()  # session ids; empty: the command named none
    conditions: tuple[Condition, ...] = ()  # filters; a session matches when all of them hold
    choice: Choice = Choice.NONE  # which sessions the command itself chooses
    here: bool = False  # show a private answer to the whole channel
    verbose: bool = False  # show Windows codes and the host's clock
    everywhere: bool = False  # no computer was named: look at all that the requester may list; acts never do
    shown: tuple[Shown, ...] = ()  # the sessions that were ticked in a form, and no others; empty: it was typed

    @property
    def force(self) -> bool:
        """Break-glass: the bot asks nobody. It works only where every rule allows it."""
        return False

    @property
    def whatif(self) -> bool:
        """A preview: the card shows the targets, and the bot changes nothing."""
        return False

    @property
    def reason(self) -> str:
        """The requester's reason, 300 characters at most; empty when they gave none."""
        return ""

    @property
    def wait(self) -> timedelta | None:
        """How long the host waits for each session to close; None: the host does not wait."""
        return None

    @property
    def warn(self) -> timedelta | None:
        """The time to save between the warning and the act; None: the bot sends no warning."""
        return None

    @property
    def warning(self) -> str:
        """The requester's own text for the desktops; empty: the bot's text."""
        return ""

    @property
    def even_if_active(self) -> bool:
        """Act also on a session that has become Active since the card was drawn."""
        return False

    @property
    def confirm(self) -> bool:
        """Ask for the requester's own yes, also where an action needs none."""
        return False

    @property
    def caption(self) -> str:
        """The title of a message on desktops; empty: the bot's title."""
        return ""

    @property
    def stop_on_error(self) -> bool:
        """Work on one host after the other, and begin on none after the first error."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAsk(Ask):
    """The ask of a command that acts on sessions."""

    force: bool = False  # break-glass: the bot asks nobody, where every rule allows it
    whatif: bool = False  # a preview: the bot changes nothing
    reason: str = ""  # the requester's reason, 300 characters at most; empty: none
    wait: timedelta | None = None  # how long the host waits for each session to close; None: it does not wait
    warn: timedelta | None = None  # the time to save after the warning, 10 seconds to 1 hour; None: no warning
    warning: str = ""  # the requester's own text for the desktops; empty: the bot's text
    even_if_active: bool = False  # act also on a session that has become Active since the card was drawn
    confirm: bool = False  # ask for the requester's own yes, also where an action needs none
    caption: str = ""  # the title of a message on desktops, 80 characters at most; empty: the bot's title
    stop_on_error: bool = False  # one host after the other, and none after the first error
