"""The world of `bench/fleet.py`: hosts that answer at once, a chat that shows nothing, a rule that allows all."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from bot.audit.keys import SigningKeys
from bot.cards.shapes import Shape
from bot.domain.actions import Action
from bot.domain.people import Actor, MemberStatus, Person, Place
from bot.domain.posting import MessageRef
from bot.domain.session import Account, Machine, Session, SessionState
from bot.domain.verdicts import Verdict
from bot.policy.model import Force, Policy, Rule
from bot.ports.terminal import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from bot.cards.attachment import Attachment
    from bot.cards.model import Card
    from bot.domain.program import Program
    from bot.ports.terminal import Order

KEY = SigningKeys("the key of the bench, of no other use")
ASKER = Actor(user_id="U0BENCH", name="bench")
PLACE = Place(channel_id="C0BENCH", name="bench")
ONCALL = frozenset({"@oncall"})
MANY = 1_000_000
POLICY = Policy(
    rules=(Rule(name="all", who=ONCALL, may=frozenset(Action), force=Force(is_allowed=True), max_targets=MANY),),
    second_person_above=MANY,
    max_requests=MANY,
)
LOGON = 134_087_000_000_000_000


class Hosts:
    """The `Terminal` port in memory: everybody is there, and gone as soon as the order arrives."""

    def __init__(self, people: int) -> None:
        self._people = people

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:  # noqa: ARG002 - nothing takes time here
        return tuple(
            Session(
                host=host,
                id=number,
                state=SessionState.DISCONNECTED,
                account=Account(domain="CORP", user=f"user{number}"),
                logon=LOGON,
                disconnect=LOGON + 36_000_000_000,
                now=LOGON + 144_000_000_000,
                machine=Machine(dns=host, netbios=host.upper()),
            )
            for number in range(3, 3 + self._people)
        )

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...]:  # noqa: ARG002 - no programs
        return ()

    def log_off(
        self,
        host: str,  # noqa: ARG002 - every host is alike
        orders: Sequence[Order],
        *,
        wait: timedelta | None,  # noqa: ARG002 - nothing takes time here
        within: timedelta,  # noqa: ARG002 - the same
    ) -> Iterator[Answer]:
        return iter([Answer(session_id=order.session_id, verdict=Verdict.GONE) for order in orders])

    disconnect = log_off

    def message(
        self,
        host: str,  # noqa: ARG002 - every host is alike
        orders: Sequence[Order],
        *,
        title: str,  # noqa: ARG002 - nobody reads it
        text: str,  # noqa: ARG002 - the same
        within: timedelta,  # noqa: ARG002 - nothing takes time here
    ) -> Iterator[Answer]:
        return iter([Answer(session_id=order.session_id, verdict=Verdict.SENT) for order in orders])


class Quiet:
    """The `Chat` port that shows nothing, and the `Directory` port with one person."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def post(self, place: Place, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:  # noqa: ARG002 - nobody reads
        return MessageRef(channel_id=place.channel_id, ts=f"{next(self._numbers)}.000")

    def refusal(self, place: Place) -> str | None:  # noqa: ARG002 - the port has it
        return ""

    def learn(self, place: Place) -> None:
        """Nothing is to be learned."""

    def post_directly(self, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        return self.post(Place(channel_id=f"D{actor.user_id}"), card, shape)

    def redraw(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None: ...

    def remove(self, message_ref: MessageRef) -> None: ...

    def check(self, message_ref: MessageRef) -> None: ...

    def tell(self, place: Place, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> None: ...

    def answer(self, request_id: str, card: Card) -> None: ...

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None: ...

    def post_in_thread(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None: ...

    def send_file(self, actor: Actor, file: Attachment) -> None: ...

    def person(self, actor: Actor) -> Person:
        return Person(actor=actor, groups=ONCALL, status=MemberStatus.MEMBER)

    def members_of(self, names: frozenset[str]) -> frozenset[str]:  # noqa: ARG002 - there is one
        return frozenset({ASKER.user_id})
