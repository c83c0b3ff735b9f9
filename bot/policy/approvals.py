"""Presses: whose yes counts, when enough people have said yes, and whether that still holds right before the act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.conditions import Condition, Field, Operator
from bot.domain.requirement import Confirm, strictest
from bot.domain.session import EARLIEST, KNOWN_STATES, SessionState
from bot.policy.evaluate import at_once, check_member, for_session, may_ask, requirement_for, rule_for
from bot.policy.model import Decision, deny

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.people import Person
    from bot.domain.request import Request, Target
    from bot.domain.requirement import Need, Requirement
    from bot.domain.session import Session
    from bot.policy.model import Policy


def may_press(request: Request, presser: Person) -> Decision:
    """Return whether the presser's yes, or no, counts for this request."""
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
    """Return whether the presser may give the reason for `--force`: only the requester may."""
    counted = check_member(presser)
    if counted.allowed and presser.actor.user_id != request.actor.user_id:
        return deny("own", "Only the person who asked can give the reason.")
    return counted


def may_reshape(request: Request, presser: Person) -> Decision:
    """Return whether the presser may take targets out or choose the gentler act.

    The requester may, as long as they are a member, and so may every person whose yes counts.
    """
    counted = check_member(presser)
    is_requester = presser.actor.user_id == request.actor.user_id
    return counted if is_requester or not counted.allowed else may_press(request, presser)


def may_withdraw(request: Request, presser: Person) -> Decision:
    """Return whether the presser may press Cancel or Stop: the requester may, and so may every approver."""
    counted = check_member(presser)
    if not counted.allowed or presser.actor.user_id == request.actor.user_id:
        return counted
    needs = request.requirement.needs if request.requirement else ()
    if any(presser.is_among(need.of) for need in needs):
        return Decision(allowed=True, rule=needs[0].rule)
    return deny("own", "Only the person who asked, or somebody who may approve, can press this.")


def is_enough(required: Requirement, request: Request, counted: Sequence[Person]) -> bool:
    """Return whether these people, each counted once, meet every need of the requirement."""
    people = {person.actor.user_id: person for person in counted}
    requester = request.actor.user_id
    match required.confirm:
        case Confirm.NOBODY | Confirm.AT_ONCE:
            return True
        case Confirm.SELF:
            return requester in people
        case Confirm.OTHERS:
            serving = serving_of(required, request, list(people.values()))
            return all(len(those) >= need.count for need, those in zip(required.needs, serving, strict=True))


def serving_of(required: Requirement, request: Request, counted: Sequence[Person]) -> tuple[tuple[str, ...], ...]:
    """Return for each need, in their order, the user ids of those whose yes counts for it. One yes may serve several.

    What decides and what the card shows is this one answer.
    """
    requester = request.actor.user_id
    people = {person.actor.user_id: person for person in counted}
    return tuple(
        tuple(user for user, each in people.items() if _counts_for(need, each, is_requester=user == requester))
        for need in required.needs
    )


def _counts_for(need: Need, person: Person, *, is_requester: bool) -> bool:
    return person.is_among(need.of) and (need.requester_counts or not is_requester)


def may_still_act(policy: Policy, request: Request, requester: Person, counted: Sequence[Person]) -> Decision:
    """Return whether the act is allowed now: by the requester's right, target by target, and by the people who count.

    The people have to meet both the requirement of today's rules and the one that the card has shown. So a policy that
    was relaxed meanwhile approves nothing by itself.
    """
    return _may_act_on([target.session for target in request.open_targets], policy, request, requester, counted)


def _may_act_on(
    sessions: Sequence[Session], policy: Policy, request: Request, requester: Person, counted: Sequence[Person]
) -> Decision:
    asked = may_ask(policy, requester, request.place, request.action)
    if not asked.allowed:
        return asked
    for session in sessions:
        decision = for_session(policy, requester, request.place, request.action, session)
        if not decision.allowed:
            message = f"{session.account} on {session.host} may no longer be touched: {decision.message}."
            return deny(decision.rule, message)
    ask, force = request.ask, bool(request.requirement and request.requirement.is_forced)
    now = requirement_for(policy, requester, request.place, request.action, sessions, force=force, reason=ask.reason)
    if isinstance(now, Decision):
        return now
    now = at_once(now, ask, request.action)
    members = [person for person in counted if check_member(person).allowed]
    for required in _all_to_meet(now, request.requirement):
        if not is_enough(required, request, members):
            return deny(
                ", ".join(required.rules), "The rules or the people have changed since it was approved; ask again."
            )
    return asked


def _all_to_meet(now: Requirement, shown: Requirement | None) -> Iterator[Requirement]:
    """Yield the requirement on the card and the one of today's rules.

    When the card asked other people and today's rules ask the requester alone, the requester's own yes is not needed.
    """
    if shown is not None:
        yield shown
    if shown is None or not (now.confirm is Confirm.SELF and shown.confirm is Confirm.OTHERS):
        yield now


NO_STATE = ("-1",)
"""The value of a condition that holds for no session."""


def conditions_on(
    policy: Policy, request: Request, requester: Person, counted: Sequence[Person], target: Target
) -> tuple[Condition, ...]:
    """Return the conditions under which the same answers allow the act. The host compares them right before the act.

    In another state a session may fall under another rule, which takes a yes from other people. Somebody who changes
    the state does it now, so a rule with `idle_over` does not cover the session there.
    """
    session = target.session
    answers: dict[tuple[bool, ...], bool] = {}

    def allows(state: SessionState) -> bool:
        """Ask the rules once for all states that they treat alike; the present one stands alone.

        Nobody may act on a listener, whatever the rules say.
        """
        if state is SessionState.LISTENING:
            return False
        alike = (state is session.state, *(state in rule.states for rule in policy.rules))
        if alike not in answers:
            just_now = session.now or EARLIEST
            moved_to = replace(session, state=state, input=just_now, disconnect=just_now, now=just_now)
            in_state = session if state is session.state else moved_to
            answers[alike] = _may_act_on([in_state], policy, request, requester, counted).allowed
        return answers[alike]

    allowed = {state for state in KNOWN_STATES if allows(state)}
    states = tuple(str(int(state)) for state in sorted(allowed)) or NO_STATE
    found = [Condition(field=Field.STATE, operator=Operator.IN, values=states)] if allowed < set(KNOWN_STATES) else []
    rule = rule_for(policy, requester, request.place, request.action, session)
    if rule and rule.idle_over:
        seconds = str(int(rule.idle_over.total_seconds()))
        found.append(Condition(field=Field.IDLE, operator=Operator.MORE, values=(seconds,)))
    return tuple(found)


def named_in(policy: Policy) -> frozenset[str]:
    """Return the user ids, group ids and handles that any rule names. The directory has to know all of them."""
    needed = (rule.need.of for rule in policy.rules if rule.need)
    called = (rule.call for rule in policy.rules if rule.call)
    return frozenset().union(*(rule.who for rule in policy.rules), *needed, *called)


def met_by_both(new: Requirement, shown: Requirement | None) -> Requirement:
    """Return a requirement that meets both.

    A gentler act never takes fewer people than the card has shown, and it keeps the channel of the card.
    """
    if shown is None or shown.confirm is not Confirm.OTHERS:
        return new
    needs = tuple(dict.fromkeys((*shown.needs, *new.needs)))
    others = dict.fromkeys(filter(None, (*shown.also_in, new.approve_in, *new.also_in)))
    return replace(
        shown,
        needs=needs,
        rules=tuple(dict.fromkeys((*shown.rules, *new.rules))),
        also_in=tuple(channel for channel in others if channel != shown.approve_in),
        deny_reason=strictest(shown.deny_reason, new.deny_reason),
        call=None if shown.call is None and new.call is None else shown.whom_to_call | new.whom_to_call,
    )
