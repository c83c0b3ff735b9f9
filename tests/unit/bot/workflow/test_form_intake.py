"""The form of `/logoff` in the core: what was shown is what is meant, however long the form stood open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cards.logoff_form import FormField
from bot.domain.draft import Draft
from bot.domain.people import Actor
from bot.domain.request import Ending, State
from bot.domain.session import Account, Session
from bot.domain.verdicts import Verdict
from bot.policy.tickets import contains_ticket
from bot.workflow.form_intake import FormAnswer, FormCall, FormIntake
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.harness import BotHarness


class Form:
    """A form on comp1 whose sessions have been read: these, else alice (3) and bob (5)."""

    def __init__(self, *sessions: Session) -> None:
        self.house = BotHarness(terminal=FakeTerminal({"comp1": sessions}) if sessions else None)
        draft, response = self.forms.look(b.ASKER, Draft(place=b.PLACE), "comp1", "trigger 1")
        assert response.wake
        self.draft = draft
        self.house.scheduler.wake(response.wake)
        self.house.run()

    @property
    def forms(self) -> FormIntake:
        return FormIntake(intake=self.house.intake)

    def send(self, *places: int) -> FormAnswer:
        call = FormCall(actor=b.ASKER, draft=self.draft, delivery="form V1", ticked=frozenset(places))
        answer = self.forms.submit(call)
        if answer.response.wake:
            self.house.scheduler.wake(answer.response.wake)
            self.house.run()
        return answer


def test_who_has_the_session_by_now_is_not_meant_by_a_form_that_stood_open() -> None:
    form = Form()
    there = b.session(3)
    form.house.terminal.set("comp1", replace(there, logon=there.logon + 10_000_000))
    answer = form.send(0)
    assert answer.errors == {}
    assert answer.response.wake
    asked = form.house.find(answer.response.wake.request_id)
    assert (asked.targets, asked.ending) == ((), Ending.NOTHING_TO_DO)


def test_a_form_sent_twice_makes_one_request() -> None:
    form = Form()
    first, second = form.send(0), form.send(0)
    assert (first.errors, second.errors) == ({}, {})
    assert first.response.wake
    assert second.response.wake is None
    assert form.house.find(first.response.wake.request_id).state is State.AWAITING


def test_a_look_of_somebody_else_shows_and_does_nothing() -> None:
    form = Form()
    assert not form.forms.form(b.OTHER, form.draft).rows
    call = FormCall(actor=b.OTHER, draft=form.draft, delivery="form V2", ticked=frozenset({0}))
    assert list(form.forms.submit(call).errors) == [FormField.HOST]


@pytest.mark.parametrize("typed", ["comp1", "COMP", "", " comp1 "])
def test_a_part_of_a_name_finds_it_and_no_host_is_contacted(typed: str) -> None:
    house = BotHarness()
    assert "comp1" in FormIntake(intake=house.intake).suggest(b.ASKER, b.PLACE, typed)


@for_each("typed", ["*", "comp?", "group:all", "comp1 id=3", "nowhere"])
def test_what_is_typed_into_the_menu_is_a_text_and_no_pattern(typed: str) -> None:
    assert FormIntake(intake=BotHarness().intake).suggest(b.ASKER, b.PLACE, typed) == ()


def test_a_computer_that_is_gone_from_the_inventory_is_refused_at_its_field() -> None:
    form = Form()
    form.draft = replace(form.draft, host="comp99")
    assert "comp99" in form.send(0).errors[FormField.HOST]


@for_each("minutes", ["0", "61", "00600", "0001000", "600", "1.5", "-1", "٣", "x", "9" * 5000])
def test_minutes_out_of_bounds_are_an_error_at_their_field(minutes: str) -> None:
    form = Form()
    call = FormCall(actor=b.ASKER, draft=form.draft, delivery="form V3", ticked=frozenset({0}), minutes=minutes)
    answer = form.forms.submit(call)
    assert (list(answer.errors), answer.response.wake) == ([FormField.WARN], None)


@for_each("reason", [",", "\u200b", "\x00", " , , ", "\ufeff\u202e"])
def test_a_reason_of_which_a_command_reads_nothing_is_an_error_at_its_field(reason: str) -> None:
    form = Form()
    call = FormCall(actor=b.ASKER, draft=form.draft, delivery="form V4", ticked=frozenset({0}), reason=reason)
    assert list(form.forms.submit(call).errors) == [FormField.REASON]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("a\x00b", "a b"), ("two\nlines", "two lines"), ('say "no" <!channel> &amp;', 'say "no" <!channel> &amp;')],
)
def test_odd_letters_of_a_reason_are_no_error_at_another_field(typed: str, kept: str) -> None:
    form = Form()
    call = FormCall(actor=b.ASKER, draft=form.draft, delivery="form V5", ticked=frozenset({0}), reason=typed)
    answer = form.forms.submit(call)
    assert answer.errors == {}
    assert answer.response.wake
    assert form.house.find(answer.response.wake.request_id).ask.reason == kept


def message(form: Form, **written: object) -> FormAnswer:
    call = FormCall(
        actor=b.ASKER, draft=form.draft, delivery="form V7", ticked=frozenset({0, 1}), act="tsmessage", text="Call me"
    )
    return form.forms.submit(replace(call, **written))  # type: ignore[arg-type] # fields of the call


def test_a_message_of_the_form_is_shown_to_those_who_are_ticked_and_nobody_is_logged_off() -> None:
    form = Form()
    answer = message(form, text='Down at "18:00"\n&amp; <!channel>')
    assert answer.response.wake, answer.errors
    form.house.scheduler.wake(answer.response.wake)
    form.house.run()
    shown = {number: text.partition("\n")[0] for _, number, _, text in form.house.terminal.messages}
    assert shown == dict.fromkeys((3, 5), 'Down at "18:00" &amp; <!channel>')
    assert {target.verdict for target in form.house.find(answer.response.wake.request_id).targets} == {Verdict.SENT}


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"text": ""}, FormField.TEXT),
        ({"text": "  "}, FormField.TEXT),
        ({"text": "\u200b"}, FormField.TEXT),
        ({"text": "x" * 301}, FormField.TEXT),
        ({"wait": True}, FormField.OPTIONS),
        ({"minutes": "5"}, FormField.WARN),
        ({"minutes": "x"}, FormField.WARN),
        ({"act": "logoff"}, FormField.TEXT),
        ({"act": "disconnect"}, FormField.TEXT),
    ],
)
def test_what_does_not_belong_to_a_message_is_an_error_at_its_field(
    written: dict[str, object], field: FormField
) -> None:
    answer = message(Form(), **written)
    assert (list(answer.errors), answer.response.wake) == ([field], None)


@pytest.mark.parametrize("reason", ["INC0012345", "floor 5\nINC0012345", "  INC0012345 "])
def test_a_ticket_in_the_reason_of_a_form_is_the_ticket_of_its_command(reason: str) -> None:
    form = Form()
    call = FormCall(actor=b.ASKER, draft=form.draft, delivery="form V8", ticked=frozenset({0}), reason=reason)
    answer = form.forms.submit(call)
    assert answer.response.wake, answer.errors
    assert contains_ticket(r"\bINC\d{7}\b", form.house.find(answer.response.wake.request_id).ask.reason)


@for_each("name", ["*", " b", "a  b", "$   ", "<@U0OTHER>", "--force", "me", "all", "e\u0301", "a\nb"])
def test_a_ticked_person_with_an_odd_name_is_the_one_who_is_asked_about(name: str) -> None:
    odd = b.session(3, account=Account(domain="", user=name))
    form = Form(odd)
    answer = form.send(0)
    assert answer.response.wake, answer.errors
    assert [target.session for target in form.house.find(answer.response.wake.request_id).targets] == [odd]


def test_a_form_on_a_paused_bot_says_so_and_asks_for_no_tick_that_cannot_be_made() -> None:
    house = BotHarness()
    house.ledger.pause("Bo", "moving the farm")
    forms = FormIntake(intake=house.intake)
    draft, response = forms.look(b.ASKER, Draft(place=b.PLACE), "comp1", "trigger 1")
    assert response.wake
    house.scheduler.wake(response.wake)
    house.run()
    form = forms.form(b.ASKER, draft)
    assert form.rows == ()
    assert form.note.startswith("Paused by Bo since 2026-03-02 14:00 UTC: moving the farm.")
    answer = forms.submit(FormCall(actor=b.ASKER, draft=draft, delivery="form V6"))
    assert answer.errors == {FormField.HOST: "There is nobody on comp1 whom you can tick. Choose another computer."}


def test_a_pause_that_begins_while_the_form_is_open_refuses_its_request() -> None:
    form = Form()
    form.house.ledger.pause("Bo", "moving the farm")
    answer = form.send(0)
    assert answer.response.wake
    asked = form.house.find(answer.response.wake.request_id)
    assert (asked.ending, asked.message.startswith("Paused by Bo")) == (Ending.REFUSED, True)
    assert form.house.terminal.acts == []


@pytest.mark.parametrize("who", ["U0NOBODY", "U0GUEST"])
def test_who_may_nothing_is_shown_no_computer_and_no_session(who: str) -> None:
    form = Form()
    stranger = Actor(user_id=who, name="x")
    assert form.forms.suggest(stranger, b.PLACE, "") == ()
    assert form.forms.may_open(stranger, b.PLACE)
    assert form.forms.form(stranger, form.draft).rows == ()
    draft, response = form.forms.look(stranger, Draft(place=b.PLACE), "comp1", "trigger 9")
    assert response.wake
    form.house.scheduler.wake(response.wake)
    looks = list(form.house.terminal.look_calls)
    form.house.run()
    assert form.forms.form(stranger, draft).rows == ()
    assert form.house.terminal.look_calls == looks
