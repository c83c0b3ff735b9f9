"""What goes wrong in Slack, and on the way from and to it: the second half of the scenarios."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.domain.posting import MessageRef
from bot.errors import NotOwner
from bot.workflow.courier import TOKEN_PAUSE
from tests.chaos.slack import SLACK_STORIES, UNANSWERED, SlackWorld, judge_slack
from tests.fakes.web_client import Refusal
from tests.support import builders as b
from tests.support.harness import Crash

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.tally import Tally

MOST = 14
"""A fault begins within so many calls of Slack, and is over after so many more."""

OTHERS = (
    "invalid_blocks",
    "msg_blocks_too_long",
    "msg_too_long",
    "restricted_action_thread_only_channel",
    "no_permission",
    "message_limit_exceeded",
    "cant_update_message",
    "edit_window_closed",
    "internal_error",
    "fatal_error",
    "not_in_channel",
    "channel_not_found",
    "user_not_in_channel",
    "service_unavailable",
    "some_error_of_tomorrow",
)
DEAD = ("token_revoked", "account_inactive", "invalid_auth", "token_expired")


def tell_in_slack(rng: Random, world: SlackWorld, tally: Tally, what: str, story: str = "") -> None:
    """Play a story to its end and judge it."""
    story = story or rng.choice(list(SLACK_STORIES))
    for deed in SLACK_STORIES[story]:
        deed(world)
    world.end()
    judge_slack(tally, world, f"{story}, {what}")


def killed(rng: Random, tally: Tally) -> None:
    """The process dies before a call of Slack, or after it and before it knows the answer."""
    world, seen = SlackWorld(), [0]
    deaths = {rng.randrange(2 * MOST) for _ in range(rng.choice((1, 1, 2)))}

    def die(name: str, _when: str) -> None:
        if not hasattr(world.chat, name):
            return
        seen[0] += 1
        if seen[0] - 1 in deaths:
            world.copies += 1
            raise Crash

    world.at_moment = die
    tell_in_slack(rng, world, tally, f"killed at {sorted(deaths)}")


def slow(rng: Random, tally: Tally) -> None:
    """Slack takes long, answers too late or not at all, for a while and for some of the methods."""
    kinds = rng.choice(((Refusal.SLOW,), (Refusal.CUT,), (Refusal.SLOW, Refusal.CUT, "late")))
    _refusing(rng, tally, kinds, rng.choice((0.5, 1.0)))


def refusing(rng: Random, tally: Tally) -> None:
    """Slack refuses for good, for now, breaks, cuts, and loses answers, each method as it likes."""
    kinds = (*rng.sample(OTHERS, 3), Refusal.RATE_SHORT, Refusal.BROKEN, Refusal.LOST, Refusal.CUT)
    _refusing(rng, tally, tuple(rng.sample(kinds, rng.randrange(1, 5))), rng.choice((0.3, 1.0)))


def _refusing(rng: Random, tally: Tally, kinds: tuple[str, ...], share: float) -> None:
    world, seen = SlackWorld(), [0]
    first, length = rng.randrange(MOST), rng.randrange(1, 3 * MOST)

    def meet(method: str) -> None:
        seen[0] += 1
        world.slack.faults.clear()
        if first <= seen[0] < first + length and rng.random() < share:
            kind = rng.choice(kinds)
            if kind in (Refusal.SLOW, Refusal.LOST):
                world.copies += 1
            if kind in (Refusal.SLOW, "late"):
                world.harness.clock.move(UNANSWERED / (1 if kind == Refusal.SLOW else 3))
            if kind != "late":
                world.slack.refuse(method, kind, 1)

    world.at_call = meet
    tell_in_slack(rng, world, tally, f"{[str(kind) for kind in kinds]} from {first} for {length}")


def revoked(rng: Random, tally: Tally) -> None:
    """The token is revoked for a while. The process may be killed meanwhile, as an operator does with a new token."""
    world, seen, restarts = SlackWorld(), [0], rng.random() < 0.5
    world.patience = TOKEN_PAUSE + timedelta(minutes=1)
    first, length, kind = rng.randrange(MOST), rng.randrange(1, 2 * MOST), rng.choice(DEAD)

    def meet(method: str) -> None:
        seen[0] += 1
        world.slack.faults.clear()
        if first <= seen[0] < first + length:
            world.slack.refuse(method, kind, 1)
        if restarts and seen[0] == first + length:
            world.copies += 1
            raise Crash

    world.at_call = meet
    tell_in_slack(rng, world, tally, f"{kind} from {first} for {length}")


def channels_change(rng: Random, tally: Tally) -> None:
    """The channel is archived, shared with others, or the bot is removed from it; it may come back later."""
    world = SlackWorld()
    which = rng.choice((world.slack.archived, world.slack.left, world.slack.shared))
    first, length = rng.randrange(MOST), rng.choice((2, 10, 1000))
    name = {id(world.slack.archived): "archived", id(world.slack.left): "left"}.get(id(which), "shared")
    _from_to(
        world,
        first,
        length,
        begin=partial(which.add, b.PLACE.channel_id),
        end=partial(which.discard, b.PLACE.channel_id),
    )
    tell_in_slack(rng, world, tally, f"{name} from {first} for {length}")


def _from_to(
    world: SlackWorld, first: int, length: int, *, begin: Callable[[], object], end: Callable[[], object]
) -> None:
    seen = [0]

    def meet(_method: str) -> None:
        seen[0] += 1
        if seen[0] == first + 1:
            begin()
        if seen[0] == first + 1 + length:
            end()

    world.at_call = meet


def messages_go(rng: Random, tally: Tally) -> None:
    """Somebody deletes messages of the bot, again and again."""
    world = SlackWorld()
    often = rng.choice((0.1, 0.3))

    def delete(_name: str, _when: str) -> None:
        if world.slack.standing and rng.random() < often / 5:
            channel, ts = rng.choice(list(world.slack.standing))
            world.slack.take_away(MessageRef(channel_id=channel, ts=ts))

    world.at_moment = delete
    tell_in_slack(rng, world, tally, f"deleted: {often}")


def deliveries(rng: Random, tally: Tally) -> None:
    """Commands and presses arrive three times, late, and after the process was started anew."""
    world = SlackWorld()
    ask, press = world.harness.ask, world.harness.press
    late: list[Callable[[], object]] = []

    def thrice(call: Callable[[], object]) -> object:
        answer = call()
        for _ in range(2):
            if rng.random() < 0.5:
                world.run(call)
            else:
                late.append(call)
        if rng.random() < 0.3:
            world.restart()
        return answer

    def asked(text: str, **how: str) -> object:
        delivery = f"delivery {rng.random()}"
        return thrice(partial(ask, text, delivery=delivery, **how))  # type: ignore[arg-type] # texts alone

    def pressed(button: str) -> object:
        version = world.harness.request.version
        return thrice(partial(press, button, version=version))

    harness: object = world.harness
    vars(harness).update(ask=asked, press=pressed)

    def arrive(_method: str) -> None:
        if late and rng.random() < 0.2:
            world.run(late.pop(rng.randrange(len(late))))

    world.at_call = arrive
    tell_in_slack(rng, world, tally, "three times")
    for call in late:
        world.run(call)
        world.let_pass(UNANSWERED)
    judge_slack(tally, world, "three times, the last long after")
    tally.tries -= 1


def owner_lost(rng: Random, tally: Tally) -> None:
    """The process loses its hold on the database while it is at a message, and has it again later."""
    world, seen = SlackWorld(), [0]
    first, length = rng.randrange(8 * MOST), rng.randrange(1, 4 * MOST)
    ledger = world.store

    def lose(_name: str, _when: str) -> None:
        seen[0] += 1
        ledger.not_owner = NotOwner("Lost.") if first <= seen[0] < first + length else None  # type: ignore[attr-defined]

    world.at_moment = lose
    tell_in_slack(rng, world, tally, f"lost at {first} for {length}")


def everything(rng: Random, tally: Tally) -> None:
    """Kills, refusals, lost answers and deleted messages in one story."""
    world, seen = SlackWorld(), [0]

    def meet(method: str) -> None:
        seen[0] += 1
        world.slack.faults.clear()
        luck = rng.random()
        if luck < 0.05 or luck > 0.9:
            world.copies += 1
        if luck < 0.05:
            raise Crash
        if luck > 0.9:
            world.slack.refuse(method, rng.choice((Refusal.LOST, Refusal.SLOW)), 1)
        elif luck > 0.7:
            world.slack.refuse(method, rng.choice((*OTHERS, Refusal.CUT, Refusal.BROKEN, Refusal.RATE_SHORT)), 1)

    world.at_call = meet
    tell_in_slack(rng, world, tally, "everything")


SLACK = {
    "Slack: killed in a call": killed,
    "Slack: slow and silent": slow,
    "Slack: refuses and loses answers": refusing,
    "Slack: tokens revoked": revoked,
    "Slack: channels change": channels_change,
    "Slack: messages are deleted": messages_go,
    "Slack: three times and late": deliveries,
    "Slack: the database is lost meanwhile": owner_lost,
    "Slack: everything at once": everything,
}
