"""The settings of the running bot, of which some may be replaced while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import SettingsError
from bot.policy.in_force import InForce, Terms

if TYPE_CHECKING:
    from datetime import timedelta

    from app.config.settings import Settings, WinRm

AT_START = ("rehearsal", "team", "database", "replicas", "audit_key", "slack", "commands", "health")
"""The keys of which a new value counts after the next start: connections, signatures and the app's manifest hang on
them."""

AT_ANY_TIME = (
    *("computers", "groups", "default_computer", "contact", "rules", "protect", "limits", "digest"),
    "winrm",  # without the three below
)
"""The keys of which a new value counts at once."""

SIZES = ("lockout_window", "looks_at_once", "hosts_at_once")
"""The keys of `winrm` that say how many threads there are, and how long the lockout gate looks back."""


class LiveSettings:
    """The settings that count now, with the rules in force. Threads read them; one thread replaces them."""

    def __init__(self, settings: Settings) -> None:
        self.now = self._before = settings
        self.in_force = InForce(settings.policy(), settings.inventory())

    def take(self, settings: Settings) -> None:
        """Let these count from now on. How a new computer is reached is known before a command may name it."""
        self._before, self.now = self.now, settings
        self.in_force.take(Terms(policy=settings.policy(), inventory=settings.inventory()))

    def winrm_for(self, host: str) -> tuple[str, WinRm]:
        """Return the address of a host and the way to it. Raises `LookupError` for a host that is not here now."""
        return self.now.winrm_for(host)

    def machine_of(self, host: str) -> str:
        """Return what the host calls itself: as before, where it was taken out while its answer was on its way."""
        try:
            return self.now.machine_of(host)
        except LookupError:
            return self._before.machine_of(host)

    def look_within(self, host: str) -> timedelta:
        """Return how long a host may take to list its sessions."""
        return self.now.look_within(host)

    def may_repeat(self, host: str) -> bool:
        """Return whether a failed call may be made once more: never at a host that is not here now."""
        try:
            return self.now.may_repeat(host)
        except LookupError:
            return False


def merged(now: Settings, new: Settings) -> Settings:
    """Return the new settings with the old values of all that counts at a start alone.

    Raises `SettingsError` where a rehearsal would become a real bot, or the other way round.
    """
    if new.rehearsal != now.rehearsal:
        raise SettingsError("rehearsal: a bot that runs stays what it is. Stop it, and start the other one.")
    winrm = new.winrm.model_copy(update={key: getattr(now.winrm, key) for key in SIZES})
    return new.model_copy(update={**{key: getattr(now, key) for key in AT_START}, "winrm": winrm})


def changed(now: Settings, new: Settings) -> tuple[str, ...]:
    """Return the keys at the top of the file whose new value would count at once."""
    after = merged(now, new)
    return tuple(key for key in AT_ANY_TIME if getattr(now, key) != getattr(after, key))


def after_next_start(now: Settings, new: Settings) -> tuple[str, ...]:
    """Return the keys whose new value counts after the next start, with their section."""
    slack = [f"slack.{key}" for key in type(new.slack).model_fields if _differ(now.slack, new.slack, key)]
    sizes = [f"winrm.{key}" for key in SIZES if _differ(now.winrm, new.winrm, key)]
    return (*(key for key in AT_START if key != "slack" and _differ(now, new, key)), *slack, *sizes)


def _differ(now: object, new: object, key: str) -> bool:
    return bool(getattr(now, key) != getattr(new, key))
