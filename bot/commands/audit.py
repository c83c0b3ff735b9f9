"""`/logoff-audit`: the command that reads the audit log. It contacts no computer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta  # noqa: TC003 - a stored ask is read back by these types
from typing import TYPE_CHECKING

from bot.audit.figures import By  # noqa: TC001 - the same
from bot.audit.selection import AuditFilter
from bot.commands.audit_words import PARAMETERS, values_in
from bot.commands.command import Command
from bot.commands.corrections import with_readable_correction
from bot.commands.tokens import clean
from bot.domain.actions import Action
from bot.domain.ask import Ask

if TYPE_CHECKING:
    from bot.domain.inventory import Inventory
    from bot.domain.people import Actor

EXAMPLES = (
    ("last 7d by user", "how many requests were about each person, in a week"),
    ("TS-7K3QXM", "one request: who asked, who decided, what came of it"),
    ("forced last 30d", "everything that asked nobody"),
    ("user=alice host=comp1", "the requests about a person on a computer"),
    ("refused by actor", "who was told no"),
)

ME = "me"
"""The word for the requester, where a person is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAsk(Ask):
    """The ask of `/logoff-audit`: which requests, and in which groups they are counted. Empty and None ask nothing."""

    hosts: tuple[str, ...] = ()  # no computer is contacted
    last: timedelta | None = None  # requests of so long before the command
    since: datetime | None = None  # requests that were asked from then on
    until: datetime | None = None  # and before then; None: before the command
    user: str = ""
    host: str = ""
    actor: str = ""
    approver: str = ""
    rule: str = ""
    verdict: str = ""
    request: str = ""  # one request by its id
    forced: bool = False
    refused: bool = False
    by: By | None = None  # None: no groups
    is_digest: bool = False  # the bot asks for it by itself, for the channel; no command says it

    def filter_for(self, requester: Actor, now: datetime) -> AuditFilter:
        """Return what is asked for by a command of this time. The command itself is none of it."""

        def person(named: str) -> str:
            return requester.user_id if named.lower() == ME else named

        return AuditFilter(
            since=now - self.last if self.last else self.since,
            until=min(self.until, now) if self.until else now,
            user=self.user,
            host=self.host,
            actor=person(self.actor),
            approver=person(self.approver),
            rule=self.rule,
            verdict=self.verdict,
            request=self.request,
            forced=self.forced,
            refused=self.refused,
        )


def parse(text: str, inventory: Inventory) -> AuditAsk:
    """Return the ask of the text behind `/logoff-audit`. Raises `UsageError`."""
    return with_readable_correction(_parse, clean(text), inventory)


def _parse(text: str, inventory: Inventory) -> AuditAsk:
    return replace(AuditAsk(), **values_in(text, is_computer=inventory.stands_for_something))  # type: ignore[arg-type] # each value is made for its field


COMMAND = Command(
    action=Action.AUDIT,
    description="Read the audit log: who logged whom off, where, and who said yes",
    usage_hint="last 7d by user   (also TS-7K3QXM, forced, refused, user= host= actor= approver= rule= verdict=)",
    examples=EXAMPLES,
    parameters=PARAMETERS,
    ask_type=AuditAsk,
    parse=parse,
)
