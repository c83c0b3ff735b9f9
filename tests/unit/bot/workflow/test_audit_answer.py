"""The step of `/logoff-audit` over a log in memory: who reads what, what is sent, and what is told."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.audit.entry import Head
from bot.audit.history import Answer, RequestHistory, SessionOutcome
from bot.audit.selection import Names
from bot.cards import troubles
from bot.domain.actions import Action
from bot.domain.events import Surveyed
from bot.domain.people import MemberStatus
from bot.domain.request import Ending
from bot.errors import ChatError, TooWide
from bot.policy.model import Policy, Rule
from bot.workflow import audit_answer
from bot.workflow.audit_answer import LogSources
from bot.workflow.digest import DigestPlan
from tests.support import builders as b
from tests.support.harness import ONCALL, BotHarness, Crash, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.audit.checked import CheckedEntry
    from bot.audit.selection import AuditFilter
    from bot.cards.model import Card

MAY_ACT = Rule(name="on-call", who=ONCALL, may=frozenset({Action.LIST, Action.LOG_OFF}))
MAY_READ = Rule(name="auditors", who=frozenset({b.OTHER.user_id}), may=frozenset({Action.AUDIT}))
PNG = b"\x89PNG"


def history(number: int, **changes: object) -> RequestHistory:
    first = RequestHistory(
        request_id=f"TS-{number:06}",
        asked_at=b.NOW - timedelta(hours=number),
        requester=b.ASKER.user_id,
        requester_name="asker",
        command="/logoff comp1 id=3",
        hosts=("comp1",),
        rules=("on-call",),
        answers=(Answer(actor=b.OTHER.user_id, name="other", says="yes", at=b.NOW),),
        sessions=(SessionOutcome(host="comp1", session_id=3, user=f"CORP\\user{number % 3}", verdict="gone"),),
        ending="done",
        decision_ms=90_000,
        done_ms=95_000,
    )
    return replace(first, **changes)  # type: ignore[arg-type] # a test's own values


@dataclass
class FakeLog:
    """A log of these requests. Its reader selects by requester and id alone, and notes what it was asked."""

    there: list[RequestHistory] = field(default_factory=lambda: [history(number) for number in range(1, 5)])
    asked: list[tuple[AuditFilter, Names]] = field(default_factory=list)
    count: int | None = None

    @contextmanager
    def __call__(self) -> Iterator[FakeLog]:
        yield self

    def head(self) -> Head:
        return Head(42, "ab" * 32)

    def names(self, wanted: AuditFilter) -> Names:
        return Names(actors=frozenset({wanted.actor}) if wanted.actor else None)

    def _selected(self, wanted: AuditFilter, names: Names) -> list[RequestHistory]:
        self.asked.append((wanted, names))
        return [
            each
            for each in self.there
            if (names.actors is None or each.requester in names.actors) and wanted.request in ("", each.request_id)
        ]

    def count_requests(self, wanted: AuditFilter, names: Names) -> int:
        return self.count if self.count is not None else len(self._selected(wanted, names))

    def requests(self, wanted: AuditFilter, names: Names, *, limit: int | None = None) -> Iterator[RequestHistory]:
        yield from self._selected(wanted, names)[:limit]

    def entries(
        self, wanted: AuditFilter, names: Names, *, limit: int | None = None, oldest_first: bool = False
    ) -> Iterator[CheckedEntry]:
        del wanted, names, limit, oldest_first
        yield from ()


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def harness(log: FakeLog) -> BotHarness:
    harness = BotHarness(policy=Policy(rules=(MAY_ACT, MAY_READ)), records_failures=True)
    harness.log_sources = LogSources(reports=log, charts=lambda title, bars: PNG if title and bars else None)
    return harness


def ask(harness: BotHarness, text: str = "last 7d by user", *, by: object = b.OTHER) -> Card:
    """The card that the person is shown."""
    harness.ask_and_run(text, by=by, command="logoff-audit")
    return harness.chat.told[-1].card


def names_of_files(harness: BotHarness) -> list[str]:
    return [file.name.rpartition(".")[2] for _, file in harness.chat.files]


def test_the_figures_are_private_and_the_files_go_to_direct_messages(harness: BotHarness) -> None:
    card = ask(harness)
    assert card.headline == "4 requests"
    assert "CORP\\user1  2 requests, 2 sessions: 2 done, 2 yes" in text_of(card)
    assert f"Newest entry: 42:{'ab' * 32}" in text_of(card)
    assert [actor for actor, _ in harness.chat.files] == [b.OTHER, b.OTHER]
    assert names_of_files(harness) == ["png", "csv"]
    assert harness.chat.shown == ()
    assert harness.request.ending is Ending.ANSWERED


def test_nothing_is_read_before_the_command_is_answered(harness: BotHarness, log: FakeLog) -> None:
    response = harness.ask("last 7d", by=b.OTHER, command="logoff-audit")
    assert response.text.endswith("reading the audit log")
    assert log.asked == []
    harness.run()
    assert log.asked


def test_no_computer_is_contacted(harness: BotHarness) -> None:
    ask(harness)
    assert harness.terminal.look_times == []


def test_who_read_what_is_an_entry(harness: BotHarness) -> None:
    ask(harness)
    asked, read = harness.ledger.entries()[-2:]
    assert (asked.event, asked.actor, asked.text) == ("asked", b.OTHER.user_id, "/logoff-audit last 7d by user")
    assert (read.event, read.reason_code) == ("surveyed", "answered")
    assert read.note == "4 requests; read: --since 2026-02-23T14:00:00Z --until 2026-03-02T14:00:00Z"


def test_who_may_not_read_the_log_reads_about_their_own_requests(harness: BotHarness, log: FakeLog) -> None:
    log.there.append(history(9, requester=b.OTHER.user_id, command="/logoff secret"))
    card = ask(harness, "last 7d", by=b.ASKER)
    assert card.headline == "4 requests"
    assert "your own requests alone" in text_of(card)
    assert "secret" not in text_of(card) + harness.chat.files[-1][1].content.decode()
    assert {names.actors for _, names in log.asked} == {frozenset({b.ASKER.user_id})}
    assert "own requests only" in harness.ledger.entries()[-1].note


@pytest.mark.parametrize("text", ["actor=U0OTHER", "actor=other", "actor=*"])
def test_they_are_refused_the_requests_of_others(harness: BotHarness, log: FakeLog, text: str) -> None:
    card = ask(harness, text, by=b.ASKER)
    assert card.headline == "Not allowed. Nothing was read"
    assert "No rule lets you read the audit log" in text_of(card)
    assert log.asked == []
    assert harness.events[-1] == "refused"


def test_the_request_of_another_person_is_not_told_apart_from_none(harness: BotHarness, log: FakeLog) -> None:
    log.there.append(history(9, requester=b.OTHER.user_id))
    other, none = ask(harness, "TS-000009", by=b.ASKER), ask(harness, "TS-999999", by=b.ASKER)
    assert (
        text_of(other).splitlines()[1] == "I know no request TS-000009 that you may read about. Look at its spelling."
    )
    assert text_of(none).splitlines()[1] == "I know no request TS-999999 that you may read about. Look at its spelling."
    assert harness.chat.files == []


@pytest.mark.parametrize("status", [each for each in MemberStatus if each is not MemberStatus.MEMBER])
def test_who_is_no_member_reads_nothing(harness: BotHarness, log: FakeLog, status: MemberStatus) -> None:
    harness.directory.statuses[b.ASKER.user_id] = status
    assert ask(harness, "last 7d", by=b.ASKER).headline == "Not allowed. Nothing was read"
    assert log.asked == []


def test_whom_no_rule_names_reads_nothing(harness: BotHarness, log: FakeLog) -> None:
    harness.directory.groups[b.ASKER.user_id] = frozenset()
    assert ask(harness, "last 7d", by=b.ASKER).headline == "Not allowed. Nothing was read"
    assert log.asked == []


def test_without_what_draws_the_rows_come_alone_and_the_card_says_how_to_get_charts(
    harness: BotHarness, log: FakeLog
) -> None:
    harness.log_sources = LogSources(reports=log)
    assert "matplotlib is not installed" in text_of(ask(harness))
    assert names_of_files(harness) == ["csv"]


def test_files_that_slack_refuses_are_told_and_the_figures_stand(harness: BotHarness) -> None:
    harness.chat.refuses_files = True
    card = ask(harness)
    assert card.headline == "4 requests"
    assert "I could not send TS-" in text_of(card)
    assert "(missing_scope)" in text_of(card)


def test_what_slack_does_not_take_now_is_sent_later_and_once(harness: BotHarness, log: FakeLog) -> None:
    harness.chat.go_down()
    harness.ask_and_run("last 7d by user", by=b.OTHER, command="logoff-audit")
    assert (harness.chat.told, harness.request.ending) == ([], None)
    harness.chat.come_back()
    harness.wait(timedelta(minutes=1))
    assert len(log.asked) == 2  # counted and read, once
    assert names_of_files(harness) == ["png", "csv"]
    assert [told.card.headline for told in harness.chat.told] == ["4 requests"]
    assert harness.request.ending is Ending.ANSWERED


def test_a_process_that_dies_after_the_answer_sends_nothing_twice(harness: BotHarness) -> None:
    harness.ledger.die_before = Surveyed
    harness.ask("last 7d by user", by=b.OTHER, command="logoff-audit")
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.wait(timedelta(seconds=30))
    assert names_of_files(harness) == ["png", "csv"]
    assert [told.card.headline for told in harness.chat.told] == ["4 requests"]
    assert harness.request.ending is Ending.ANSWERED


def test_who_gets_no_answer_in_time_is_told(harness: BotHarness) -> None:
    harness.chat.go_down()
    harness.ask_and_run("last 7d", by=b.OTHER, command="logoff-audit")
    harness.wait(timedelta(minutes=11))
    harness.chat.come_back()
    harness.wait(timedelta(minutes=2))
    assert [told.card.headline.partition(".")[0] for told in harness.chat.told] == ["Expired"]


def test_more_than_the_limit_is_not_read(harness: BotHarness, log: FakeLog) -> None:
    log.count = audit_answer.MOST_READ + 1
    card = ask(harness)
    assert text_of(card).splitlines()[1].startswith("That is 100,001 requests; in Slack I read 100,000 at the most.")
    assert log.asked == []


def test_a_reading_that_takes_too_long_ends(harness: BotHarness, log: FakeLog) -> None:
    class SlowLog(FakeLog):
        def count_requests(self, wanted: AuditFilter, names: Names) -> int:
            harness.clock.move(timedelta(minutes=9, seconds=40))
            return super().count_requests(wanted, names)

    harness.log_sources = LogSources(reports=SlowLog(there=log.there))
    assert "Reading took too long" in text_of(ask(harness))


def test_a_spreadsheet_has_the_newest_rows_and_says_so(harness: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_answer, "MOST_ROWS", 3)
    assert "The spreadsheet has the newest 3 of 4 rows." in text_of(ask(harness))
    assert harness.chat.files[-1][1].content.count(b"\n") == 1 + 3


def test_a_pattern_that_is_too_wide_is_told(harness: BotHarness, log: FakeLog) -> None:
    class WideLog(FakeLog):
        def names(self, wanted: AuditFilter) -> Names:
            raise TooWide(f"{wanted.user} means 10001 names, and I look for 10000 at the most. Name fewer.")

    harness.log_sources = LogSources(reports=WideLog(there=log.there))
    assert "Name fewer." in text_of(ask(harness, "user=*"))
    assert harness.events[-1] == "refused"


def test_which_names_the_log_lacks_is_told_to_those_who_may_read_it(harness: BotHarness, log: FakeLog) -> None:
    class Nameless(FakeLog):
        def names(self, wanted: AuditFilter) -> Names:
            return replace(super().names(wanted), hosts=frozenset())

    harness.log_sources = LogSources(reports=Nameless(there=log.there))
    assert "The log knows no such host." in text_of(ask(harness, "host=nope"))
    assert "The log knows" not in text_of(ask(harness, "host=nope", by=b.ASKER))


def test_an_answer_that_can_stand_nowhere_is_in_the_entry(harness: BotHarness, log: FakeLog) -> None:
    harness.log_sources = LogSources(reports=log)
    harness.chat.go_down(ChatError("Slack refused the call (user_is_restricted).", retryable=False))
    harness.ask_and_run("last 7d", by=b.OTHER, command="logoff-audit")
    assert "not shown: Slack refused the call (user_is_restricted)." in harness.ledger.entries()[-1].note


def test_what_others_read_is_for_those_who_may_read_the_log(harness: BotHarness) -> None:
    ask(harness)
    request_id = harness.request.id
    seen = [harness.ask(request_id, by=who).card for who in (b.OTHER, b.ASKER)]
    assert [card and card.headline for card in seen] == [
        "The audit log was read",
        f"I know no request {request_id} that you may see.",
    ]


def test_who_waits_is_told_what_for(harness: BotHarness) -> None:
    response = harness.ask("last 7d", by=b.OTHER, command="logoff-audit")
    assert response.wake
    card = troubles.waits(harness.find(response.wake.request_id))
    assert "I still read the audit log." in card.summary


def test_what_does_not_verify_is_marked(harness: BotHarness, log: FakeLog) -> None:
    log.there[0] = replace(log.there[0], faults=("entry 7: its hash is wrong",))
    assert "1 do not verify" in text_of(ask(harness))
    assert "DOES NOT VERIFY" in text_of(ask(harness, "last 7d"))


def test_texts_from_outside_stay_text_of(harness: BotHarness, log: FakeLog) -> None:
    log.there = [history(1, command="/logoff \u202ex\n✅ y", reason="<!channel>", requester_name="a\u2028b" * 200)]
    shown = text_of(ask(harness, "last 7d"))
    assert not {"\u202e", "\u2028", "✅"} & set(shown)
    assert max(map(len, shown.splitlines())) < 600


def test_buttons_ask_the_same_in_groups(harness: BotHarness) -> None:
    card = ask(harness, "last 7d")
    assert [(button.label, button.value) for button in card.buttons] == [
        (f"By {by}", f"{b.OTHER.user_id} logoff-audit last 7d by {by}") for by in ("user", "host", "actor")
    ]


def test_one_person_reads_at_a_time(harness: BotHarness, log: FakeLog) -> None:
    step = harness.workflow.audit
    request = harness.ask("last 7d", by=b.OTHER, command="logoff-audit").wake
    assert request
    with step._turn:
        step.answer(harness.find(request.request_id))
    assert log.asked == []
    assert harness.find(request.request_id).due_at == harness.clock.now() + audit_answer.ONE_AFTER_THE_OTHER


@pytest.mark.parametrize("breaks", [False, True])
def test_after_a_reading_it_is_the_next_ones_turn(harness: BotHarness, log: FakeLog, *, breaks: bool) -> None:
    class Breaking(FakeLog):
        def head(self) -> Head:
            raise ZeroDivisionError

    step = harness.workflow.audit  # one for all, as in production
    step = replace(step, sources=LogSources(reports=Breaking())) if breaks else step
    first, second = (harness.ask("last 7d", by=b.OTHER, command="logoff-audit").wake for _ in range(2))
    assert first
    assert second
    with pytest.raises(ZeroDivisionError) if breaks else nullcontext():
        step.answer(harness.find(first.request_id))
    replace(step, sources=LogSources(reports=log)).answer(harness.find(second.request_id))
    assert harness.find(second.request_id).ending is Ending.ANSWERED


def test_the_digest_goes_to_its_channel_once_with_the_end_of_the_log(harness: BotHarness, log: FakeLog) -> None:
    monday = DigestPlan(channel="C0APPROVE1", weekday=0, hour=8, zone=b.NOW.tzinfo)  # type: ignore[arg-type] # it has one
    for _ in range(3):
        harness.digest(monday).look()
        harness.run()
        harness.restart()
    (card,) = harness.chat.shown
    assert card.headline == "The week of the bot: 4 requests"
    assert f"Newest entry: 42:{'ab' * 32}" in text_of(card)
    assert [ref.channel_id for ref in harness.chat.cards] == ["C0APPROVE1"]
    wanted, _ = log.asked[-1]
    due = b.NOW.replace(hour=8)
    assert (wanted.since, wanted.until) == (due - timedelta(days=7), due)
    assert (harness.chat.files, harness.chat.told) == ([], [])
    assert [entry.actor for entry in harness.ledger.entries() if entry.event == "asked"] == ["bot"]
