"""What the entries of a request say, and how requests are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.audit.checked import CheckedEntry
from bot.audit.decisions import decided, opened
from bot.audit.figures import By, Report
from bot.audit.history import RequestHistory, history_of
from bot.audit.selection import AuditFilter, Names, hosts_like, people_like, rules_like, users_like
from bot.domain import events as e
from bot.domain.requirement import Confirm
from bot.domain.verdicts import Verdict
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from bot.domain.requirement import Requirement

ONE, TWO = b.ONE_AND_TWO
FOUR_EYES = b.by_others()


def lived(*events: e.Event, requirement: Requirement | None = None, fault: str = "", **changes: Any) -> RequestHistory:
    """The history of a request in which these events happened, one every two seconds."""
    request = b.request(**changes)
    now = request.asked_at
    entries = [replace(opened(request), at=now)]
    survey = [b.surveyed(ONE, TWO, requirement=requirement)] if requirement else []
    for event in (*survey, *events):
        now += timedelta(seconds=2)
        request, entry = decided(request, event, now, seal_key=b"k")
        entries.append(replace(entry, at=now))
    checked = [CheckedEntry(entry=entry, fault=fault if at == 1 else "") for at, entry in enumerate(entries)]
    return history_of(request.id, checked)


def act(first: Verdict, second: Verdict | None = None) -> tuple[e.Event, ...]:
    ends = [(ONE, first), *([(TWO, second)] if second else [])]
    return (b.started(), *(e.TargetEnded(key=target.key, verdict=verdict) for target, verdict in ends), e.Ended())


APPROVED = lived(b.approved(by=b.OTHER), *act(Verdict.GONE, Verdict.UNKNOWN), requirement=FOUR_EYES)
OWN = lived(b.approved(by=b.ASKER), *act(Verdict.GONE, Verdict.GONE), requirement=b.requirement())
DENIED = lived(e.Denied(by=b.OTHER, on_version=2, reason="ask on Monday"), requirement=FOUR_EYES)
REFUSED = lived(e.Refused(rule="no rule", message="No."))
FORCED = lived(*act(Verdict.GONE, Verdict.NO_RIGHT), requirement=b.requirement(confirm=Confirm.NOBODY))
NARROWED = lived(
    e.Narrowed(by=b.ASKER, on_version=2, keys=frozenset({ONE.key})), b.approved(on_version=3), *act(Verdict.GONE),
    requirement=b.requirement(),
)  # fmt: skip
ALL = (APPROVED, OWN, DENIED, REFUSED, FORCED, NARROWED)


def test_a_history_says_who_whom_where_by_which_rule_and_what_came_of_it() -> None:
    assert (APPROVED.requester, APPROVED.command, APPROVED.rules) == (
        "U0ASKER",
        "/logoff comp1 id=3 --sync",
        ("four eyes",),
    )
    assert [(each.host, each.session_id, each.user, each.verdict) for each in APPROVED.sessions] == [
        ("comp1", 3, "CORP\\alice", "gone"),
        ("comp2", 7, "CORP\\alice", "unknown"),
    ]
    assert [(each.actor, each.says) for each in APPROVED.answers] == [("U0OTHER", "yes")]
    assert (APPROVED.ending, APPROVED.decision_ms, APPROVED.done_ms) == ("done", 4000, 12_000)
    assert (REFUSED.ending, REFUSED.refused, REFUSED.note, REFUSED.sessions) == ("refused", True, "No.", ())
    assert (DENIED.note, DENIED.reason) == ("ask on Monday", APPROVED.reason), "whose reason it is stays told apart"
    assert (DENIED.ending, DENIED.decision_ms, [each.says for each in DENIED.approvals]) == ("denied", 4000, ["no"])
    assert (OWN.approvals, len(OWN.answers)) == ((), 1)
    assert [each.verdict for each in NARROWED.sessions] == ["gone", "taken_out"]


def test_a_verdict_that_was_corrected_later_counts_as_corrected() -> None:
    settled = lived(
        b.approved(by=b.ASKER), *act(Verdict.GONE, Verdict.UNKNOWN), e.Settled(key=TWO.key, verdict=Verdict.GONE),
        requirement=b.requirement(),
    )  # fmt: skip
    assert [each.verdict for each in settled.sessions] == ["gone", "gone"]


def test_what_a_stop_spared_is_said() -> None:
    stopped = lived(
        b.approved(by=b.ASKER), b.started(), e.HostStarted(host="comp1"), e.Stopped(by=b.OTHER),
        e.TargetEnded(key=ONE.key, verdict=Verdict.GONE), e.Ended(), requirement=b.requirement(),
    )  # fmt: skip
    assert [(each.verdict, each.reason_code) for each in stopped.sessions] == [("gone", ""), ("not_begun", "stopped")]


def test_a_stop_spares_whoever_of_a_host_had_no_order_yet() -> None:
    second = b.target(5)
    stopped = lived(
        b.surveyed(ONE, second, requirement=b.requirement()), b.approved(by=b.ASKER), b.started(),
        e.HostStarted(host="comp1"), e.TargetRequested(key=ONE.key, waited=timedelta(seconds=15)),
        e.Stopped(by=b.OTHER), e.TargetEnded(key=ONE.key, verdict=Verdict.GONE), e.Ended(),
    )  # fmt: skip
    assert [(each.session_id, each.verdict) for each in stopped.sessions] == [(3, "gone"), (5, "not_begun")]


def report(by: By, *requests: RequestHistory) -> Report:
    made = Report(by)
    for request in requests or ALL:
        made.add(request)
    return made


def test_the_total_counts_each_request_once() -> None:
    total = report(By.HOST).total()
    assert (total.requests, total.forced, total.refused, total.yes, total.no) == (6, 1, 2, 1, 1)
    assert (total.sessions, total.done, total.not_done) == (9, 5, 2)
    assert total.verdicts == {"gone": 5, "no_right": 1, "taken_out": 1, "unknown": 1}
    assert total.decision_ms == 4000


GROUPS: dict[By, dict[str, int]] = {
    By.USER: {"CORP\\alice": 5},
    By.ACTOR: {"U0ASKER": 6},
    By.APPROVER: {"U0OTHER": 2},
    By.HOST: {"comp1": 5, "comp2": 5},
    By.RULE: {"own sessions": 3, "four eyes": 2, "no rule": 1},
    By.DAY: {"2026-03-02": 6},
    By.VERDICT: {"gone": 4, "": 1, "no_right": 1, "taken_out": 1, "unknown": 1},
    By.FORCED: {"no": 5, "yes": 1},
}


@for_each("by", By)
def test_a_request_counts_once_in_each_group_that_it_belongs_to(by: By) -> None:
    assert {each.group: each.requests for each in report(by).groups()} == GROUPS[by]


def test_a_group_of_sessions_counts_its_own_sessions_alone() -> None:
    groups = {each.group: each for each in report(By.HOST).groups()}
    assert (groups["comp1"].done, groups["comp2"].done, groups["comp2"].not_done) == (4, 1, 2)
    approver = report(By.APPROVER).groups()[0]
    assert (approver.yes, approver.no, approver.name) == (1, 1, "other")


def test_a_day_is_one_of_the_readers_zone() -> None:
    late = lived(e.Refused(rule="r", message="no"), asked_at=b.NOW + timedelta(hours=9, minutes=30),
                 expires_at=b.NOW + timedelta(hours=10))  # fmt: skip
    made = Report(By.DAY, ZoneInfo("Europe/Berlin"))
    made.add(late)
    assert [each.group for each in made.groups()] == ["2026-03-03"]


def test_a_request_with_an_entry_that_does_not_verify_is_counted_and_marked() -> None:
    bad = lived(b.approved(by=b.ASKER), requirement=b.requirement(), fault="it was changed")
    assert bad.faults == ("entry 0: it was changed",)
    assert (report(By.ACTOR, bad, OWN).total().requests, report(By.ACTOR, bad, OWN).total().unverified) == (2, 1)


def test_a_report_about_one_host_counts_that_hosts_sessions_alone() -> None:
    names = Names(hosts=frozenset({"comp2"}))
    about = APPROVED.about(AuditFilter(host="comp2"), names)
    assert ([each.host for each in about.sessions], about.hosts) == (["comp2"], ("comp2",))
    assert APPROVED.about(AuditFilter(verdict="gone"), Names()).hosts == ("comp1",)
    assert APPROVED.about(AuditFilter(), Names()) is APPROVED


def test_names_are_found_in_any_letter_case_by_pattern_and_without_a_domain() -> None:
    users = ["CORP\\alice", "CORP\\alina", "TEST\\Alice", "alice"]
    assert users_like("ALICE", users) == {"CORP\\alice", "TEST\\Alice", "alice"}
    assert users_like("corp\\ali*", users) == {"CORP\\alice", "CORP\\alina"}
    assert hosts_like("RDS-0?", ["rds-01", "rds-10"]) == {"rds-01"}
    people = [("U0DANA0001", "dana"), ("bot", "the bot"), ("operator ann", "operator ann"), ("U1", "")]
    assert people_like("@Dana", people) == people_like("u0dana0001", people) == {"U0DANA0001"}
    assert people_like("", people) == frozenset()
    assert rules_like("on-call", ["on-call", "on-call, leads", "leads", "on-call two", "a, b"]) == {
        "on-call",
        "on-call, leads",
    }
    assert rules_like("a, b", ["a, b"]) == {"a, b"}


def test_a_filter_says_what_was_asked_for_as_options() -> None:
    wanted = AuditFilter(since=b.NOW, host="comp1", forced=True)
    assert wanted.in_words() == "--since 2026-03-02T14:00:00Z --host comp1 --forced"
    assert AuditFilter().in_words() == ""
