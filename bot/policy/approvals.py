"""Presses: whose yes is worth something, when it is enough, and whether it still is right before the act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.conditions import Condition, Field, Operator
from bot.domain.requirement import Confirm
from bot.domain.session import SessionState
from bot.policy.evaluate import check_member, for_session, may_ask, requirement_for, rule_for
from bot.policy.model import Decision, deny

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.people import Person
    from bot.domain.request import Request, Target
    from bot.domain.requirement import Need, Requirement
    from bot.policy.model import Policy


def may_press(request: Request, presser: Person) -> Decision:
    """Is this person's yes worth anything for this request."""
    counted = check_member(presser)
    required = request.requirement
    if not counted.allowed or required is None:
        return counted
    is_requester = presser.actor.user_id == request.actor.user_id
    if required.confirm is not Confirm.OTHERS:
        return (
            Decision(allowed=True, rule="own")
            if is_requester
            else deny("own", "Only the person who asked can press this.")
        )
    for need in required.needs:
        if _counts_for(need, presser, is_requester=is_requester):
            return Decision(allowed=True, rule=need.rule)
    if is_requester:
        return deny(required.needs[0].rule, "Your own yes does not count here: somebody else has to approve.")
    return deny(required.needs[0].rule, "You are not among those who may decide this.")


def may_explain(request: Request, presser: Person) -> Decision:
    """Give the reason for `--force`: who typed it, and nobody for them."""
    counted = check_member(presser)
    if counted.allowed and presser.actor.user_id != request.actor.user_id:
        return deny("own", "Only the person who asked can give the reason.")
    return counted


def may_reshape(request: Request, presser: Person) -> Decision:
    """Fewer targets, or the gentler act: whoever may press, and the requester, as long as he counts at all."""
    counted = check_member(presser)
    is_requester = presser.actor.user_id == request.actor.user_id
    return counted if is_requester or not counted.allowed else may_press(request, presser)


def may_withdraw(request: Request, presser: Person) -> Decision:
    """Cancel and Stop: the requester, and whoever may approve. Holding back is open to more people than acting."""
    counted = check_member(presser)
    if not counted.allowed or presser.actor.user_id == request.actor.user_id:
        return counted
    needs = request.requirement.needs if request.requirement else ()
    if any(presser.is_among(need.of) for need in needs):
        return Decision(allowed=True, rule=needs[0].rule)
    return deny("own", "Only the person who asked, or somebody who may approve, can press this.")


def is_enough(required: Requirement, request: Request, counted: Sequence[Person]) -> bool:
    """Do these people, each counted once, meet every need."""
    people = {person.actor.user_id: person for person in counted}
    requester = request.actor.user_id
    match required.confirm:
        case Confirm.NOBODY:
            return True
        case Confirm.SELF:
            return requester in people
        case Confirm.OTHERS:
            return all(
                sum(_counts_for(need, s, is_requester=s.actor.user_id == requester) for s in people.values())
                >= need.count
                for need in required.needs
            )


def _counts_for(need: Need, person: Person, *, is_requester: bool) -> bool:
    return person.is_among(need.of) and (need.requester_counts or not is_requester)


def may_still_act(policy: Policy, request: Request, requester: Person, counted: Sequence[Person]) -> Decision:
    """Whatever allowed it has to hold now: the requester's right and every answer, target by target.

    A policy that was relaxed meanwhile does not approve by itself: the requirement that people saw is met as well.
    """
    asked = may_ask(policy, requester, request.place, request.action)
    if not asked.allowed:
        return asked
    for target in request.open_targets:
        decision = for_session(policy, requester, request.place, request.action, target.session)
        if not decision.allowed:
            message = f"{target.session.account} on {target.session.host} may no longer be touched: {decision.message}."
            return deny(decision.rule, message)
    ask, sessions = request.ask, [target.session for target in request.open_targets]
    force = bool(request.requirement and request.requirement.is_forced)
    now = requirement_for(policy, requester, request.place, request.action, sessions, force=force, reason=ask.reason)
    if isinstance(now, Decision):
        return now
    members = [person for person in counted if check_member(person).allowed]
    for required in _all_to_meet(now, request.requirement):
        if not is_enough(required, request, members):
            return deny(
                ", ".join(required.rules), "The rules or the people have changed since it was approved; ask again."
            )
    return asked


def _all_to_meet(now: Requirement, shown: Requirement | None) -> Iterator[Requirement]:
    """Where others have said yes, as they were shown, a requester's own yes is not needed on top of theirs."""
    if shown is not None:
        yield shown
    if shown is None or not (now.confirm is Confirm.SELF and shown.confirm is Confirm.OTHERS):
        yield now


NO_STATE = ("-1",)
"""Holds for no session: nothing is allowed in any situation."""


def conditions_on(
    policy: Policy, request: Request, requester: Person, counted: Sequence[Person], target: Target
) -> tuple[Condition, ...]:
    """In which situations the same answers allow the act, for the host to compare in its moment.

    Somebody who came back to work may be under another rule, which other people have to say yes to. How long he will
    have been idle in another state is not known, so a rule about that does not cover him there.
    """
    session = target.session

    def allows(state: SessionState) -> bool:
        there = session if state is session.state else replace(session, state=state, input=0, disconnect=0)
        moved = replace(target, session=there)
        return may_still_act(policy, replace(request, targets=(moved,)), requester, counted).allowed

    allowed = {state for state in SessionState if allows(state)}
    states = tuple(str(int(state)) for state in sorted(allowed)) or NO_STATE
    found = [Condition(field=Field.STATE, operator=Operator.IN, values=states)] if allowed < set(SessionState) else []
    rule = rule_for(policy, requester, request.place, request.action, session)
    if rule and rule.idle_over:
        seconds = str(int(rule.idle_over.total_seconds()))
        found.append(Condition(field=Field.IDLE, operator=Operator.MORE, values=(seconds,)))
    return tuple(found)


def named_in(policy: Policy) -> frozenset[str]:
    """All people and groups that any rule names: those whom the directory has to know."""
    needed = (rule.need.of for rule in policy.rules if rule.need)
    return frozenset().union(*(rule.who for rule in policy.rules), *needed)


def met_by_both(new: Requirement, shown: Requirement | None) -> Requirement:
    """What meets both: a gentler act never takes fewer people than the card has said, nor other places to ask."""
    if shown is None or shown.confirm is not Confirm.OTHERS:
        return new
    needs = tuple(dict.fromkeys((*shown.needs, *new.needs)))
    return replace(shown, needs=needs, rules=tuple(dict.fromkeys((*shown.rules, *new.rules))))
