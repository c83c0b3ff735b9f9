"""The commands that a card offers when there was nothing to do: who is there, and the person who was nearly named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cards.model import CommandButton
from bot.commands.house_style import written
from bot.commands.tokens import escaped
from bot.domain.actions import Action, facts_of
from bot.domain.ask import ActAsk
from bot.domain.conditions import Condition, Field, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.request import Request
    from bot.domain.session import Account

_MOST_HOSTS, _MOST_PEOPLE = 3, 3


def after_nothing(request: Request) -> Iterator[CommandButton]:
    """Yield the buttons of a card that found nobody. None of them acts: an act is confirmed on a card of its own."""
    for account in _nearly_named(request):
        like = Condition(field=Field.USER, operator=Operator.LIKE, values=(str(account),))
        others = tuple(each for each in request.ask.conditions if each.field is not Field.USER)
        ask = replace(request.ask, conditions=(like, *others))
        if isinstance(ask, ActAsk):
            ask = replace(ask, force=False)
        yield _button(request, request.command, written(ask), f"user={account}")
    has_answered = any(not look.code for look in request.surveys)
    if has_answered and not request.ask.everywhere and len(request.ask.hosts) <= _MOST_HOSTS:
        hosts = ",".join(request.ask.hosts)
        if (request.action is not Action.LIST) or request.ask.conditions or request.ask.ids:
            yield _button(request, facts_of(Action.LIST).command, hosts, f"Who is on {hosts}")


def _nearly_named(request: Request) -> list[Account]:
    """Return the accounts on the card that the filter does not mean: those whose names are nearly the typed one."""
    users = [each for each in request.ask.conditions if each.field is Field.USER]
    near = [one.session.account for one in request.excluded if not all(each.holds_for(one.session) for each in users)]
    return list(dict.fromkeys(account for account in near if account.user))[:_MOST_PEOPLE]


def _button(request: Request, command: str, text: str, label: str) -> CommandButton:
    return CommandButton(label=label, asker=request.actor.user_id, command=command, text=escaped(text))
