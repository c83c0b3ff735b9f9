"""Whatever Slack refuses: the right card stands once, or the requester was told in the words of a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.slack.chat import SlackChat
from bot.cards import request_card
from bot.cards.troubles import BUTTONS_COME
from bot.domain.request import Ending, State
from bot.domain.session import Account
from bot.policy.model import Force
from bot.workflow.patience import Patience
from tests.fakes.terminal import FakeTerminal
from tests.fakes.web_client import METHODS, FakeSlack, FakeUrls, Message, Refusal
from tests.support import builders as b
from tests.support.harness import BotHarness
from tests.support.people import APPROVALS, BO, CHEN, DANA, OPS, asking_leads, directory, policy, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.request import Request
    from bot.policy.model import Rule

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ON_CALL = rule()
FORCING = rule(force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)
HELD = rule(force=Force(is_allowed=True, hold=timedelta(minutes=2)), approve_in=APPROVALS.channel_id)
EXPLAINED = rule(force=Force(is_allowed=True, needs_reason=True), approve_in=APPROVALS.channel_id)

FOR_GOOD = (
    "invalid_blocks",
    "msg_blocks_too_long",
    "restricted_action_thread_only_channel",
    "no_permission",
    "message_limit_exceeded",
    "messages_tab_disabled",
    "missing_scope",
    "cant_update_message",
    "is_archived",
    "an_error_of_tomorrow",
)
FOR_NOW = ("internal_error", *Refusal)
DEAD = ("token_revoked", "invalid_auth", "account_inactive")
ONCE = (Refusal.LOST, Refusal.SLOW, Refusal.CUT, Refusal.BROKEN, Refusal.RATE_SHORT, "internal_error")
WAYS_TO_REFUSE = [*((name, None) for name in (*FOR_GOOD, *FOR_NOW, *DEAD)), *((name, 1) for name in ONCE)]
"""What each call meets, and how often: None is always."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of card or notice: how it comes about. What is refused begins before `then`."""

    name: str
    then: Callable[[World], None]
    first: Callable[[World], None] | None = None
    rule: Rule = ON_CALL
    people: int = 3
    words: tuple[str, ...]
    """What the requester is told when the card does not stand."""


class World:
    def __init__(self, kind: Kind) -> None:
        sessions = tuple(
            b.session(number, account=Account(domain="CORP", user=f"user{number}"))
            for number in range(1, kind.people + 1)
        )
        self.harness = BotHarness(
            policy=policy(kind.rule, second_person_above=1000),
            directory=directory(),
            terminal=FakeTerminal({"comp1": sessions}),
            hosts=("comp1",),
            asker=DANA,
            place=OPS,
        )
        self.slack, self.urls = FakeSlack(), FakeUrls()
        chat = SlackChat(self.slack, {}, self.urls)  # type: ignore[arg-type] # as the client and the URLs
        self.harness.chat = chat  # type: ignore[assignment] # the real one

    @property
    def request(self) -> Request:
        return self.harness.request

    def ask(self, text: str, command: str = "logoff") -> None:
        self.harness.ask_and_run(text, command=command)

    def press(self, press: str, who: object = DANA) -> None:
        self.harness.press(press, by=who, on=self.request)  # type: ignore[arg-type] # an actor
        self.harness.run()

    def cards(self) -> list[Message]:
        """The messages that look like the request's card: no line in a thread, and no announcement."""
        said = [one for one in self.slack.standing.values() if self.request.id in one.words and one.thread is None]
        return [one for one in said if "Break-glass" not in one.text and one.text != "" and "asked by" in one.words]

    def told(self) -> list[str]:
        """What the requester alone was shown of the request after its receipt."""
        private = [message.words for who, message in self.slack.private if who == DANA.user_id]
        direct = [one.words for one in self.slack.standing.values() if one.channel == f"D{DANA.user_id}"]
        answers = [text for request_id, text in self.urls.answers if request_id == self.request.id]
        return [text for text in (*private, *direct, *answers) if self.request.id in text]


def deny_by_bo(world: World) -> None:
    world.press("deny", BO)


def one_yes(world: World) -> None:
    world.ask("comp1 --all --sync")
    world.press("approve", BO)


def narrow_after_a_yes(world: World) -> None:
    world.harness.choose(0, by=CHEN, on=world.request)
    world.harness.run()


OWN = ("the card is ready, and Slack has not taken it yet", "I cannot show you its card")
KINDS = [
    Kind(name="own yes", then=lambda w: w.ask("comp1 id=1 --sync"), words=OWN),
    Kind(
        name="own outcome",
        first=lambda w: w.ask("comp1 id=1 --sync"),
        then=lambda w: w.press("approve"),
        words=("the card cannot be drawn any more",),
    ),
    Kind(
        name="others' yes",
        rule=asking_leads(1),
        then=lambda w: w.ask("comp1 id=1 --sync"),
        words=("the card is ready, and Slack has not taken it yet", "I could not ask in C0APPROVE"),
    ),
    Kind(
        name="others' no",
        rule=asking_leads(1),
        first=lambda w: w.ask("comp1 id=1 --sync"),
        then=deny_by_bo,
        words=("the card cannot be drawn any more", "Denied"),
    ),
    Kind(
        name="a void yes",
        rule=asking_leads(2),
        people=3,
        first=one_yes,
        then=narrow_after_a_yes,
        words=("I could not ask in C0APPROVE",),
    ),
    Kind(name="a list", then=lambda w: w.ask("comp1", "sessions"), words=("session", "has not taken it yet")),
    Kind(name="a preview", then=lambda w: w.ask("comp1 id=1 --whatif"), words=("would be", "has not taken it yet")),
    Kind(
        name="a refusal",
        rule=rule(who=frozenset({"@nobody"})),
        then=lambda w: w.ask("comp1 id=1"),
        words=("Not allowed", "has not taken it yet"),
    ),
    Kind(
        name="break-glass",
        rule=FORCING,
        then=lambda w: w.ask("comp1 id=1 --sync --force"),
        words=("I could not announce it", "has not taken it yet", "Logged off CORP"),
    ),
    Kind(
        name="a hold",
        rule=HELD,
        then=lambda w: w.ask("comp1 id=1 --sync --force"),
        words=("I could not announce it", "has not taken it yet", "I cannot show you its card"),
    ),
    Kind(
        name="a reason",
        rule=EXPLAINED,
        then=lambda w: w.ask("comp1 id=1 --force"),
        words=("--force needs a reason here", "has not taken it yet"),
    ),
    Kind(
        name="a long list",
        rule=rule(max_targets=1000),
        people=60,
        then=lambda w: w.ask("comp1 --all --sync"),
        words=(*OWN, "I could not write the list of all 60"),
    ),
    Kind(
        name="expiry",
        rule=asking_leads(1, expires_after=timedelta(minutes=5)),
        first=lambda w: w.ask("comp1 id=1 --sync"),
        then=lambda w: w.harness.jump(timedelta(minutes=5)),
        words=("the card cannot be drawn any more", "Expired"),
    ),
]


def play(kind: Kind, method: str = "", refusal: str = "", times: int | None = None) -> World:
    world = World(kind)
    if kind.first:
        kind.first(world)
    if method:
        world.slack.refuse(method, refusal, times)
    kind.then(world)
    patience = b_patience(world)
    for _ in range(9):
        world.harness.jump(10 * SECOND)
        patience()
    return world


def b_patience(world: World) -> Callable[[], None]:
    """Return what tells who has waited too long: here when the first ten seconds are over."""
    patience = Patience(courier=world.harness.courier)
    patience.expect(world.request.id)
    return patience.look


def headline(world: World) -> str:
    return request_card.build(world.harness.find(world.request.id)).headline


def faults_of(world: World, kind: Kind) -> list[str]:
    """What is wrong: nobody was told, a copy that looks alive, words of no table."""
    wrong = []
    request, title = world.harness.find(world.request.id), headline(world)
    shown = [one for one in world.cards() if title in json.dumps(one.blocks, ensure_ascii=False) + one.text]
    wants = request_card.build(request).buttons and not request_card.is_private(request)
    right = [one for one in shown if BUTTONS_COME not in one.words and bool(one.buttons) == bool(wants)]
    told = [text for text in world.told() if any(words in text for words in kind.words)]
    if not right and not told:
        wrong.append(f"nobody was told: {title!r}; told {world.told()}; cards {[one.words for one in world.cards()]}")
    alive = [one for one in world.cards() if one.decides]
    if len(alive) > 1 or (alive and request.state is State.ENDED and right):
        wrong.append(f"{len(alive)} cards with buttons, {request.state}")
    if len(right) > 2:
        wrong.append(f"{len(right)} cards that look alike")
    return wrong


def left_alive(world: World) -> list[str]:
    """Buttons of the request that stand when Slack takes everything again and the request is long over."""
    world.slack.faults.clear()
    for wait in (timedelta(minutes=20), timedelta(minutes=20), timedelta(days=1)):
        world.harness.jump(wait)
    assert world.harness.find(world.request.id).state is State.ENDED
    standing = [one for one in world.slack.standing.values() if world.request.id in one.words]
    return [f"a button for ever: {one.words}" for one in standing if one.decides]


def methods_of(kind: Kind) -> list[str]:
    """The methods that this kind calls when nothing is refused, and those that take over."""
    called = set(play(kind).slack.called)
    return [method for method in METHODS if method in called]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_right_card_stands_once_or_the_requester_was_told(kind: Kind) -> None:
    wrong = []
    for method in methods_of(kind):
        for refusal, times in WAYS_TO_REFUSE:
            world = play(kind, method, refusal, times)
            faults = [*faults_of(world, kind), *left_alive(world)]
            wrong += [f"{method} {refusal} {times or 'always'}: {fault}" for fault in faults]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_is_wrong_when_slack_refuses_nothing(kind: Kind) -> None:
    world = play(kind)
    assert faults_of(world, kind) == []
    assert world.harness.request.ending is not Ending.FAILED
