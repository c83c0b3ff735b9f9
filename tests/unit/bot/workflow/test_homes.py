"""Whose home is drawn, when, and what is read for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from bot.cards.model import Card
from bot.domain.people import Actor, MemberStatus
from bot.errors import ChatError
from bot.policy.model import Policy, Rule
from bot.workflow import homes
from bot.workflow.courier import AGAIN_AFTER, TOKEN_PAUSE, TRIES
from bot.workflow.home_reader import MOST_ROWS, HomeReader
from bot.workflow.homes import Homes
from bot.workflow.publishing import PROGRESS_EVERY
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.harness import ON_CALL, BotHarness, text_of

if TYPE_CHECKING:
    import pytest

    from bot.cards.home import Home, Section
    from bot.workflow.steps import Workflow

LEAD = Actor(user_id="U0LEAD", name="lead")
FLEET = Rule(name="fleet", who=b.ONCALL, may=ON_CALL.may, need=b.need(1, of=b.LEADS), computers=("comp1",))


class Tabs:
    """The `HomeTab` port in memory. `errors`: what the next calls raise."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, Home]] = []
        self.errors: list[ChatError] = []

    def publish(self, reader: Actor, home: Home) -> None:
        if self.errors:
            raise self.errors.pop()
        self.shown.append((reader.user_id, home))

    @property
    def readers(self) -> list[str]:
        return [reader for reader, _ in self.shown]

    def section(self, place: int) -> Section:
        return self.shown[-1][1].sections[place]


class House:
    """The harness with homes in it."""

    def __init__(self, *rules: Rule) -> None:
        self.bot = BotHarness(policy=Policy(rules=rules or (ON_CALL,)))
        self.bot.directory.groups[LEAD.user_id] = b.LEADS
        self.bot.directory.statuses[LEAD.user_id] = MemberStatus.MEMBER
        self.tabs = Tabs()
        self.homes = Homes(contents=self.reader, tab=self.tabs, clock=self.bot.clock)

    @property
    def reader(self) -> HomeReader:
        return HomeReader(ledger=self.bot.ledger, authorizer=self.bot.authorizer)

    def open(self, *people: Actor) -> None:
        for person in people:
            self.homes.opened(person)
        self.homes.look()

    def waiting(self, person: Actor) -> tuple[str, ...]:
        return tuple(request.id for request in self.reader.read(person).waiting.shown)


def test_a_home_that_is_opened_is_drawn_and_not_again_until_something_changes() -> None:
    house = House()
    house.open(b.ASKER)
    house.bot.clock.move(timedelta(hours=1))
    house.homes.look()
    assert house.tabs.readers == [b.ASKER.user_id]


def test_however_often_it_changes_a_home_is_drawn_once_in_three_seconds() -> None:
    house = House()
    request = house.bot.ask_and_run("comp1 id=3")
    house.open(b.ASKER)
    for _ in range(9):
        house.homes.changed(request)
        house.homes.opened(b.ASKER)
        house.homes.look()
    assert len(house.tabs.shown) == 1
    house.bot.clock.move(PROGRESS_EVERY)
    house.homes.look()
    house.homes.look()
    assert len(house.tabs.shown) == 2


def test_a_change_draws_the_homes_of_requester_and_decider_if_they_opened_theirs() -> None:
    house = House(FLEET)
    request = house.bot.ask_and_run("comp1 id=3")
    house.homes.changed(request)
    house.homes.look()
    assert house.tabs.shown == []
    house.open(b.ASKER, LEAD, b.OTHER)
    house.tabs.shown.clear()
    house.bot.clock.move(PROGRESS_EVERY)
    house.bot.press("approve", by=LEAD)
    house.homes.changed(house.bot.request)
    house.homes.look()
    assert house.tabs.readers == [b.ASKER.user_id, LEAD.user_id]


class Watched(BotHarness):
    """Keeps whose requests have changed."""

    seen: ClassVar[list[str]] = []

    @property
    def workflow(self) -> Workflow:
        return replace(super().workflow, changed=lambda request: self.seen.append(request.id))


def test_the_step_of_a_request_says_that_it_has_changed() -> None:
    bot = Watched()
    bot.seen.clear()
    request = bot.ask_and_run("comp1 id=3")
    assert set(bot.seen) == {request.id}
    bot.seen.clear()
    bot.approve_and_run()
    assert bot.wait(timedelta(minutes=5)).state == "ended"
    assert set(bot.seen) == {request.id}


def test_a_refusal_that_may_pass_is_tried_again_a_few_times_and_no_other_home_waits() -> None:
    house = House()
    house.tabs.errors = [ChatError("later", retryable=True)] * TRIES
    house.open(b.ASKER)
    house.tabs.errors, kept = [], house.tabs.errors
    house.open(LEAD)
    assert house.tabs.readers == [LEAD.user_id]
    house.tabs.errors = kept
    for _ in range(TRIES):
        house.bot.clock.move(AGAIN_AFTER)
        house.homes.look()
    assert house.tabs.errors == []
    house.bot.clock.move(timedelta(hours=1))
    house.homes.look()
    assert house.tabs.readers == [LEAD.user_id]


def test_a_refusal_that_lasts_ends_the_home_until_it_is_opened_again() -> None:
    house = House()
    house.tabs.errors = [ChatError("not_enabled", retryable=False)]
    house.open(b.ASKER)
    house.homes.changed(house.bot.ask_and_run("comp1 id=3"))
    house.bot.clock.move(timedelta(hours=1))
    house.homes.look()
    assert house.tabs.shown == []
    house.open(b.ASKER)
    assert house.tabs.readers == [b.ASKER.user_id]


def test_a_clock_that_is_set_back_keeps_no_home_waiting_for_long() -> None:
    house = House()
    house.open(b.ASKER)
    house.bot.clock.move(-timedelta(days=9))
    house.homes.opened(b.ASKER)
    house.homes.look()
    house.bot.clock.move(TOKEN_PAUSE)
    house.homes.look()
    assert len(house.tabs.shown) == 2


def test_of_very_many_people_those_who_opened_theirs_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "MOST_READERS", 2)
    house = House()
    people = [Actor(user_id=f"U{number}") for number in range(4)]
    for person in (*people, people[2]):
        house.homes.opened(person)
    house.homes.look()
    assert house.tabs.readers == ["U3", "U2"]


def test_what_waits_is_what_this_person_may_decide_now() -> None:
    house = House(FLEET, ON_CALL)
    others = house.bot.ask_and_run("comp1 id=3")
    own = house.bot.ask_and_run("comp2 id=3")
    assert house.waiting(LEAD) == (others.id,)
    assert house.waiting(b.ASKER) == (own.id,)
    assert house.waiting(b.OTHER) == ()
    house.bot.remove_from("@leads", LEAD)
    assert house.waiting(LEAD) == ()


def test_a_request_stands_in_one_section_of_a_home() -> None:
    house = House(FLEET, ON_CALL)
    others = house.bot.ask_and_run("comp1 id=3")
    own = house.bot.ask_and_run("comp2 id=3")
    content = house.reader.read(b.ASKER)
    assert [request.id for request in content.waiting.shown] == [own.id]
    assert [request.id for request in content.latest] == [others.id]


def test_who_has_said_yes_is_not_waited_for_and_what_is_over_waits_for_nobody() -> None:
    house = House(Rule(name="two", who=b.ONCALL, may=ON_CALL.may, need=b.need(2, of=frozenset({"@leads", "@oncall"}))))
    request = house.bot.ask_and_run("comp1 id=3")
    assert house.waiting(LEAD) == (request.id,)
    house.bot.press("approve", by=LEAD)
    assert house.waiting(LEAD) == ()
    assert house.waiting(b.OTHER) == (request.id,)
    house.bot.clock.move(timedelta(hours=1))
    assert house.waiting(b.OTHER) == ()


def test_many_requests_are_counted_and_a_few_are_shown() -> None:
    house = House()
    for _ in range(MOST_ROWS + 3):
        house.bot.ask_and_run("comp1 id=3")
    waiting = house.reader.read(b.ASKER).waiting
    assert (len(waiting.shown), waiting.count) == (MOST_ROWS, MOST_ROWS + 3)
    house.open(b.ASKER)
    assert (house.tabs.section(0).title, house.tabs.section(0).more) == ("Waiting for you (8)", 3)


@for_each("status", [each for each in MemberStatus if each is not MemberStatus.MEMBER])
def test_who_does_not_count_is_told_why_and_nothing_is_read_for_them(status: MemberStatus) -> None:
    house = House()
    house.bot.ask_and_run("comp1 id=3")
    house.bot.directory.statuses[b.ASKER.user_id] = status
    content = house.reader.read(b.ASKER)
    assert content.refusal
    assert (content.waiting.count, content.latest, content.hosts, content.rules) == (0, (), (), ())


def test_whom_no_rule_names_is_told_whom_to_ask() -> None:
    house = House()
    house.bot.directory.statuses["U0NEW"] = MemberStatus.MEMBER
    content = house.reader.read(Actor(user_id="U0NEW"))
    assert content.refusal == "No rule names you, so I do nothing for you. Ask the keeper of the bot's policy."


def test_a_request_that_cannot_be_read_leaves_the_rest_of_the_home() -> None:
    house = House()
    request = house.bot.ask_and_run("comp1 id=3")
    house.bot.ledger.unreadable.add(request.id)
    house.open(b.ASKER)
    assert house.tabs.readers == [b.ASKER.user_id]


def test_a_home_says_first_that_the_bot_is_paused_and_by_whom() -> None:
    house = House()
    house.bot.ledger.pause("Bo", "moving the farm\n<!channel>")
    house.homes.opened(b.ASKER)
    house.homes.look()
    first = house.tabs.section(0)
    assert first.title == "Paused"
    said = text_of(Card(headline="", summary="", lines=(first.rows[0].line,)))
    assert "Paused by Bo since 2026-03-02 14:00" in said
    assert "moving the farm\ufffd<!channel>. Nothing new is started until somebody resumes." in said
    house.bot.ledger.resume("Bo")
    house.homes.opened(b.ASKER)
    house.bot.clock.move(PROGRESS_EVERY)
    house.homes.look()
    assert house.tabs.section(0).title == "Waiting for you"
