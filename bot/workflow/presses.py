"""What a press on a button does.

A press is decided on the request as it was read, and recorded only if the request still has that version. When another
press was faster, it is decided again. So a quorum counts distinct people, and the last of them decides once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from bot.cards import target_list
from bot.cards.holders import NOTHING_HANGS
from bot.cards.model import Press
from bot.cards.wording import (
    NOTHING_TAKEN_OUT,
    OTHERS_FOR_GENTLER,
    REASON_IS_THERE,
    clash,
    not_listed,
    paused,
    still_needed,
    wrong_reason,
)
from bot.domain.actions import Action
from bot.domain.ask import LONGEST_REASON
from bot.domain.events import (
    ActionChanged,
    Approved,
    Cancelled,
    Counted,
    Denied,
    Narrowed,
    ReasonGiven,
    Refused,
    Stopped,
)
from bot.domain.lifecycle import ASKED_FOR, TABLE
from bot.domain.note_kind import NoteKind
from bot.domain.request import State
from bot.domain.requirement import Confirm, DenyReason
from bot.domain.transitions import READY_FOR
from bot.errors import Conflict, ConflictReason
from bot.policy.approvals import met_by_both
from bot.policy.evaluate import missing_ticket
from bot.policy.model import Decision

if TYPE_CHECKING:
    from bot.domain.events import Event
    from bot.domain.people import Actor, Person
    from bot.domain.request import Request
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer

CANCEL_INSTEAD = "You asked for this yourself, so your no is Cancel, in the menu behind the buttons."
DENY_INSTEAD = "Cancel is for the person who asked. You may decide this: press Deny to say no."
SAY_WHY = "Say in a few words why not: the rule here wants the reason. Nothing is decided yet."
_NO = (Press.DENY, Press.DENY_BECAUSE)

TRIES = 50
"""How often a press is decided again when other presses are faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEffect:
    """The result of a press that changes nothing."""

    request: Request  # as it is now
    kind: NoteKind  # how the press is noted
    message: str  # a sentence for the presser


@dataclass(frozen=True, slots=True, kw_only=True)
class PressHandler:
    """Decides what a press does, by the rules and the people of now."""

    ledger: Ledger
    authorizer: Authorizer

    def take(  # noqa: PLR0913 - the press, and what the forms behind buttons carry
        self,
        request: Request,
        press: Press,
        actor: Actor,
        version: int,
        keys: frozenset[tuple[str, int]] = frozenset(),
        *,
        text: str = "",
    ) -> Request | NoEffect:
        """Record the event of the press and return the changed request, or return why the press has no effect.

        `version` is the one that the button was drawn from. `keys` are host and session id of the targets that a form
        kept, `text` what was written into one. Raises `LedgerError`.
        """
        presser = self.authorizer.person(actor)
        for _ in range(TRIES):
            meant = self._meant(request, press, presser, version, keys, text)
            if isinstance(meant, NoEffect):
                return meant
            alone = self.authorizer.alone_limit(request, request.targets) if isinstance(meant, Approved) else None
            try:
                return self.ledger.record(request.id, meant, interactive=True, limit=alone)
            except Conflict as conflict:
                if conflict.reason is not ConflictReason.STALE:
                    return NoEffect(request=conflict.request, kind=_kind_of(conflict), message=clash(conflict))
                request = self.ledger.find(request.id) or request
        return NoEffect(
            request=request, kind=NoteKind.LOST_RACE, message="Too many people press at once. Look, then press."
        )

    def refuses_form(self, request: Request, press: Press, actor: Actor, version: int) -> NoEffect | None:
        """Return why the form behind a button is not opened for this person; None when it is."""
        presser = self.authorizer.person(actor)
        if press is Press.REASON:
            return self._refuses_reason(request, presser)
        meant = self._meant(request, press, presser, version, frozenset())
        return meant if isinstance(meant, NoEffect) else None

    def is_waiting(self, request: Request) -> bool:
        """Return whether the request still waits for a yes or a no."""
        return request.state is State.AWAITING and self.authorizer.clock.now() < request.expires_at

    def may_end(self, head: Request, press: Press, actor: Actor) -> bool:
        """Return whether this person may end or stop the request, as far as its head says."""
        presser, authorizer = self.authorizer.person(actor), self.authorizer
        weigh = authorizer.may_press if press is Press.DENY else authorizer.may_withdraw
        is_open = head.state is not State.ENDED and self.authorizer.clock.now() < head.expires_at
        return is_open and weigh(head, presser).allowed

    def would_end(self, request: Request, press: Press, actor: Actor, version: int) -> bool:
        """Return whether the press, taken now, ends or stops the request."""
        meant = self._meant(request, press, self.authorizer.person(actor), version, frozenset())
        return not isinstance(meant, NoEffect) and isinstance(meant, TABLE[request.state])

    def _meant(  # noqa: PLR0913, PLR0917 - as in `take`
        self,
        request: Request,
        press: Press,
        presser: Person,
        version: int,
        keys: frozenset[tuple[str, int]],
        text: str | None = None,
    ) -> Event | NoEffect:
        """Return what the press does. `text` None: a form for it may follow, so nothing is missing yet."""
        if press is Press.HOLDERS:  # a look, which decides nothing
            return NoEffect(request=request, kind=NoteKind.UNKNOWN_PRESS, message=NOTHING_HANGS)
        if press is Press.REASON:
            return self._reason(request, presser, text or "")
        if press in (Press.CANCEL, Press.STOP):
            return self._withdrawal(request, press, presser)
        reshapes = press in (Press.CHOOSE, Press.DISCONNECT)
        weigh = self.authorizer.may_reshape if reshapes else self.authorizer.may_press
        decision = weigh(request, presser)
        if not decision.allowed:
            kind = _not_theirs(request, presser)
            is_own_no = press in _NO and kind is NoteKind.OWN_PRESS
            return NoEffect(request=request, kind=kind, message=_own_no(request) if is_own_no else decision.message)
        if request.state is State.AWAITING and not request.content_version <= version <= request.version:
            stale = Conflict("The card has changed.", request=request, reason=ConflictReason.STALE)
            return NoEffect(request=request, kind=NoteKind.STALE_PRESS, message=clash(stale))
        if not target_list.is_complete(request):
            return NoEffect(request=request, kind=NoteKind.STALE_PRESS, message=not_listed(request))
        match press:
            case Press.APPROVE:
                return self._yes(request, presser)
            case Press.DENY | Press.DENY_BECAUSE:
                return _no(request, presser, text)
            case Press.CHOOSE:
                return self._narrower(request, presser, keys)
            case Press.DISCONNECT:
                return self._gentler(request, presser)
        assert_never(press)

    def _reason(self, request: Request, presser: Person, text: str) -> Event | NoEffect:
        """Return `ReasonGiven`, or why the form is shown again."""
        if refused := self._refuses_reason(request, presser):
            return refused
        if fault := wrong_reason(text, missing_ticket(request.reason_asked or (), text)):
            return NoEffect(request=request, kind=NoteKind.USAGE_ERROR, message=fault)
        return ReasonGiven(by=presser.actor, on_version=request.version, reason=text, valid_for=ASKED_FOR)

    def _refuses_reason(self, request: Request, presser: Person) -> NoEffect | None:
        decision = self.authorizer.may_explain(request, presser)
        if not decision.allowed:
            return NoEffect(request=request, kind=_not_theirs(request, presser), message=decision.message)
        is_over = request.state is State.ENDED
        if request.reason_asked is None:
            return NoEffect(request=request, kind=NoteKind.REPEATED_PRESS, message=REASON_IS_THERE)
        if is_over or self.authorizer.clock.now() >= request.expires_at:
            reason = ConflictReason.OVER if is_over else ConflictReason.EXPIRED
            late = Conflict("The time for this is over.", request=request, reason=reason)
            return NoEffect(request=request, kind=NoteKind.LATE_PRESS, message=clash(late))
        return None

    def _withdrawal(self, request: Request, press: Press, presser: Person) -> Event | NoEffect:
        decision = self.authorizer.may_withdraw(request, presser)
        if not decision.allowed:
            return NoEffect(request=request, kind=_not_theirs(request, presser), message=decision.message)
        if press is Press.CANCEL and self._denies_instead(request, presser):
            return NoEffect(request=request, kind=_not_theirs(request, presser), message=DENY_INSTEAD)
        if press is Press.STOP and request.state is not State.READY:
            return Stopped(by=presser.actor)
        return Cancelled(by=presser.actor, on_version=request.version)

    def _denies_instead(self, request: Request, presser: Person) -> bool:
        """Return whether the card has a no of their own for this person: Deny, which only those who decide may press.

        A card whose list is not written has no other no than Cancel.
        """
        required = request.requirement
        asks_others = required is not None and required.confirm is Confirm.OTHERS
        is_own = presser.actor.user_id == request.actor.user_id
        has_deny = request.state is State.AWAITING and target_list.is_complete(request)
        return asks_others and has_deny and not is_own and self.authorizer.may_press(request, presser).allowed

    def _yes(self, request: Request, presser: Person) -> Event | NoEffect:
        """Return `Counted`, `Approved` or `Refused`. The deciding yes asks the rules and the people again."""
        required, pause = request.requirement, self.authorizer.pause_switch.paused()
        if pause:
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=paused(pause))
        if required is None or request.state is not State.AWAITING:
            return Approved(by=presser.actor, on_version=request.version, valid_for=READY_FOR)
        tally = self.authorizer.tally(request, required, presser)
        if not tally.is_enough:
            if presser.actor.user_id in {actor.user_id for actor in request.counted} and not tally.void:
                return NoEffect(request=request, kind=NoteKind.REPEATED_PRESS, message=still_needed(request))
            return Counted(by=presser.actor, on_version=request.version, void=tally.void, serving=tally.serving)
        if not tally.decision.allowed:
            return Refused(rule=tally.decision.rule, message=tally.decision.message, by=presser.actor)
        return Approved(
            by=presser.actor,
            on_version=request.version,
            valid_for=READY_FOR,
            void=tally.void,
            serving=tally.serving,
        )

    def _narrower(self, request: Request, presser: Person, keys: frozenset[tuple[str, int]]) -> Event | NoEffect:
        if request.state is State.AWAITING and keys >= {target.key for target in request.targets}:
            return NoEffect(request=request, kind=NoteKind.REPEATED_PRESS, message=NOTHING_TAKEN_OUT)
        return Narrowed(by=presser.actor, on_version=request.version, keys=keys)

    def _gentler(self, request: Request, presser: Person) -> Event | NoEffect:
        found = self.authorizer.requirement_to_disconnect(request)
        if isinstance(found, Decision):
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=found.message)
        shown = request.requirement
        if found.confirm is Confirm.OTHERS and shown and shown.confirm is not Confirm.OTHERS:
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=OTHERS_FOR_GENTLER)
        both = self.authorizer.with_called(request, met_by_both(found, shown))
        if nobody := self.authorizer.nobody_to_ask(request, both):
            return NoEffect(request=request, kind=NoteKind.REFUSED, message=nobody.message)
        return ActionChanged(by=presser.actor, on_version=request.version, action=Action.DISCONNECT, requirement=both)


def _no(request: Request, presser: Person, text: str | None) -> Event | NoEffect:
    """Return `Denied`, or why the form for its reason is shown again."""
    required = request.requirement
    is_needed = required is not None and required.deny_reason is DenyReason.NEEDED
    if text == "" and is_needed and request.state is State.AWAITING:
        return NoEffect(request=request, kind=NoteKind.USAGE_ERROR, message=SAY_WHY)
    if text and len(text) > LONGEST_REASON and request.state is State.AWAITING:
        too_long = f"The reason is longer than {LONGEST_REASON} characters. Say it shorter."
        return NoEffect(request=request, kind=NoteKind.USAGE_ERROR, message=too_long)
    return Denied(by=presser.actor, on_version=request.version, reason=text or "")


def _own_no(request: Request) -> str:
    """Return the answer to a requester's Deny: their own no while it waits, and who was faster when it is decided."""
    if request.state is State.AWAITING:
        return CANCEL_INSTEAD
    reason = ConflictReason.OVER if request.state is State.ENDED else ConflictReason.OUT_OF_ORDER
    return clash(Conflict("It is decided.", request=request, reason=reason))


def _not_theirs(request: Request, presser: Person) -> NoteKind:
    """Return how a press is noted that does not count: the requester is no outsider of their own request."""
    is_own = presser.actor.user_id == request.actor.user_id
    return NoteKind.OWN_PRESS if is_own else NoteKind.OUTSIDER_PRESS


def _kind_of(conflict: Conflict) -> NoteKind:
    return (
        NoteKind.LATE_PRESS if conflict.reason in (ConflictReason.OVER, ConflictReason.EXPIRED) else NoteKind.LOST_RACE
    )
