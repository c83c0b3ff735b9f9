"""The answer to `/logoff-audit` as it reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapters.slack.render import draw
from bot.audit.entry import Head
from bot.audit.figures import By, Report
from bot.audit.history import Answer, RequestHistory, SessionOutcome
from bot.audit.selection import AuditFilter
from bot.cards.audit_card import MOST_GROUPS, MOST_REQUESTS, Reading, bars, build, in_words
from bot.commands.audit import AuditAsk
from bot.domain.actions import Action
from rehearsal.slack import find_faults, is_too_long
from rehearsal.slack.plain_text import read_blocks
from tests.support import builders as b

HEAD = Head(42, "ab" * 32)
WEEK = AuditFilter(since=b.NOW - timedelta(days=7), until=b.NOW)


def forced(number: int = 1) -> RequestHistory:
    return RequestHistory(
        request_id=f"TS-{number:06}",
        asked_at=b.NOW - timedelta(hours=number),
        requester="U0DANA0001",
        requester_name="dana",
        command="/logoff rds-05 id=2 --force",
        reason="INC-7 license full",
        rules=("fleet by four eyes",),
        forced=True,
        hosts=("rds-05",),
        sessions=(SessionOutcome(host="rds-05", session_id=2, user="CORP\\dmitri", verdict="gone"),),
        ending="done",
        done_ms=3_000,
    )


def denied(number: int = 2) -> RequestHistory:
    no = Answer(actor="U0BO000001", name="bo", says="no", at=b.NOW)
    return RequestHistory(
        request_id=f"TS-{number:06}",
        asked_at=b.NOW - timedelta(hours=number),
        requester="U0CHEN0001",
        requester_name="chen",
        command="/logoff rds-06 id=3",
        refused=True,
        answers=(no,),
        hosts=("rds-06",),
        sessions=(SessionOutcome(host="rds-06", session_id=3, user="CORP\\grace"),),
        ending="denied",
        decision_ms=61_000,
        done_ms=61_000,
    )


def reading(*there: RequestHistory, by: By | None = None, text: str = "last 7d", **changes: bool) -> Reading:
    report = Report(by or By.DAY)
    for each in there:
        report.add(each)
    return Reading(
        request=b.request(action=Action.AUDIT, ask=AuditAsk(), command="logoff-audit", text=text),
        wanted=WEEK,
        by=by,
        is_own=changes.get("is_own", False),
        is_digest=changes.get("is_digest", False),
        head=HEAD,
        total=report.total(),
        groups=report.groups(),
        newest=there[:MOST_REQUESTS],
    )


def shown(of: Reading, *remarks: str) -> str:
    drawn = draw(build(of, remarks))
    assert find_faults(drawn.blocks) == ()
    assert not is_too_long(drawn.blocks)
    return read_blocks(tuple(drawn.blocks), {})


def test_requests_are_listed_with_who_whom_why_by_which_rule_and_what_came_of_it() -> None:
    assert shown(reading(forced(), denied()), "There is no chart.") == (
        "2 requests, 1 forced, 1 refused\n"
        "last 7d\n"
        "TS-000001  2026-03-02 13:00 UTC  dana: /logoff rds-05 id=2 --force; whom: CORP\\dmitri; reason: INC-7 license "
        "full; rule: fleet by four eyes; nobody was asked (forced); done: 1 gone\n"
        "TS-000002  2026-03-02 12:00 UTC  chen: /logoff rds-06 id=3; whom: CORP\\grace; bo said no; denied\n"
        "Together: 2 requests, 2 sessions: 1 done, 1 forced, 1 refused, 1 no.\n"
        "Asked from 2026-02-23 14:00 UTC to 2026-03-02 14:00 UTC\n"
        "Half of them were decided within 1 minute and 1 second.\n"
        f"Newest entry: 42:{'ab' * 32}\n"
        "TS-AAAAAA. Hashes of what was read were compared.\n"
        "There is no chart.\n"
        "[ By user ]  [ By host ]  [ By actor ]"
    )


def test_groups_are_counted() -> None:
    told = shown(reading(forced(), denied(), by=By.ACTOR, text="last 7d by actor"))
    assert "dana (U0DANA0001)  1 request, 1 session: 1 done, 1 forced\n" in told
    assert "chen (U0CHEN0001)  1 request, 1 session: 0 done, 1 refused, 1 no\n" in told
    assert "By user" not in told


def test_a_long_log_fits_one_message_and_says_what_is_left_out() -> None:
    many = [forced(number) for number in range(1, 200)]
    assert "and 189 requests more, which the spreadsheet has" in shown(reading(*many))
    sessions = (SessionOutcome(host="h", session_id=1, user=f"CORP\\{'x' * 200}{number}") for number in range(40))
    wide = RequestHistory(request_id="TS-000001", requester="U0", sessions=tuple(sessions))
    assert f"and {40 - MOST_GROUPS} groups more" in shown(reading(wide, by=By.USER))


def test_the_digest_is_its_week_by_days_and_the_end_of_the_log() -> None:
    told = shown(reading(forced(), denied(30), is_digest=True))
    assert told.startswith("The week of the bot: 2 requests, 1 forced, 1 refused\n")
    assert "2026-03-01  1 request" in told
    assert f"Newest entry: 42:{'ab' * 32}" in told
    assert "--anchor 42:HASH" in told


def test_a_chart_has_a_bar_for_each_group_and_none_for_one() -> None:
    assert bars(reading(forced(), denied(), by=By.HOST)) == [("rds-05", 1), ("rds-06", 1)]
    assert bars(reading(forced(), by=By.HOST)) == []


def test_the_entry_says_what_was_read() -> None:
    times = "--since 2026-02-23T14:00:00Z --until 2026-03-02T14:00:00Z"
    assert in_words(reading(forced())) == f"1 request, 1 forced; read: {times}"
    assert in_words(reading(is_own=True), "x.") == f"Nothing was found; read: own requests only; {times}; not shown: x."


def test_a_time_to_come_is_said_instead_of_a_period_that_ends_before_it_begins() -> None:
    ahead = AuditFilter(since=b.NOW + timedelta(days=7), until=b.NOW)
    told = shown(replace(reading(text="since=2026-03-09"), wanted=ahead))
    assert "Asked from 2026-03-09 14:00 UTC. That time is still to come: name an earlier one" in told
    assert "still to come" not in shown(reading())


def test_a_time_before_the_log_began_is_said_with_both_times() -> None:
    before = AuditFilter(until=b.NOW - timedelta(days=7))
    told = shown(replace(reading(text="until=2026-02-22"), wanted=before, began=b.NOW, is_own=True))
    assert (
        "Asked before 2026-02-23 14:00 UTC. The log began later, at 2026-03-02 14:00 UTC: name a later time, for "
        "example last 7d.\n"
    ) in told
    assert "since the log began" not in told
    assert "These are your own requests alone" in told
