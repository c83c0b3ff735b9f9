"""One request for each thing that a card can show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards import notices, request_card
from bot.commands.logoff import LogoffAsk
from bot.commands.sessions import SessionsAsk
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.inventory import Inventory
from bot.domain.lifecycle import advance
from bot.domain.people import Actor
from bot.domain.request import Ending, ExcludedSession
from bot.domain.requirement import Confirm, Requirement
from bot.domain.session import Account, SessionState
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.request import Request

BOB = b.session(5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE, client="LAPTOP-7")
LISTED = (
    b.session(0, account=Account(domain="", user=""), station="Services"),
    b.session(3, client="LAPTOP-7"),
    b.session(
        5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE, input=b.LOGON + 143_000_000_000
    ),
    b.session(
        7, account=Account(domain="CORP", user="carol"), state=SessionState.ACTIVE, input=b.LOGON + 72_000_000_000
    ),
    b.session(9, account=Account(domain="", user=""), state=SessionState.ACTIVE, error=5),
)
"""A service, one who left, one at work, one idle, and one whom the host could not tell."""
JOSE = b.session(7, host="comp2", account=Account(domain="CORP", user="josé"))
DOWN = b.look("comp3", sessions=0, code="unreachable", message="comp3 cannot be reached.")
SERVICES = b.session(0, account=Account(domain="", user=""), station="Services")
NOT_TOUCHED = (
    ExcludedSession(session=SERVICES, why="the services' session"),
    ExcludedSession(session=BOB, why="a protected user"),
)
APPROVALS = "C0APPROVE"
FORCED = Requirement(confirm=Confirm.NOBODY, rules=("on-call",), approve_in=APPROVALS)
HELD = replace(FORCED, hold=timedelta(seconds=10))
LEADS = frozenset({"@leads", "@oncall"})
TWO_LEADS = b.by_others(b.need(2, of=LEADS), approve_in=APPROVALS)
LEAD = Actor(user_id="U0LEAD", name="lead")
INVENTORY = Inventory(names=("comp1",))
NINETY = timedelta(seconds=90)
FIVE = timedelta(minutes=5)


def after(request: Request, *events: e.Event) -> Request:
    for event in events:
        request = advance(request, event, b.NOW)
    return request


def asked(**ask: object) -> Request:
    values: dict[str, object] = {"hosts": ("comp1",), "choice": Choice.MATCHING, "wait": NINETY}
    return b.request(ask=LogoffAsk(**(values | ask)))  # type: ignore[arg-type] # fields by name


def surveyed(request: Request, *sessions: object, **changes: object) -> Request:
    targets = [b.target(session=session) for session in sessions or (b.session(),)]
    return after(request, b.surveyed(*targets, **changes))


def ended(verdict: Verdict, reason: Reason | None = None, code: int = 0, note: str = "") -> Request:
    end = e.TargetEnded(key=("comp1", 3), verdict=verdict, reason=reason, code=code, note=note)
    return after(b.acting(), e.HostStarted(host="comp1"), end, e.Ended())


def two_hosts() -> Request:
    awaiting = surveyed(asked(hosts=("comp1", "comp2")), b.session(), JOSE)
    return after(awaiting, b.approved(), b.started(), e.HostStarted(host="comp1"))


def waiting_for_leads() -> Request:
    return surveyed(asked(reason="the session is frozen"), b.session(), BOB, requirement=TWO_LEADS)


def warned(*sessions: object) -> Request:
    """Ready, the first of them warned, the others not."""
    ready = after(surveyed(asked(warn=FIVE), *sessions), b.approved())
    for target in ready.targets:
        ready = after(ready, e.WarningStarted(key=target.key))
    first, *others = ready.targets
    ready = after(ready, e.WarningDelivered(key=first.key))
    for target in others:
        ready = after(ready, e.WarningFailed(key=target.key, note="error 7022"))
    return after(ready, e.GraceStarted(grace=FIVE))


def of_people() -> dict[str, Request]:
    """What others decide: who is needed, who has said yes, and what they made of it."""
    waiting = waiting_for_leads()
    counted = after(waiting, e.Counted(by=b.OTHER, on_version=2, serving=((b.OTHER.user_id,),)))
    approved = after(counted, b.approved(by=LEAD, on_version=3))
    gentler = e.ActionChanged(by=b.OTHER, on_version=2, action=Action.DISCONNECT, requirement=TWO_LEADS)
    several = surveyed(asked(), b.session(), JOSE, message="These are too many at once for --force, so I ask.")
    off = e.TargetEnded(key=("comp1", 5), verdict=Verdict.DISCONNECTED)
    disconnecting = after(
        surveyed(asked(), BOB), replace(gentler, requirement=b.requirement()), b.approved(on_version=3)
    )
    return {
        "awaiting-active": surveyed(asked(), BOB),
        "awaiting-force-not-taken": several,
        "awaiting-warning": surveyed(asked(warn=FIVE)),
        "awaiting-others": waiting,
        "awaiting-counted": counted,
        "awaiting-two-needs": surveyed(
            asked(), requirement=b.by_others(b.need(2), b.need(of=frozenset({LEAD.user_id})))
        ),
        "awaiting-disconnect": after(waiting, gentler),
        "awaiting-narrowed": after(waiting, e.Narrowed(by=b.OTHER, on_version=2, keys=frozenset({("comp1", 3)}))),
        "ready-warned": warned(b.session(), JOSE),
        "ready-approved": approved,
        "ready-held": surveyed(asked(force=True, reason="INC-4711: the farm is full"), requirement=HELD),
        "acting-warned": after(warned(b.session()), b.started()),
        "ended-approved-by-others": after(approved, b.started(), *_done(approved)),
        "ended-disconnected": after(disconnecting, b.started(), e.HostStarted(host="comp1"), off, e.Ended()),
        "ended-cancelled-by-a-lead": after(warned(b.session()), e.Cancelled(by=LEAD, on_version=6)),
        "ended-rules-changed": after(approved, e.Refused(rule="four eyes", message=CHANGED)),
        "verdict-still-closing-for-good": replace(ended(Verdict.STILL_CLOSING), due_at=None),
        "verdict-unknown-for-good": replace(ended(Verdict.UNKNOWN), due_at=None),
    }


CHANGED = "The rules or the people have changed since it was approved; ask again."


def _done(request: Request) -> list[e.Event]:
    ends = [e.TargetEnded(key=target.key, verdict=Verdict.GONE) for target in request.targets]
    return [e.HostStarted(host="comp1"), *ends, e.Ended()]


def of_notices() -> dict[str, Card]:
    """What is told beside a card."""
    forced = surveyed(asked(force=True, reason="INC-4711: the farm is full"), requirement=FORCED)
    return {
        "notice-break-glass": notices.break_glass(forced),
        "notice-break-glass-without-reason": notices.break_glass(surveyed(asked(force=True), requirement=FORCED)),
        "notice-break-glass-held": notices.break_glass(surveyed(asked(force=True), requirement=HELD)),
        "notice-asked-elsewhere": notices.asked_elsewhere(waiting_for_leads()),
    }


def of_all_kinds() -> dict[str, Request]:
    """Name -> request: each state, each ending, each verdict, and what can stand beside them."""
    gone = e.TargetEnded(key=("comp1", 3), verdict=Verdict.GONE)
    requested = e.TargetRequested(key=("comp1", 3))
    states = {
        "asked": asked(),
        "asked-reason": after(asked(force=True), e.ReasonAsked(tickets=(r"INC-\d+",), valid_for=FIVE)),
        "awaiting": frozen(),
        "awaiting-left-out": surveyed(asked(), b.session(), JOSE, excluded=NOT_TOUCHED, surveys=(b.look(), DOWN)),
        "ready": b.ready(),
        "acting-forced": after(surveyed(asked(force=True), requirement=FORCED), b.started()),
        "acting-one-asked": after(two_hosts(), requested),
        "acting-one-done": after(two_hosts(), gone),
        "acting-stopped": after(two_hosts(), e.Stopped(by=b.ASKER)),
    }
    return states | of_people() | of_endings() | of_verdicts()


def frozen() -> Request:
    """A card that waits for the requester's own yes, with a reason."""
    return surveyed(asked(reason="the session is frozen"))


def of_endings() -> dict[str, Request]:
    """Name -> request of each ending but `DONE`."""
    listed = b.request(command="sessions", ask=SessionsAsk(hosts=("comp1",), choice=Choice.ALL))
    return {
        "ended-answered": surveyed(listed, SERVICES, b.session(), BOB, ending=Ending.ANSWERED),
        "ended-listed": surveyed(replace(listed, action=Action.LIST), *LISTED, ending=Ending.ANSWERED),
        "ended-whatif": surveyed(asked(whatif=True), b.session(), BOB, ending=Ending.WHATIF),
        "ended-nothing-to-do": after(
            asked(),
            e.Surveyed(targets=(), surveys=(DOWN,), ending=Ending.NOTHING_TO_DO, message="No.", valid_for=NINETY),
        ),
        "ended-refused": after(asked(), e.Refused(rule="no rule", message="No rule lets you log sessions off.")),
        "ended-denied": after(frozen(), e.Denied(by=b.OTHER, on_version=2)),
        "ended-denied-why": after(frozen(), e.Denied(by=b.OTHER, on_version=2, reason="quarter end, ask on Monday")),
        "ended-cancelled": after(frozen(), e.Cancelled(by=b.ASKER, on_version=2)),
        "ended-expired": after(replace(frozen(), expires_at=b.NOW), e.Expired()),
        "ended-failed": after(b.acting(), e.HostStarted(host="comp1"), e.Failed(reference="4f1c09aa", code="KeyError")),
    }


def of_verdicts() -> dict[str, Request]:
    """Name -> request that is done, one of each verdict and each reason with words of its own."""
    return {
        "verdict-gone": ended(Verdict.GONE),
        "verdict-already-gone": ended(Verdict.ALREADY_GONE),
        "verdict-changed-person": ended(Verdict.CHANGED, Reason.PERSON, note=r"CORP\mallory"),
        "verdict-changed-came-back": ended(Verdict.CHANGED, Reason.CAME_BACK),
        "verdict-changed-came-back-at": ended(Verdict.CHANGED, Reason.CAME_BACK, note="2026-03-02 00:31 UTC"),
        "verdict-changed-left": ended(Verdict.CHANGED, Reason.LEFT),
        "verdict-changed-unread": ended(Verdict.CHANGED, Reason.UNREAD),
        "verdict-changed-filter": ended(Verdict.CHANGED, Reason.NO_LONGER_MATCHES),
        "verdict-still-closing": ended(Verdict.STILL_CLOSING),
        "verdict-no-right": ended(Verdict.NO_RIGHT, Reason.MISSING_RIGHT, 5, "Logoff and Reset"),
        "verdict-not-let-in": ended(
            Verdict.NO_RIGHT, Reason.HOST_ERROR, note="comp1 did not accept the bot's account."
        ),
        "verdict-failed": ended(Verdict.FAILED, Reason.WINDOWS_CALL, 1359, "WTSLogoffSession"),
        "verdict-skipped": ended(Verdict.SKIPPED, Reason.LISTENER),
        "verdict-unreachable": ended(Verdict.UNREACHABLE),
        "verdict-unknown": ended(Verdict.UNKNOWN),
    }


def of_cards() -> dict[str, Card]:
    """Name -> card: all requests above as they are shown, and what is told beside them."""
    return {name: request_card.build(request) for name, request in of_all_kinds().items()} | of_notices()
