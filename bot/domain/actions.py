"""The actions of the bot: one row of facts for each action, and nothing about an action anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(StrEnum):
    """What a command does, which is also the right that a rule can give."""

    LIST = "list"  # read who is on a host
    MESSAGE = "message"  # show a box on a desktop
    DISCONNECT = "disconnect"  # close the window; programs go on running
    LOG_OFF = "log_off"  # end the session and its programs
    AUDIT = "audit"  # read the audit log


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """The words, the command and the rules of one action."""

    plain: str  # `Log off`: the button
    going: str  # `Logging off`: while the act runs
    done: str  # `logged off`: in a sentence
    past: str  # `Logged off`: the outcome
    right: str  # `log sessions off`: after "you may"
    only_reads: bool = False  # the action changes nothing on a host
    done_verdicts: frozenset[Verdict] = frozenset()  # verdicts that count as done; empty for an action that only reads
    asks_first: bool = True  # the requester confirms it, also where no rule wants another person
    may_repeat: bool = False  # a second order to the same logon does no harm
    cmdlet: str = ""  # the cmdlet of PSTerminalServices, `Stop-TSSession`; empty when there is none
    command: str = ""  # the slash command without its slash, `logoff`


FACTS: Mapping[Action, ActionFacts] = {
    Action.LIST: ActionFacts(
        plain="List",
        going="Listing",
        done="listed",
        past="Listed",
        right="list sessions",
        only_reads=True,
        cmdlet="Get-TSSession",
        command="sessions",
    ),
    Action.MESSAGE: ActionFacts(
        plain="Message",
        going="Messaging",
        done="messaged",
        past="Messaged",
        right="send messages to desktops",
        done_verdicts=frozenset({Verdict.SENT}),
        asks_first=False,
        cmdlet="Send-TSMessage",
        command="tsmessage",
    ),
    Action.DISCONNECT: ActionFacts(
        plain="Disconnect",
        going="Disconnecting",
        done="disconnected",
        past="Disconnected",
        right="disconnect sessions",
        done_verdicts=frozenset({Verdict.DISCONNECTED, Verdict.GONE}),
        cmdlet="Disconnect-TSSession",
        command="disconnect",
    ),
    Action.LOG_OFF: ActionFacts(
        plain="Log off",
        going="Logging off",
        done="logged off",
        past="Logged off",
        right="log sessions off",
        done_verdicts=frozenset({Verdict.GONE}),
        may_repeat=True,  # after a logoff the logon that the order names is gone
        cmdlet="Stop-TSSession",
        command="logoff",
    ),
    Action.AUDIT: ActionFacts(
        plain="Report",
        going="Reporting",
        done="reported",
        past="Reported",
        right="read the audit log",
        only_reads=True,
        command="logoff-audit",
    ),
}


def facts_of(action: Action) -> ActionFacts:
    """Return the facts of the action; every action has a row."""
    return FACTS[action]
