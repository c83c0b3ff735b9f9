"""All kinds of requests, as people make them. A story goes on where it was when the bot died under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.request import State

if TYPE_CHECKING:
    from tests.chaos.world import World

SECOND = timedelta(seconds=1)
_DECIDED = (State.READY, State.ACTING)
Deed = Callable[["World"], object]


TRIES = 40
"""So often somebody types or presses again who got no answer, or was told to try again."""


def asks(text: str, command: str = "logoff") -> Deed:
    """Type a command, and again while there is no receipt."""

    def ask(world: World) -> None:
        known = world.newest()
        for _ in range(TRIES):
            world.run(lambda: world.harness.ask(text, command=command))
            if world.newest() not in (None, known):
                return
            world.let_pass(2 * SECOND)

    return ask


def presses(button: str) -> Deed:
    """Press a button of the newest card as soon as it has one, and again until it was taken."""

    def press(world: World) -> None:
        for _ in range(TRIES):
            newest = world.newest()
            if newest and (newest.state is State.ENDED or (button != "cancel" and newest.state in _DECIDED)):
                return
            if newest and newest.state is not State.ASKED:
                world.run(lambda: world.harness.press(button))
            world.let_pass(SECOND)

    return press


def waits(seconds: int) -> Deed:
    def wait(world: World) -> None:
        for _ in range(seconds):
            world.let_pass(SECOND)

    return wait


STORIES: dict[str, tuple[Deed, ...]] = {
    "waits for it": (asks("comp1 id=3 --sync"), waits(2), presses("approve"), waits(8)),
    "follows it": (asks("comp1,comp2 id=3"), waits(2), presses("approve"), waits(12)),
    "all of three hosts": (asks("comp1,comp2,comp3 --all --sync"), waits(2), presses("approve"), waits(8)),
    "one after the other": (asks("comp1,comp2,comp3 id=3 --stop-on-error"), waits(2), presses("approve"), waits(15)),
    "warned first": (asks("comp1,comp2 id=3,5 --warn 10s --sync"), waits(2), presses("approve"), waits(20)),
    "forced": (asks("comp1 id=3 --sync --force --reason x"), waits(10)),
    "disconnected": (asks("comp1 id=5", command="disconnect"), waits(2), presses("approve"), waits(10)),
    "a message": (asks('comp1 id=3,5 "hello"', command="tsmessage"), waits(6)),
    "a list": (asks("comp1", command="sessions"), waits(4)),
    "what if": (asks("comp1 id=3 --whatif"), waits(4)),
    "denied": (asks("comp1 id=3"), waits(2), presses("deny"), waits(4)),
    "cancelled in the time to save": (
        asks("comp1 id=3 --warn 30s"),
        waits(2),
        presses("approve"),
        waits(4),
        presses("cancel"),
        waits(4),
    ),
    "nobody presses": (asks("comp1 id=3"), waits(3)),
}


def tell(world: World, name: str) -> None:
    """Play the story, whatever happens to the bot on its way."""
    for deed in STORIES[name]:
        deed(world)
