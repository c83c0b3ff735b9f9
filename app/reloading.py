"""A changed app.yaml while the bot runs: checked, recorded and taken; or refused, and the old one kept."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from app.config.files import bytes_in
from app.config.oddities import oddities
from app.live import after_next_start, changed, merged
from app.told import Told
from bot.domain.letters import visible
from bot.errors import BotError, SettingsError
from bot.policy.approvals import named_in
from bot.policy.digest import digest_of, text_of
from bot.policy.lint import lint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.slack.directory import SlackDirectory
    from app.config.settings import Settings
    from app.live import LiveSettings
    from bot.policy.model import Policy
    from bot.ports.store import Store

WATCH_EVERY = timedelta(seconds=2)
"""How often a watched file is read. Its content counts when two looks found the same: nobody writes it any more."""

AGAIN_AFTER = timedelta(seconds=30)
"""When a file is tried again that could not be taken because Slack or the database did not answer."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloading:
    """Takes new settings into the running bot. No connection is opened anew and no request is lost.

    Whatever waits is decided by the rules that count when its second look comes.
    """

    live: LiveSettings
    directory: SlackDirectory
    ledger: Store

    def reload(self, read: Callable[[], Settings]) -> bool:
        """Read the settings and take them, or refuse them. Return False when Slack or the database did not answer."""
        try:
            self._take(read())
        except SettingsError as error:
            log.error("config.refused", message=error.message)  # noqa: TRY400 - its sentence says it all
        except BotError as error:
            again_in = AGAIN_AFTER.total_seconds()
            log.error("config.not_taken_yet", message=error.message, again_in=again_in)  # noqa: TRY400 - as above
            return False
        return True

    def _take(self, new: Settings) -> None:
        now, keys, waiting = self.live.now, changed(self.live.now, new), after_next_start(self.live.now, new)
        if not keys:
            log.info("config.unchanged", after_next_start=waiting)
            return
        taken = merged(now, new)
        self._take_policy(now.policy(), taken.policy())
        self.live.take(taken)
        for oddity in sorted(set(oddities(taken)) - set(oddities(now))):
            log.warning("config.odd", message=visible(oddity))
        policy = digest_of(text_of(taken.policy()))
        log.info("config.taken", changed=keys, after_next_start=waiting, policy=policy)

    def _take_policy(self, now: Policy, new: Policy) -> None:
        """Learn the people of the new rules, check the rules over them, and record the text. Raises `BotError`."""
        if text_of(new) == text_of(now):
            return
        self.directory.learn(named_in(new))
        try:
            if faults := self._faults_in(new, apart_from=self._faults_in(now)):
                raise SettingsError("\n".join(["The rules have faults:", *map(visible, faults)]))
            self.ledger.load_policy(text_of(new))
        except BotError:
            self.directory.narrow(named_in(now))
            raise
        self.directory.narrow(named_in(new))

    def _faults_in(self, policy: Policy, apart_from: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return what can never work. What the rules in force have as well keeps nobody from healing the rest."""
        found = lint(policy, self.directory.members_of, self.directory.known_groups)
        return tuple(fault for fault in found if fault not in apart_from)


@dataclass(slots=True, kw_only=True)
class Reloader:
    """Reloads when it was told to, or when the content of a watched file has changed. `look` runs in one thread.

    However often it is told, it reads the file once more after the last time.
    """

    read: Callable[[], Settings]
    watched: Path | None = None
    told: Told = field(default_factory=Told)
    _taken: str = ""  # the digest of the content that was read last
    _seen: str = ""  # and of the one that the last look found
    _looked: float = 0.0
    _not_before: float = 0.0

    def __post_init__(self) -> None:
        self._taken = self._seen = self._content()

    def listen(self) -> None:
        """Let SIGHUP tell it. Called in the main thread, as early as there is something to listen."""
        signal.signal(signal.SIGHUP, lambda *_: self.told.set())

    def look(self, reloading: Reloading) -> None:
        """Reload if that is due."""
        if self._has_changed():
            self.told.set()
        if not self.told.is_set() or monotonic() < self._not_before:
            return
        self.told.clear()
        self._taken = self._content()
        if not reloading.reload(self.read):
            self.told.set()
            self._not_before = monotonic() + AGAIN_AFTER.total_seconds()

    def _has_changed(self) -> bool:
        """Return whether the file has a content that is new and stays. A file that is away for a moment has none."""
        if not self.watched or monotonic() - self._looked < WATCH_EVERY.total_seconds():
            return False
        self._looked, before, self._seen = monotonic(), self._seen, self._content()
        return bool(self._seen) and before == self._seen != self._taken

    def _content(self) -> str:
        try:
            return sha256(bytes_in(self.watched)).hexdigest() if self.watched else ""
        except OSError:
            return ""
