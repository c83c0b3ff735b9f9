"""Buttons: what a press becomes.

It is decided on the row as it was read and recorded only if the row is still that one; when somebody was faster it is
decided anew, so that a quorum counts distinct people and the last of them decides once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from bot.cards.model import Press
from bot.cards.wording import NOTHING_TAKEN_OUT, OTHERS_FOR_GENTLER, clash, paused, still_needed
from bot.domain.actions import Action
from bot.domain.events import ActionChanged, Approved, Cancelled, Counted, Denied, Narrowed, NoteKind, Refused, Stopped
from bot.domain.request import State
from bot.domain.requirement import Confirm
from bot.domain.transitions import READY_FOR
from bot.errors import Conflict, ConflictReason
from bot.policy import evaluate
from bot.policy.approvals import is_enough, may_press, may_reshape, may_still_act, may_withdraw, met_by_both
from bot.policy.model import Decision, deny

if TYPE_CHECKING:
    from bot.domain.events import Event
    from bot.domain.people import Actor, Person
    from bot.domain.request import Request
    from bot.domain.requirement import Requirement
    from bot.policy.model import Policy
    from bot.ports.directory import Directory
    from bot.ports.ledger import Ledger

TRIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEffect:
    """The press changes nothing: how it is noted and what the presser is told. `request` is the present one."""

    request: Request
    kind: NoteKind
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressHandler:
    """Weighs presses against the policy as it is now."""

    ledger: Ledger
    directory: Directory
    policy: Policy

    def take(
        self, request: Request, press: Press, actor: Actor, version: int, keys: frozenset[tuple[str, int]] = frozenset()
    ) -> Request | NoEffect:
        """Record what the press means. `version` is the button's; `keys` are the targets that a form kept."""
        presser = self.directory.person(actor)
        for _ in range(TRIES):
            meant = self._meant(request, press, presser, version, keys)
            if isinstance(meant, NoEffect):
                return meant
            try:
                return self.ledger.record(request.id, meant, interactive=True)
            except Conflict as conflict:
                request = conflict.request
                if conflict.reason is not ConflictReason.STALE:
                    return NoEffect(request=request, kind=_kind_of(conflict), message=clash(conflict))
        return NoEffect(
            request=request, kind=NoteKind.LOST_RACE, message="Too many people press at once. Look, then press."
        )

    def refuses_form(self, request: Request, actor: Actor, version: int) -> NoEffect | None:
        """Why the form behind Choose... is not opened for this person; None when it is."""
        meant = self._meant(request, Press.CHOOSE, self.directory.person(actor), version, frozenset())
        return meant if isinstance(meant, NoEffect) else None

    def _meant(
        self, request: Request, press: Press, presser: Person, version: int, keys: frozenset[tuple[str, int]]
    ) -> Event | NoEffect:
        if press in (Press.CANCEL, Press.STOP):
            return self._withdrawal(request, press, presser)
        weigh = may_reshape if press in (Press.CHOOSE, Press.DISCONNECT) else may_press
        decision = weigh(self.policy, request, presser)
        if not decision.allowed:
            return NoEffect(request=request, kind=NoteKind.OUTSIDER_PRESS, message=decision.message)
        if request.state is State.AWAITING and not request.content_version <= version <= request.version:
            stale = Conflict("The card has changed.", request=request, reason=ConflictReason.STALE)
            return NoEffect(request=request, kind=NoteKind.STALE_PRESS, message=clash(stale))
        match press:
            case Press.APPROVE:
                return self._yes(request, presser)
            case Press.DENY:
                return Denied(by=presser.actor, on_version=request.version)
            case Press.CHOOSE:
                return self._narrower(request, presser, keys)
            case Press.DISCONNECT:
                return self._gentler(request, presser)
        assert_never(press)

    def _withdrawal(self, request: Request, press: Press, presser: Person) -> Event | NoEffect:
        decision = may_withdraw(self.policy, request, presser)
        if not decision.allowed:
            return NoEffect(request=request, kind=NoteKind.OUTSIDER_PRESS, message=decision.message)
        if press is Press.STOP:
            return Stopped(by=presser.actor)
        return Cancelled(by=presser.actor, on_version=request.version)

    def _yes(self, request: Request, presser: Person) -> Event | NoEffect:
        """Counted, or the deciding one; before it decides, everything that allowed it is asked again."""
        required, pause = request.requirement, self.ledger.paused()
        if pause:
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=paused(pause))
        if required is None or request.state is not State.AWAITING:
            return Approved(by=presser.actor, on_version=request.version, valid_for=READY_FOR)
        earlier = [self.directory.person(a) for a in request.counted if a.user_id != presser.actor.user_id]
        valid = [person for person in earlier if may_press(self.policy, request, person).allowed]
        void = frozenset(s.actor.user_id for s in earlier) - {s.actor.user_id for s in valid}
        people = [*valid, presser]
        if not is_enough(required, request, people):
            if presser.actor in request.counted and not void:
                return NoEffect(request=request, kind=NoteKind.REPEATED_PRESS, message=still_needed(request))
            return Counted(by=presser.actor, on_version=request.version, void=void)
        requester = self.directory.person(request.actor)
        still = may_still_act(self.policy, request, requester, people)
        if not still.allowed:
            return Refused(rule=still.rule, message=still.message, by=presser.actor)
        return Approved(by=presser.actor, on_version=request.version, valid_for=READY_FOR, void=void)

    def _narrower(self, request: Request, presser: Person, keys: frozenset[tuple[str, int]]) -> Event | NoEffect:
        if request.state is State.AWAITING and keys >= {target.key for target in request.targets}:
            return NoEffect(request=request, kind=NoteKind.REPEATED_PRESS, message=NOTHING_TAKEN_OUT)
        return Narrowed(by=presser.actor, on_version=request.version, keys=keys)

    def _gentler(self, request: Request, presser: Person) -> Event | NoEffect:
        requester = self.directory.person(request.actor)
        found = self._disconnecting(request, requester)
        if isinstance(found, Decision):
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=found.message)
        shown = request.requirement
        if found.confirm is Confirm.OTHERS and shown and shown.confirm is not Confirm.OTHERS:
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=OTHERS_FOR_GENTLER)
        both = met_by_both(found, shown)
        return ActionChanged(by=presser.actor, on_version=request.version, action=Action.DISCONNECT, requirement=both)

    def _disconnecting(self, request: Request, requester: Person) -> Requirement | Decision:
        sessions = [target.session for target in request.targets]
        for session in sessions:
            decision = evaluate.for_session(self.policy, requester, request.place, Action.DISCONNECT, session)
            if not decision.allowed:
                return deny(
                    decision.rule, f"{session.account} on {session.host} may not be disconnected: {decision.message}."
                )
        return evaluate.requirement_for(self.policy, requester, request.place, Action.DISCONNECT, sessions)


def _kind_of(conflict: Conflict) -> NoteKind:
    return (
        NoteKind.LATE_PRESS if conflict.reason in (ConflictReason.OVER, ConflictReason.EXPIRED) else NoteKind.LOST_RACE
    )
