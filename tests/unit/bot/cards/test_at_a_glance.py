"""A card at a glance: its sign, who is at work, in which order, and the one line of a locked phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards import headlines, request_card, status, target_list
from bot.cards.forms import choose_form
from bot.cards.model import Bold, Card, Mark
from bot.cards.session_words import sign_of
from bot.cards.signs import Sign, signed
from bot.cards.text import outside
from bot.cards.wording import session_state
from bot.domain import events as e
from bot.domain.durations import short
from bot.domain.session import Account, Session, SessionState
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.harness import text_of
from tests.support.signs import SIGNS

if TYPE_CHECKING:
    from bot.domain.request import Request

REQUESTS = samples.of_all_kinds()
TICKS = 10_000_000


def person(number: int, user: str, *, idle: float | None, host: str = "comp1", domain: str = "CORP") -> Session:
    """Somebody who is Active and gave input so many minutes ago; `idle` None: the host could not tell."""
    now = b.session().now
    since = 0 if idle is None else now - int(idle * 60 * TICKS)
    account = Account(domain=domain, user=user)
    return b.session(number, host=host, account=account, state=SessionState.ACTIVE, input=since)


def gone_for(number: int, user: str, hours: float, host: str = "comp1") -> Session:
    since = b.session().now - int(hours * 3600 * TICKS)
    return b.session(
        number, host=host, account=Account(domain="CORP", user=user), disconnect=since, logon=min(b.LOGON, since)
    )


GRACE, DMITRI, FATIMA = person(5, "grace", idle=1), person(2, "dmitri", idle=47), gone_for(4, "fatima", 50)


def waiting(*sessions: Session) -> Request:
    return samples.surveyed(samples.asked(), *sessions)


def rows_of(request: Request) -> list[str]:
    lines = [line for line in request_card.build(request).lines if isinstance(line.parts[0], Mark | Bold)]
    return [text_of(Card(headline="", summary="", lines=(line,))).strip() for line in lines]


@for_each(
    ("name", "sign"),
    [
        ("asked", Sign.WAITS),
        ("awaiting", Sign.WAITS),
        ("ready-warned", Sign.WARNED),
        ("ready-held", Sign.WAITS),
        ("ready", Sign.RUNS),
        ("acting-one-done", Sign.RUNS),
        ("verdict-gone", Sign.DONE),
        ("verdict-already-gone", Sign.DONE),
        ("verdict-unreachable", Sign.FAULT),
        ("verdict-no-right", Sign.FAULT),
        ("verdict-failed", Sign.FAULT),
        ("verdict-changed-came-back", Sign.LEFT_ALONE),
        ("verdict-still-closing", Sign.PARTLY),
        ("verdict-unknown", Sign.PARTLY),
        ("ended-answered", Sign.LIST),
        ("ended-whatif", Sign.PREVIEW),
        ("ended-nothing-to-do", Sign.FAULT),
        ("ended-refused", Sign.REFUSED),
        ("ended-denied", Sign.DENIED),
        ("ended-cancelled", Sign.CANCELLED),
        ("ended-expired", Sign.EXPIRED),
        ("ended-failed", Sign.FAULT),
    ],
)
def test_the_sign_says_the_state_before_a_word_is_read(name: str, sign: Sign) -> None:
    assert request_card.build(REQUESTS[name]).sign == sign


def test_no_text_from_outside_can_show_one_of_our_signs() -> None:
    for sign in Sign:
        assert sign.value[0] in SIGNS
        assert sign.value[0] not in outside(f"{sign.value} CORP\\alice")
        assert sign.value[0] not in Card(headline=f"{sign.value} x", summary=sign.value).headline


@for_each(
    ("session", "sign", "said"),
    [
        (GRACE, Sign.AT_WORK, "at work"),
        (person(1, "x", idle=4.99), Sign.AT_WORK, "at work"),
        (person(1, "x", idle=5), Sign.IDLE, "idle 5 min"),
        (DMITRI, Sign.IDLE, "idle 47 min"),
        (person(1, "x", idle=None), Sign.UNKNOWN, "may be at work, idle time unknown"),
        (gone_for(1, "x", 3.5), Sign.LEFT, "left 3 h ago"),
        (FATIMA, Sign.LEFT, "left 2 d ago"),
        (b.session(disconnect=0), Sign.LEFT, "left"),
        (b.session(state=SessionState.RESET), Sign.UNKNOWN, "Reset"),
        (b.session(account=Account(domain="", user=""), state=SessionState.LISTENING), Sign.NOBODY, "Listening"),
        (
            b.session(error=5, state=SessionState.ACTIVE),
            Sign.UNKNOWN,
            "could not be read: the bot's account lacks the right Query Information on RDP-Tcp there",
        ),
    ],
)
def test_who_works_now_is_told_apart_from_who_left(session: Session, sign: Sign, said: str) -> None:
    assert (sign_of(session), session_state(session)) == (sign, said)


@for_each(
    ("length", "said"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=3, minutes=59), "3 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(seconds=-1), "0 s"),
    ],
)
def test_times_are_short(length: timedelta, said: str) -> None:
    assert short(length) == said


def test_people_come_first_and_the_idle_longest_last() -> None:
    unknown, nobody = person(9, "unknown", idle=None), b.session(1, account=Account(domain="", user=""))
    rows = rows_of(waiting(nobody, FATIMA, DMITRI, unknown, GRACE))
    assert [row.split("  ")[0] for row in rows] == [
        r"🟢 CORP\grace",
        r"❔ CORP\unknown",
        r"🟡 CORP\dmitri",
        r"⚪ CORP\fatima",
        "▫️ nobody",
    ]


def test_rows_stand_below_their_computer_where_there_are_several() -> None:
    there = gone_for(8, "heidi", 1, host="comp2")
    rows = rows_of(waiting(FATIMA, there, GRACE))
    assert rows == [
        "comp1",
        r"🟢 CORP\grace  session 5 · at work",
        r"⚪ CORP\fatima  session 4 · left 2 d ago",
        "comp2",
        r"⚪ CORP\heidi  session 8 · left 1 h ago",
    ]


@pytest.mark.parametrize(("people", "is_roomy"), [(1, True), (10, True), (11, False)])
def test_logon_and_client_stand_where_there_is_room(people: int, *, is_roomy: bool) -> None:
    rows = rows_of(waiting(*(replace(gone_for(n, f"u{n}", n), client="PC-1") for n in range(1, people + 1))))
    assert all(("logged on" in row, "PC-1" in row) == (is_roomy, is_roomy) for row in rows)
    listed = "".join(text_of(card) for card in target_list.messages(waiting(replace(GRACE, client="PC-1"))))
    assert "🟢 CORP\\grace  session 5 · at work · logged on " in listed
    assert "PC-1" in listed


def test_the_order_of_rows_changes_no_place_in_the_form() -> None:
    request = waiting(FATIMA, DMITRI, GRACE)
    assert [row.split(" - ")[0] for row in choose_form(request, 100).rows] == [
        r"CORP\fatima",
        r"CORP\dmitri",
        r"CORP\grace",
    ]
    assert [target.session.id for target in request.targets] == [4, 2, 5]


def three(*ends: e.TargetEnded) -> Request:
    begun = samples.after(waiting(GRACE, DMITRI, FATIMA), b.approved(), b.started(), e.HostStarted(host="comp1"))
    return samples.after(begun, *ends, e.Ended())


def end(number: int, verdict: Verdict, reason: Reason | None = None, **more: object) -> e.TargetEnded:
    return e.TargetEnded(key=("comp1", number), verdict=verdict, reason=reason, **more)  # type: ignore[arg-type] # by name


PARTLY = three(end(4, Verdict.GONE), end(5, Verdict.CHANGED, Reason.CAME_BACK), end(2, Verdict.STILL_CLOSING))


def test_a_locked_phone_says_what_did_not_happen_and_why() -> None:
    card = request_card.build(PARTLY)
    assert signed(card.sign, card.summary) == (
        "⚠️ Logged off 1 of 3 on comp1; grace came back, dmitri still closing (TS-AAAAAA)"
    )
    silent = request_card.build(three(*(end(n, Verdict.UNREACHABLE, Reason.HOST_ERROR, note="No.") for n in (2, 4, 5))))
    assert signed(silent.sign, silent.summary) == (
        "❌ Could not log off 3 people on comp1; comp1 did not answer (TS-AAAAAA)"
    )


def test_names_keep_their_domain_on_a_phone_where_there_are_two() -> None:
    other = person(5, "grace", idle=1, domain="PC-9")
    begun = samples.after(waiting(other, FATIMA), b.approved(), b.started(), e.HostStarted(host="comp1"))
    ended = samples.after(begun, end(4, Verdict.GONE), end(5, Verdict.CHANGED, Reason.CAME_BACK), e.Ended())
    assert r"PC-9\grace came back" in request_card.build(ended).summary


def test_many_reasons_are_counted_on_a_phone() -> None:
    many = waiting(*(gone_for(n, f"u{n}", n) for n in range(1, 8)))
    begun = samples.after(many, b.approved(), b.started(), e.HostStarted(host="comp1"))
    ends = [end(n, Verdict.CHANGED, Reason.CAME_BACK) for n in range(1, 7)]
    said = request_card.build(samples.after(begun, *ends, end(7, Verdict.GONE), e.Ended())).summary
    assert said == "Logged off 1 of 7 on comp1; 6 came back (TS-AAAAAA)"


def test_every_row_that_is_over_has_its_sign_and_a_fact() -> None:
    assert rows_of(PARTLY) == [
        r"✋ CORP\grace  session 5 · left alone: came back to work",
        r"⏳ CORP\dmitri  session 2 · still closing after 90 s; I look again until 2026-03-02 14:15:00+00:00",
        r"✅ CORP\fatima  session 4 · logged off",
    ]


@pytest.mark.parametrize(("wait", "second"), [(samples.NINETY, "⏳"), (None, "🔄")])
def test_a_host_with_its_order_logs_off_now_and_the_others_are_next(wait: timedelta | None, second: str) -> None:
    awaiting = samples.surveyed(samples.asked(wait=wait), FATIMA, GRACE, gone_for(3, "heidi", 1, host="comp2"))
    begun = samples.after(awaiting, b.approved(), b.started(), e.HostStarted(host="comp1"))
    rows = rows_of(begun)
    assert [row[0] for row in rows] == ["c", second, "🔄", "c", "⏳"]
    assert rows[2].endswith("session 4 · being logged off")
    assert rows[4].endswith("session 3 · next")


def test_the_card_says_how_long_a_host_has_been_at_it() -> None:
    begun = samples.after(waiting(GRACE), b.approved(), b.started(), e.HostStarted(host="comp1"))
    card = request_card.build(begun, b.NOW + timedelta(seconds=12))
    assert "being logged off, 12 s" in text_of(card)


def test_of_many_that_run_those_that_went_wrong_have_a_row() -> None:
    many = [gone_for(n, f"u{n}", n) for n in range(1, 61)]
    begun = samples.after(waiting(*many), b.approved(), b.started(), e.HostStarted(host="comp1"))
    wrong = samples.after(begun, end(60, Verdict.NO_RIGHT, Reason.MISSING_RIGHT, code=5, note="Logoff"))
    rows = rows_of(wrong)
    assert len(rows) == target_list.MOST_ROWS
    assert any(row.startswith("❌ CORP\\u60") for row in rows)


def test_who_is_not_included_is_named_with_the_reason() -> None:
    card = request_card.build(REQUESTS["awaiting-left-out"])
    assert r"2 not included: CORP\bob on comp1 (a protected user); 1 service or listener" in text_of(card)


def test_the_list_of_what_is_not_over_has_signs_too() -> None:
    card = status.status([REQUESTS["awaiting"], REQUESTS["acting-one-done"]])
    assert [line.parts[0] for line in card.lines] == [Mark(Sign.WAITS), Mark(Sign.RUNS)]


def test_windows_words_stand_in_a_verbose_row() -> None:
    verbose = samples.surveyed(samples.asked(verbose=True), FATIMA)
    assert "Disconnected" in text_of(request_card.build(verbose))
    assert "Disconnected" not in text_of(request_card.build(waiting(FATIMA)))


def test_a_failure_says_its_reason_on_a_phone() -> None:
    assert headlines.on_a_phone(REQUESTS["ended-refused"]).endswith(": No rule lets you log sessions off (TS-AAAAAA)")
    assert "reference 4f1c09aa" in headlines.on_a_phone(REQUESTS["ended-failed"])
