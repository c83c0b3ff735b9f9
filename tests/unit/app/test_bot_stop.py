"""The order in which the parts of the bot start and stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.scheduler.places import Places
from app.bot import Bot

if TYPE_CHECKING:
    from datetime import timedelta


class Parts:
    """Every part of the bot in one; it notes what it is told.."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.bot: Bot | None = None
        self.stops_within_start = False

    def part(self, name: str) -> Any:
        parts = self

        class Part:
            def start(self, *_: object) -> None:
                parts.told.append(f"{name} start")
                if parts.stops_within_start and name == "directory" and parts.bot:
                    parts.bot.stop()

            def stop(self, within: timedelta | None = None) -> bool:
                parts.told.append(f"{name} stop" + ("" if within is None else f" {within.total_seconds():g}"))
                return True

            def started(self) -> None:
                parts.told.append(f"{name} says that all is started")

            def stopping(self) -> None:
                parts.told.append(f"{name} says that the end has begun")

            def load_policy(self, _: str) -> None:
                parts.told.append(f"{name} policy")

            step = record_failure = None

        return Part()

    def assembled(self) -> Bot:
        self.bot = Bot(
            ledger=self.part("ledger"),
            policy="",
            workflow=self.part("workflow"),
            places=Places(),
            scheduler=self.part("scheduler"),
            connection=self.part("connection"),
            directory=self.part("directory"),
            waits=self.part("waits"),
            homes=self.part("homes"),
            sends=self.part("sends"),
            digest=self.part("digest"),
            release=(lambda: self.told.append("release"),),
            writer=lambda: None,
        )
        return self.bot


def test_no_step_begins_while_the_bot_takes_its_last_commands() -> None:
    parts = Parts()
    bot = parts.assembled()
    bot.start()
    assert parts.told == [
        *("ledger policy", "directory start", "waits start", "homes start", "sends start"),
        *("scheduler start", "connection start", "digest start"),
    ]
    parts.told.clear()
    bot.stop()
    assert parts.told == [
        *("scheduler stop 0", "connection stop", "waits stop", "homes stop", "sends stop"),
        *("digest stop", "scheduler stop 5", "directory stop", "release"),
    ]


def test_a_start_that_is_stopped_begins_nothing_more() -> None:
    parts = Parts()
    parts.stops_within_start = True
    parts.assembled().start()
    assert [each for each in parts.told if each.endswith("start")] == ["directory start"]


def test_health_answers_from_the_first_moment_to_the_last() -> None:
    parts = Parts()
    bot = replace(parts.assembled(), health=parts.part("health"))
    bot.start()
    assert parts.told[0] == "health start"
    assert parts.told[-1] == "health says that all is started"
    parts.told.clear()
    bot.stop()
    assert parts.told[0] == "health says that the end has begun"
    assert parts.told[-2:] == ["health stop", "release"]
