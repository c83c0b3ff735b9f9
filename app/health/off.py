"""Health and metrics where app.yaml does not ask for them: nothing is wrapped, and nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from adapters.slack.ack_keeper import AckKeeper

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.sql.write_queue import FairLock
    from app.bot import Bot
    from bot.ports.terminal import Terminal

Port = TypeVar("Port")


class HealthService(Protocol):
    """What answers beside the running bot."""

    def start(self) -> None:
        """Begin to answer: alive, and not ready. Raises `SettingsError` when the port cannot be had."""
        ...

    def started(self) -> None:
        """Commands can arrive now."""
        ...

    def stopping(self) -> None:
        """The end has begun."""
        ...

    def stop(self) -> None:
        """Answer no more. May be called without `start`, and twice."""
        ...


class NoService:
    """Answers nobody."""

    def start(self) -> None: ...

    def started(self) -> None: ...

    def stopping(self) -> None: ...

    def stop(self) -> None: ...


NO_SERVICE = NoService()


class NoHealth:
    """Gives each part back as it is."""

    def ledger(self, ledger: Port) -> Port:
        return ledger

    def chat(self, chat: Port) -> Port:
        return chat

    def logons(self, logons: Port) -> Port:
        return logons

    def terminal(self, terminal: Terminal) -> Terminal:
        return terminal

    def keeper(self) -> AckKeeper:
        return AckKeeper()

    def service(self, bot: Bot, database: Engine, turns: FairLock) -> HealthService:
        del bot, database, turns
        return NO_SERVICE
