"""A command as it was understood: computers, which of their sessions, and what to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.conditions import Condition, Ids

LONGEST_REASON = 300
"""How many characters a reason, or a text on a desktop, may have."""


class Choice(StrEnum):
    """Which of the sessions that may be touched are chosen before anybody presses a button."""

    NONE = "none"  # nobody: the card lists who could be chosen
    MATCHING = "matching"  # those that an id or a filter names
    ALL = "all"  # everybody on the computers, by `--all` or a pipe without a filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What every command asks for. The properties are what `ActAsk` can ask beyond it; a read asks for none of it."""

    hosts: tuple[str, ...]  # names of the inventory, each once, as they were said
    ids: Ids = Ids()  # session ids; empty: no id was named
    conditions: tuple[Condition, ...] = ()  # filters, all of which have to hold
    choice: Choice = Choice.NONE
    here: bool = False  # show a private answer in the channel
    verbose: bool = False  # show codes and the host's clock

    @property
    def force(self) -> bool:
        """Nobody is asked; only where every rule allows it."""
        return False

    @property
    def whatif(self) -> bool:
        """Nothing is done; it is shown who would be hit."""
        return False

    @property
    def reason(self) -> str:
        """The requester's reason, empty when none was given."""
        return ""

    @property
    def wait(self) -> timedelta | None:
        """How long each session is waited for; None: it is only asked to go."""
        return None

    @property
    def warn(self) -> timedelta | None:
        """People are warned first and get this long to save their work; None: nobody is warned."""
        return None

    @property
    def warning(self) -> str:
        """The requester's own text on the desktops, empty for the bot's."""
        return ""

    @property
    def even_if_active(self) -> bool:
        """Somebody who came back to work since the card was drawn is touched all the same."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActAsk(Ask):
    """What a command that acts on sessions asks for; the fields are those that `Ask` describes."""

    force: bool = False
    whatif: bool = False
    reason: str = ""
    wait: timedelta | None = None
    warn: timedelta | None = None
    warning: str = ""
    even_if_active: bool = False
