"""The words of a home: signs, outcomes, rights and computers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards import request_card
from bot.cards.home_content import MOST_HOSTS, MOST_RULES, HomeContent, Some, build
from bot.cards.model import Card
from bot.domain.actions import Action
from bot.domain.posting import MessageRef
from bot.domain.session import SessionState
from bot.policy.model import Policy, Rule
from bot.policy.rights import hosts_for, rules_for
from tests.support import builders as b
from tests.support import samples
from tests.support.harness import text_of

if TYPE_CHECKING:
    from bot.cards.model import Line

REQUESTS = samples.of_all_kinds()
LISTS = Rule(name="look", who=b.ONCALL, may=frozenset({Action.LIST}))
ACTS = frozenset({Action.LOG_OFF, Action.DISCONNECT})
FLEET = Rule(name="fleet", who=b.ONCALL, may=ACTS, computers=("rds-*",), need=b.need(2, of=b.LEADS))
FIVE = frozenset({"@a", "@b", "@c", "@d", "@e"})
CARD = MessageRef(channel_id="C0OPS", ts="1770000000.000100")
IN_DIRECT = replace(CARD, channel_id="D0ASKER")


def words(*lines: Line) -> str:
    return text_of(Card(headline="", summary="", lines=lines))


def rights(*rules: Rule) -> str:
    return words(build(HomeContent(reader=b.ASKER, at=b.NOW, rules=rules)).lines[0]).strip()


def test_a_row_has_the_sign_and_the_headline_of_its_card(subtests: pytest.Subtests) -> None:
    for name, request in REQUESTS.items():
        with subtests.test(name):
            card = request_card.build(request)
            home = build(HomeContent(reader=b.ASKER, at=b.NOW, latest=(request,)))
            said = words(home.sections[2].rows[0].line).strip()
            assert card.sign
            assert said.startswith(f"{card.sign} {request.id}  {card.headline}")


def test_who_may_log_somebody_off_has_the_button_of_the_form() -> None:
    def labels(*rules: Rule, refusal: str = "") -> list[str]:
        home = build(HomeContent(reader=b.ASKER, at=b.NOW, rules=rules, refusal=refusal))
        return [button.label for button in home.buttons]

    assert labels(LISTS) == ["Who is on...", "How to type it"]
    assert labels(LISTS, FLEET) == ["Log somebody off...", "Who is on...", "How to type it"]
    assert labels(FLEET, refusal="No rule names you.") == []


def test_what_a_person_may_do_is_one_line() -> None:
    assert rights(LISTS, FLEET) == ("You may: list everywhere; disconnect, log off on rds-*, where 2 of @leads decide")
    here = replace(LISTS, where=frozenset({"C0OPS"}), may=frozenset({Action.LIST, Action.AUDIT}), users=("CORP\\x*",))
    assert (
        rights(here) == "You may: list everywhere, sessions of CORP\\x* alone, and read the audit log, asked in C0OPS"
    )
    few = replace(LISTS, states=frozenset({SessionState.ACTIVE}), idle_over=timedelta(hours=2), need=b.need(1, of=FIVE))
    assert rights(few) == (
        "You may: list everywhere, Active sessions alone, idle for more than 2 hours, "
        "where 1 of @a, @b, @c and 2 more decides"
    )
    assert rights() == "You may decide where you are asked."


def test_many_rules_computers_and_groups_are_counted() -> None:
    rules = [replace(LISTS, name=str(number)) for number in range(MOST_RULES + 2)]
    assert rights(*rules).endswith("; and 2 more rules")
    assert "a, b, c, d and 2 more" in rights(replace(FLEET, computers=("a", "b", "c", "d", "e", "f")))
    hosts = tuple(f"rds-{number}" for number in range(MOST_HOSTS + 188))
    home = build(HomeContent(reader=b.ASKER, at=b.NOW, rules=(LISTS,), hosts=hosts))
    assert words(home.lines[1]).strip().endswith("rds-11 and 188 more")


def test_the_computers_are_those_of_the_persons_rules() -> None:
    policy = Policy(rules=(FLEET, replace(LISTS, who=b.LEADS)))
    names = ("comp1", "rds-1", "rds-2")
    assert hosts_for(policy, b.person(), names) == ("rds-1", "rds-2")
    assert hosts_for(policy, b.person(groups=b.LEADS), names) == names
    assert hosts_for(policy, b.person(groups=frozenset()), names) == ()
    audit = Policy(rules=(replace(LISTS, may=frozenset({Action.AUDIT})),))
    assert hosts_for(audit, b.person(), names) == ()
    assert rules_for(policy, b.person()) == (FLEET,)


@pytest.mark.parametrize(
    ("ref", "reader", "leads"),
    [(CARD, b.ASKER, True), (CARD, b.OTHER, True), (IN_DIRECT, b.ASKER, True), (IN_DIRECT, b.OTHER, False)],
)
def test_a_row_leads_to_a_card_that_its_reader_can_see(ref: MessageRef, reader: object, *, leads: bool) -> None:
    request = replace(b.awaiting(b.target()), message_ref=ref)
    content = HomeContent(reader=reader, at=b.NOW, waiting=Some(shown=(request,), count=1))  # type: ignore[arg-type] # an actor
    (row,) = build(content).sections[0].rows
    assert (row.card == ref) is leads
    assert row.button
    assert row.button.text == request.id


def test_who_may_do_nothing_sees_the_reason_and_whom_to_ask_alone() -> None:
    home = build(HomeContent(reader=b.ASKER, at=b.NOW, refusal="Guests do not count.", contact="@leads"))
    assert [words(row.line).strip() for row in home.sections[0].rows] == ["Guests do not count."]
    assert (len(home.sections), home.buttons) == (1, ())
    assert words(home.lines[0]).strip() == "Questions: @leads"
