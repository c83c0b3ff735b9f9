"""What a configuration may mean and more often does not: `policy check` names it, and the bot starts all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config import names
from app.config.accounts import user_alone
from app.config.tickets import takes_plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings

_LONGEST_USER = 20


def oddities(settings: Settings) -> Iterator[str]:
    """Return one sentence for each, with its key."""
    yield from (problem.sentence for problem in names.odd(settings))
    yield from dict.fromkeys(_accounts(settings))
    yield from _tickets(settings)


def _accounts(settings: Settings) -> Iterator[str]:
    for computer in settings.computers:
        way = settings.way_to(computer)
        user = user_alone(way.username)
        if not user and settings.protect.own_account and not settings.rehearsal:
            yield f"{computer.label}: name the bot's account in winrm.username, or its session cannot be told apart."
        if way.transport == "ntlm" and user == way.username != "":
            yield (
                "winrm.username: with NTLM an account without a domain is one of the host's own. "
                r"Where the hosts are members of a domain write CORP\svc-logoff."
            )
        if "@" in way.username and len(user) > _LONGEST_USER:
            yield (
                f"winrm.username: {user} is longer than {_LONGEST_USER} letters. Windows reports the short logon name "
                "of such an account: protect its sessions by that name in protect.users."
            )


def _tickets(settings: Settings) -> Iterator[str]:
    for index, rule in enumerate(settings.rules):
        ticket, key = rule.force.ticket, f"rules.{index}.force.ticket"
        if takes_plain_words(ticket):
            yield f"{key}: plain words without any ticket have it."
        if ticket and not rule.force.allowed:
            yield f"{key}: is never asked for, because `allowed` is false."
