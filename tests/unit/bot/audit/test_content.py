"""The digest of what is decided: two releases sign the same, or each would end the requests of the other."""

from __future__ import annotations

from dataclasses import field, make_dataclass, replace
from typing import TYPE_CHECKING

from bot.audit.canonical import digest
from bot.audit.content import _plain, content_of, with_seals
from bot.commands import ASK_TYPES
from bot.domain.ask import Shown
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.later import LATER
from bot.domain.requirement import Confirm, Need, Requirement
from tests.support import builders as b

if TYPE_CHECKING:
    from bot.domain.request import Request

NEEDS = (Need(count=2, of=b.LEADS, rule="two leads"),)
REQUIRED = Requirement(confirm=Confirm.OTHERS, rules=("two leads",), needs=NEEDS, call=frozenset({"U0BO"}))

SIGNED = (
    "e3cdecc5c7dbc37d4e1b4b0759c77d64a5e96209f84e794167e62272a77ccf4f",
    "d555240244f3c446efe760507a06831c654084bf4dc31adca30102ab5f096d89",
    "b074296733a4fda4e0da68348dfb30521aac83a21a36961cb1492057bfb35e61",
    "d039a93825d52c30518068d9a4c2e1c59a016f9e5089ba4056a9851060f06d0c",
)
"""What the first release with these tables signed. It never changes: see `bot/domain/later.py` for a new field."""


def decided() -> Request:
    request = replace(
        b.request(), targets=(b.target(3), b.target(9, host="comp2")), surveys=(b.look(), b.look("comp2"))
    )
    return with_seals(replace(request, requirement=REQUIRED), b"key")


def test_what_is_signed_is_what_the_first_release_signed() -> None:
    request = decided()
    asks = [each(hosts=("comp1",)) for _, each in sorted(ASK_TYPES.items())]
    chosen = (
        Condition(field=Field.USER, operator=Operator.LIKE, values=("al*",)),
        Ids(ranges=((3, 3),)),
        Shown(host="comp1", id=3, account="CORP\\alice", logon=b.LOGON),
    )
    values = digest(_plain((*asks, *chosen)))
    assert (content_of(request), request.hosts_half, request.surveys[0].seal, values) == SIGNED


def test_a_field_that_came_later_is_signed_where_it_says_something() -> None:
    before = make_dataclass("Ask", ["host"], frozen=True)
    after = make_dataclass("Ask", ["host", ("colour", str, field(default="", metadata={LATER: True}))], frozen=True)
    assert _plain(after("comp1")) == _plain(before("comp1"))
    assert _plain(after("comp1", "red")) == ["Ask", {"host": "comp1", "colour": "red"}]
