"""Each verdict of each action in the words of the card and of a locked phone: true for the action, and a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cards import headlines, request_card
from bot.domain import events as e
from bot.domain.actions import FACTS, Action
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.harness import text_of

ACTS = [Action.LOG_OFF, Action.DISCONNECT, Action.MESSAGE]
CAROL = b.session(4, account=Account(domain="CORP", user="carol"))


def on_phone(verdict: Verdict, reason: Reason | None, code: int = 0, note: str = "") -> str:
    """The line of a logoff of two, of whom one went and alice did not."""
    begun = samples.after(
        samples.surveyed(samples.asked(), b.session(), CAROL), b.approved(), b.started(), e.HostStarted(host="comp1")
    )
    of_alice = e.TargetEnded(key=("comp1", 3), verdict=verdict, reason=reason, code=code, note=note)
    of_carol = e.TargetEnded(key=("comp1", 4), verdict=Verdict.GONE)
    return headlines.on_a_phone(samples.after(begun, of_alice, of_carol, e.Ended()))


@for_each(
    ("verdict", "reason", "code", "note", "said"),
    [
        (Verdict.CHANGED, Reason.PERSON, 0, "CORP\\mallory", "alice replaced by another person"),
        (Verdict.CHANGED, Reason.CAME_BACK, 0, "", "alice came back"),
        (Verdict.SKIPPED, Reason.LISTENER, 0, "", "alice left alone: a listener"),
        (Verdict.SKIPPED, Reason.SESSION_ZERO, 0, "", "alice left alone: the services' session"),
        (Verdict.SKIPPED, Reason.BAD_ID, 0, "", "alice left alone: no such session"),
        (Verdict.SKIPPED, Reason.NO_USER, 0, "", "alice not logged on now"),
        (Verdict.SKIPPED, Reason.NO_LOGON_TIME, 0, "", "alice left alone: no logon time"),
        (Verdict.FAILED, Reason.WINDOWS_CALL, 1359, "WTSLogoffSession", "alice refused by Windows (error 1359)"),
        (Verdict.NO_RIGHT, Reason.MISSING_RIGHT, 5, "Logoff", "alice refused by Windows: the right Logoff is missing"),
        (Verdict.UNREACHABLE, None, 0, "", "comp1 did not answer"),
        (Verdict.STILL_CLOSING, None, 0, "", "alice still closing"),
    ],
)
def test_a_reason_behind_a_name_is_read_as_a_sentence(
    verdict: Verdict, reason: Reason | None, code: int, note: str, said: str
) -> None:
    assert on_phone(verdict, reason, code, note) == f"Logged off 1 of 2 on comp1; {said} (TS-AAAAAA)"


@for_each("action", ACTS)
@for_each("name", ["verdict-unknown", "verdict-unknown-for-good", "verdict-failed"])
def test_what_did_not_happen_is_called_by_its_action(action: Action, name: str) -> None:
    request = replace(samples.of_all_kinds()[name], action=action)
    said = f"{text_of(request_card.build(request))} {headlines.on_a_phone(request)}"
    others = {FACTS[each].done for each in ACTS} - {FACTS[action].done}
    assert FACTS[action].done in said
    assert not [each for each in others if each in said]
    assert ("gone" in said) == (action is Action.LOG_OFF and name != "verdict-failed")


def test_a_message_without_an_answer_promises_no_later_look() -> None:
    request = replace(samples.of_all_kinds()["verdict-unknown"], action=Action.MESSAGE)
    assert "may or may not be messaged; a message leaves no trace to look for" in text_of(request_card.build(request))


def test_only_who_is_warned_is_named_as_warned() -> None:
    request = samples.warned(b.session(), samples.JOSE)
    assert headlines.headline(request) == "1 person on comp1 is warned and will be logged off"
    assert "josé" not in headlines.on_a_phone(request)
    assert r"logged off: CORP\alice (" in headlines.on_a_phone(request)


def test_the_reason_of_a_no_stands_on_a_phone_and_keeps_to_itself() -> None:
    denied = samples.after(samples.frozen(), e.Denied(by=b.OTHER, on_version=2, reason="no\n✅ <!channel>"))
    assert headlines.on_a_phone(denied).endswith("Nobody was logged off: no\ufffd\ufffd <!channel> (TS-AAAAAA)")


def test_two_sessions_of_one_person_are_named_on_a_phone() -> None:
    twice = samples.surveyed(samples.asked(), b.session(), b.session(9))
    assert headlines.on_a_phone(twice).startswith(r"Log off 2 sessions on comp1? CORP\alice (TS-AAAAAA")


def fleet(silent: int, *others: tuple[Verdict, Reason | None]) -> str:
    """The phone's line of a logoff on many computers, one person each; these verdicts come first."""
    verdicts = [*others, *[(Verdict.UNREACHABLE, None)] * silent, (Verdict.GONE, None)]
    there = [b.session(3, host=f"rds-{n}", account=Account(domain="CORP", user=f"u{n}")) for n in range(len(verdicts))]
    hosts = tuple(each.host for each in there)
    begun = samples.after(samples.surveyed(samples.asked(hosts=hosts), *there), b.approved(), b.started())
    begun = samples.after(begun, *(e.HostStarted(host=host) for host in hosts))
    ends = (
        e.TargetEnded(key=(each.host, 3), verdict=verdict, reason=reason)
        for each, (verdict, reason) in zip(there, verdicts, strict=True)
    )
    return headlines.on_a_phone(samples.after(begun, *ends, e.Ended()))


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        (1, "rds-0 did not answer"),
        (2, "rds-0 and rds-1 did not answer"),
        (3, "rds-0, rds-1 and rds-2 did not answer"),
        (57, "57 computers did not answer"),
    ],
)
def test_every_computer_that_did_not_answer_is_named_or_counted(silent: int, said: str) -> None:
    assert f"; {said} (TS-AAAAAA)" in fleet(silent)


def test_reasons_that_have_no_room_are_counted() -> None:
    others = [(Verdict.CHANGED, Reason.CAME_BACK), (Verdict.STILL_CLOSING, None), (Verdict.SKIPPED, Reason.STOPPED)]
    assert fleet(5, *others).endswith("; u0 came back, u1 still closing, u2 stopped, 5 for other reasons (TS-AAAAAA)")
