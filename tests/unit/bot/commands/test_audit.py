"""The words of `/logoff-audit`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.audit.figures import By
from bot.commands.audit import COMMAND, AuditAsk
from bot.commands.language import understand
from bot.commands.tokens import escaped
from bot.domain.inventory import Inventory
from bot.domain.people import Actor
from bot.errors import Suggestion, UsageError
from tests.support.cases import for_each

INVENTORY = Inventory(names=("comp1", "comp2"))
WEEK = timedelta(days=7)
DANA = Actor(user_id="U0DANA0001", name="dana")
NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)


def read(text: str) -> AuditAsk:
    ask = understand("logoff-audit", text, INVENTORY).ask
    assert isinstance(ask, AuditAsk)
    return ask


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as raised:
        read(text)
    return raised.value


@for_each(
    ("text", "ask"),
    [
        ("last 7d by user", AuditAsk(last=WEEK, by=By.USER)),
        ("TS-ABC123", AuditAsk(request="TS-ABC123")),
        ("ts-abc123", AuditAsk(request="TS-ABC123")),
        ("forced last 30d", AuditAsk(forced=True, last=timedelta(days=30))),
        ("--forced --last 30d", AuditAsk(forced=True, last=timedelta(days=30))),
        ("—forced last=30d", AuditAsk(forced=True, last=timedelta(days=30))),
        ("last week refused", AuditAsk(last=WEEK, refused=True)),
        ("last 2 weeks", AuditAsk(last=2 * WEEK)),
        ("last 24h", AuditAsk(last=timedelta(days=1))),
        ("since 7d", AuditAsk(last=WEEK)),
        ("user=alice host=rds-*", AuditAsk(user="alice", host="rds-*")),
        ("user CORP\\alice", AuditAsk(user="CORP\\alice")),
        ("user='CORP\\josé maría'", AuditAsk(user="CORP\\josé maría")),
        ("actor=<@U0DANA0001|dana> approver=@bo", AuditAsk(actor="U0DANA0001", approver="@bo")),
        ('rule="fleet by four eyes" verdict=gone', AuditAsk(rule="fleet by four eyes", verdict="gone")),
        (
            "since=2026-02-01 until=2026-02-28",
            AuditAsk(since=datetime(2026, 2, 1, tzinfo=UTC), until=datetime(2026, 3, 1, tzinfo=UTC)),
        ),
        ("until=2026-02-28T08:00", AuditAsk(until=datetime(2026, 2, 28, 8, tzinfo=UTC))),
        ("group-by day", AuditAsk(by=By.DAY)),
    ],
)
def test_a_command_says_what_to_read(text: str, ask: AuditAsk) -> None:
    assert read(text) == ask


@for_each("by", By)
def test_every_group_of_the_figures_can_be_asked_for(by: By) -> None:
    assert read(f"by {by}").by is by


@for_each(
    ("text", "says", "meant"),
    [
        ("forced 30d", "`30d` is a time", ["forced last 30d"]),
        ("7d by user", "`7d` is a time", ["last 7d by user"]),
        ("last 7d user", "`user` lacks its value", []),
        ("alice", "I do not know what `alice` is", ["user=alice", "host=alice", "actor=alice"]),
        ("comp1 last 7d", "`comp1` is a computer", ["host=comp1 last 7d"]),
        ("gone", "`gone` is a verdict", ["verdict=gone"]),
        ("forcd last 7d", "Do you mean `forced`?", ["forced last 7d"]),
        ("last 7d host", "`host` lacks its value", []),
        ("verdict", "`verdict` lacks its value", []),
        ("'CORP\\bob'", "Say what the text in quotes is", ["user='CORP\\bob'", "rule='CORP\\bob'"]),
        ("last 7d last 8d", "twice", []),
        ("last 7d since=8d", "twice", []),
        ("last 7d since=2026-01-01", "not both", []),
        ("since=2026-02-01 until=2026-01-01", "ends before it begins", []),
        ("TS-ABC123 by user", "Leave `by` out", ["TS-ABC123"]),
        ("by bob", "`by` takes user, actor, approver, host, rule, day, verdict, forced", []),
        ("by use", "`by` takes", ["by user"]),
        ("verdict=done", "`verdict` takes gone, ", []),
        ("last soon", "Write a length of time", ["last 7d"]),
        ("last 0d", "between a second and ten years", []),
        ("last 99999d", "between a second and ten years", []),
        ("since=yesterday", "Write a day", []),
        ("since=0001-01-01T00:00+23:59", "Write a day", []),
        ("until=9999-12-31", "Write a day", []),
        ("request=4711", "named by its id", []),
        ("user>alice", "compared with `=` alone", ["user=alice"]),
        ("forced=yes", "`forced` has no value", ["forced"]),
        ("--what", "I do not know `--what`", []),
        ("x=1", "I do not know `x=1`", []),
        ("", "Say what to look for", []),
    ],
)
def test_what_is_not_understood_is_answered_with_what_may_be_meant(text: str, says: str, meant: list[str]) -> None:
    error = refused(text)
    assert says in error.message
    assert [*filter(None, [error.corrected]), *(choice.text for choice in error.choices)] == meant
    for suggested in meant:
        assert read(escaped(suggested)) != AuditAsk()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Get-TSSession -ComputerName comp1", "comp1"),
        ("quser /server:comp1", "comp1"),
        ("/sessions comp1", "comp1"),
    ],
)
def test_a_pasted_list_is_read_behind_this_command_too(text: str, written: str) -> None:
    understood = understand("logoff-audit", text, INVENTORY)
    assert (understood.command.name, understood.ask.hosts) == ("sessions", (written,))


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Stop-TSSession -ComputerName comp1 -Id 3", Suggestion(command="logoff", text="comp1 id=3")),
        (
            "Get-TSSession -ComputerName comp1 | Disconnect-TSSession",
            Suggestion(command="disconnect", text="comp1 --all"),
        ),
        ("rwinsta 3 /server:comp1", Suggestion(command="logoff", text="comp1 id=3")),
    ],
)
def test_a_pasted_act_is_answered_with_its_button(text: str, choice: Suggestion) -> None:
    assert refused(text).choices == (choice,)


@for_each("example", [example for example, _ in COMMAND.examples])
def test_the_examples_of_the_help_can_be_typed(example: str) -> None:
    assert read(example) != AuditAsk()


def test_a_time_counts_back_from_the_command_which_is_none_of_it() -> None:
    wanted = read("last 7d actor=me").filter_for(DANA, NOW)
    assert (wanted.since, wanted.until, wanted.actor) == (NOW - WEEK, NOW, "U0DANA0001")
    assert read("until=2026-02-28").filter_for(DANA, NOW).until == datetime(2026, 3, 1, tzinfo=UTC)
    assert read("until=2026-12-31").filter_for(DANA, NOW).until == NOW
