"""A world with the bot's own adapter to Slack over a Slack in this process, and the judge of what stands in it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.slack.chat import SlackChat
from bot.domain.request import State
from tests.chaos.stories import SECOND, TRIES, asks, waits
from tests.chaos.tally import judge
from tests.chaos.world import World
from tests.fakes.web_client import FakeSlack, FakeUrls, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web import SlackResponse

    from bot.domain.request import Request
    from tests.chaos.stories import Deed
    from tests.chaos.tally import Tally

UNANSWERED = timedelta(seconds=30)
"""How long a call of Slack waits for its answer, by the clock of this world."""


class Slack(FakeSlack):
    """`at_call` is called with the method before each call, and may raise or set a fault for it.

    `posted_alive` are the messages that had buttons from the beginning, as where Slack takes no edits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.posted_alive: set[tuple[str, str]] = set()

    at_call: Callable[[str], None] = staticmethod(lambda _method: None)
    at_show: Callable[[Message], None] = staticmethod(lambda _message: None)
    """Called with each message of a channel as it was posted or redrawn."""

    def chat_postMessage(self, **how: Any) -> SlackResponse:  # noqa: N802 - Slack's name
        before = len(self.standing)
        try:
            return super().chat_postMessage(**how)
        finally:
            if len(self.standing) > before:
                (*_, where) = self.standing
                self.at_show(self.standing[where])
                if self.standing[where].buttons:
                    self.posted_alive.add(where)

    def chat_update(self, *, channel: str, ts: str, **how: Any) -> SlackResponse:
        done = super().chat_update(channel=channel, ts=ts, **how)
        self.at_show(self.standing[channel, ts])
        return done

    def _enter(self, method: str) -> Exception | None:
        self.at_call(method)
        return super()._enter(method)


class SlackWorld(World):
    """`copies` is how often the process may have lost sight of a message that it sent: a kill, a lost answer.

    `shown` are the requests whose outcome stood in a channel.
    """

    patience = timedelta(minutes=3)
    """When Slack takes all calls again for so long, a request that waits can be decided."""

    def __init__(self) -> None:
        self.slack, self.urls = Slack(), FakeUrls()
        self.copies = 0
        self.undecidable = 0
        super().__init__(chat=SlackChat(self.slack, {}, self.urls))  # type: ignore[arg-type] # as the client and the URLs
        self.shown: set[str] = set()
        self.at_call: Callable[[str], None] = lambda _method: None
        self.slack.at_call = self._calling
        self.slack.at_show = self._note_outcome

    def _calling(self, method: str) -> None:
        self.at_call(method)

    def _note_outcome(self, message: Message) -> None:
        """Keep whose outcome was seen: somebody may delete the message after that."""
        for request in self.store.newest(10):
            if request.id in message.words and request.state is State.ENDED and not message.decides:
                self.shown.add(request.id)

    def restart(self) -> None:
        """What a process knows by heart dies with it: what Slack said of channels, and where commands are answered."""
        self._forget_channels()
        if self.slack.called:
            self.urls.works = False
        super().restart()
        self.run(self._hurry)

    def _hurry(self) -> None:
        self.store.hurry_postings()
        self.harness.run()

    def let_pass(self, length: timedelta) -> None:
        self._forget_channels()
        super().let_pass(length)

    def _forget_channels(self) -> None:
        chat: Any = self.chat
        chat._channels.clear()  # the adapter's own clock stands still here

    def end(self) -> None:
        self.at_call = lambda _method: None
        self.at_moment = lambda _name, _when: None
        self.store.not_owner = None  # type: ignore[attr-defined] # the fake's
        self.slack.faults.clear()
        until = self.harness.clock.now() + self.patience
        while self._waits_unseen() and self.harness.clock.now() < until:
            self.let_pass(5 * SECOND)
        if self._waits_unseen():
            self.undecidable += 1
        super().end()

    def _waits_unseen(self) -> bool:
        """Return whether the newest request waits, nobody can press its card, and its requester does not know."""
        newest = self.newest()
        return bool(newest and newest.state is State.AWAITING and not self.live(newest) and not self._told(newest))

    # What people see

    def cards(self, request: Request) -> list[tuple[tuple[str, str], Message]]:
        """The messages that look like the card of the request."""
        return [
            (where, message)
            for where, message in self.slack.standing.items()
            if message.thread is None and request.id in message.words and "asked by" in message.words
        ]

    def live(self, request: Request) -> list[tuple[str, str]]:
        """Where somebody can press a button of the request."""
        return [where for where, message in self.cards(request) if message.decides and self.is_open(where[0])]

    def is_open(self, channel: str) -> bool:
        return channel not in self.slack.archived | self.slack.left

    def is_told(self, request: Request) -> bool:
        """Return whether the requester sees what came of the request, on its card or in words."""
        ref = request.message_ref
        stands = bool(ref and (ref.channel_id, ref.ts) in self.slack.standing)
        return stands or request.id in self.shown or self._told(request)

    def _told(self, request: Request) -> bool:
        """Return whether the requester was told of it in words of their own."""
        private = [message.words for _, message in self.slack.private]
        direct = [one.words for one in self.slack.standing.values() if one.channel.startswith("D")]
        answers = [text for _, text in self.urls.answers]
        return any(request.id in words for words in (*private, *direct, *answers))


def presses_what_stands(button: str) -> Deed:
    """Press a button that stands in Slack. A request whose buttons do not come while Slack is well is undecidable."""

    def press(world: World) -> None:
        assert isinstance(world, SlackWorld)
        for _ in range(TRIES):
            newest = world.newest()
            if newest and newest.state not in (State.ASKED, State.AWAITING):
                return
            if newest and world.live(newest):
                world.run(lambda: world.harness.press(button))
            world.let_pass(2 * SECOND)

    return press


SLACK_STORIES: dict[str, tuple[Deed, ...]] = {
    "one": (asks("comp1 id=3 --sync"), waits(2), presses_what_stands("approve"), waits(8)),
    "three hosts": (asks("comp1,comp2,comp3 --all"), waits(2), presses_what_stands("approve"), waits(12)),
    "denied": (asks("comp1 id=3"), waits(2), presses_what_stands("deny"), waits(6)),
    "cancelled": (asks("comp1 id=3 --warn 30s"), waits(2), presses_what_stands("approve"), waits(4)),
    "forced": (asks("comp1 id=3 --sync --force --reason x"), waits(12)),
    "a list": (asks("comp1", command="sessions"), waits(6)),
    "what if": (asks("comp1 id=3 --whatif"), waits(6)),
    "nobody presses": (asks("comp1 id=3"), waits(5)),
    "a message": (asks('comp1 id=3,5 "hello"', command="tsmessage"), waits(6)),
}


def judge_slack(tally: Tally, world: SlackWorld, about: str) -> None:
    """Add what one try has come to: what `judge` counts, and what stands in Slack."""
    judge(tally, world, about)
    requests = world.store.newest(10_000)
    tally.count("doubled", sum(_copies_too_many(world, request) for request in requests), f"{about}, cards")
    tally.count("doubled", sum(_copies_alive(world, request) for request in requests), f"{about}, a live copy")
    tally.count("doubled", _deliveries_twice(requests), f"{about}, one delivery twice")
    over = [request for request in requests if request.state is State.ENDED]
    tally.count("not_told", sum(not world.is_told(request) for request in over), f"{about}, the outcome")
    tally.count("not_told", world.undecidable, f"{about}, undecidable")


def _copies_too_many(world: SlackWorld, request: Request) -> int:
    """The documented copy: one more than the card, and only when an answer was lost or the process died."""
    return max(0, len(world.cards(request)) - 1 - min(1, world.copies))


def _copies_alive(world: SlackWorld, request: Request) -> int:
    """Count the messages that can be pressed and are not the card, or are that of a request that is over."""
    ref = request.message_ref
    own = (ref.channel_id, ref.ts) if ref and request.state is not State.ENDED else None
    unseen = world.slack.posted_alive if world.copies else set()  # where no edit is taken (0002): a press replaces it
    return sum(where != own and where not in unseen for where in world.live(request))


def _deliveries_twice(requests: tuple[Request, ...]) -> int:
    return sum(number - 1 for number in Counter(request.delivery for request in requests).values())
