"""One request for each thing that a card can show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import events as e
from bot.commands.logoff import LogoffAsk
from bot.commands.sessions import SessionsAsk
from bot.inventory import Inventory
from bot.lifecycle import advance
from bot.model import Choice, Confirm, Ending, LeftOut, Requirement, Verdict
from bot.session import Account, SessionState
from tests import builders as b

if TYPE_CHECKING:
    from bot.model import Request

BOB = b.session(5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE, client="LAPTOP-7")
JOSE = b.session(7, host="comp2", account=Account(domain="CORP", user="josé"))
DOWN = b.look("comp3", sessions=0, code="unreachable", say="comp3 cannot be reached.")
SERVICES = b.session(0, account=Account(domain="", user=""), station="Services")
NOT_TOUCHED = (LeftOut(session=SERVICES, why="the services' session"), LeftOut(session=BOB, why="a protected user"))
FORCED = Requirement(confirm=Confirm.NOBODY, rules=("on-call",), needed=0)
INVENTORY = Inventory(names=("comp1",))
NINETY = timedelta(seconds=90)


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


def ended(verdict: Verdict, detail: str = "", code: int = 0) -> Request:
    end = e.TargetEnded(key=("comp1", 3), verdict=verdict, detail=detail, code=code)
    return after(b.acting(), e.HostStarted(host="comp1"), end, e.Ended())


def two_hosts() -> Request:
    awaiting = surveyed(asked(hosts=("comp1", "comp2")), b.session(), JOSE)
    return after(awaiting, b.approved(), b.started(), e.HostStarted(host="comp1"))


def of_all_kinds() -> dict[str, Request]:
    """Name -> request: each state, each ending, each verdict, and what can stand beside them."""
    awaiting = surveyed(asked(reason="the session is frozen"))
    gone = e.TargetEnded(key=("comp1", 3), verdict=Verdict.GONE)
    requested = e.TargetRequested(key=("comp1", 3))
    listed = b.request(command="sessions", ask=SessionsAsk(hosts=("comp1",), choice=Choice.ALL))
    late = replace(awaiting, expires_at=b.NOW)
    endings = {
        "ended-answered": surveyed(listed, SERVICES, b.session(), BOB, ending=Ending.ANSWERED),
        "ended-whatif": surveyed(asked(whatif=True), b.session(), BOB, ending=Ending.WHATIF),
        "ended-nothing-to-do": after(
            asked(), e.Surveyed(targets=(), looks=(DOWN,), ending=Ending.NOTHING_TO_DO, say="No.", valid_for=NINETY)
        ),
        "ended-refused": after(asked(), e.Refused(rule="no rule", say="No rule lets you log sessions off.")),
        "ended-denied": after(awaiting, e.Denied(by=b.OTHER, on_version=2)),
        "ended-cancelled": after(awaiting, e.Cancelled(by=b.ASKER, on_version=2)),
        "ended-expired": after(late, e.Expired()),
        "ended-failed": after(b.acting(), e.HostStarted(host="comp1"), e.Failed(reference="4f1c09aa", code="KeyError")),
    }
    states = {
        "asked": asked(),
        "awaiting": awaiting,
        "awaiting-left-out": surveyed(asked(), b.session(), JOSE, left_out=NOT_TOUCHED, looks=(b.look(), DOWN)),
        "ready": b.ready(),
        "acting-forced": after(surveyed(asked(force=True), requirement=FORCED), b.started()),
        "acting-one-asked": after(two_hosts(), requested),
        "acting-one-done": after(two_hosts(), gone),
        "acting-stopped": after(two_hosts(), e.Stopped(by=b.ASKER)),
    }
    verdicts = {
        "verdict-gone": ended(Verdict.GONE),
        "verdict-already-gone": ended(Verdict.ALREADY_GONE),
        "verdict-changed-person": ended(Verdict.CHANGED, r"person: CORP\mallory"),
        "verdict-changed-came-back": ended(Verdict.CHANGED, "came_back"),
        "verdict-changed-filter": ended(Verdict.CHANGED, "filter"),
        "verdict-still-closing": ended(Verdict.STILL_CLOSING),
        "verdict-no-right": ended(Verdict.NO_RIGHT, "Logoff and Reset", 5),
        "verdict-not-let-in": ended(Verdict.NO_RIGHT, "comp1 did not accept the bot's account."),
        "verdict-failed": ended(Verdict.FAILED, "WTSLogoffSession", 1359),
        "verdict-skipped": ended(Verdict.SKIPPED, "listener"),
        "verdict-unreachable": ended(Verdict.UNREACHABLE),
        "verdict-unknown": ended(Verdict.UNKNOWN),
    }
    return states | endings | verdicts
