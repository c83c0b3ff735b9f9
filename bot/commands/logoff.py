"""`/logoff`: the command that logs sessions off, as Stop-TSSession does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.commands.command import Command
from bot.commands.corrections import with_readable_correction
from bot.commands.house_style import WAIT
from bot.commands.parameters import Parameter, Takes
from bot.commands.powershell import flatten
from bot.commands.reader import read
from bot.commands.selection import (
    SELECTION,
    are_hosts_named,
    check_error_action,
    conditions_of,
    duration_of,
    hosts_of,
    ids_of,
)
from bot.commands.tokens import clean, split
from bot.domain.actions import Action
from bot.domain.ask import LONGEST_REASON, ActAsk, Choice

if TYPE_CHECKING:
    from bot.commands.options import Options
    from bot.domain.inventory import Inventory

EXAMPLES = (
    ("comp1 id=3 --sync", "log session 3 off and wait until it is gone"),
    ("comp1", "list who is on comp1; nobody is chosen yet"),
    ("comp1 user=alice", "the sessions of one person"),
    ("rds-* state=disconnected idle>2h", "who left long ago, on many computers"),
    ("comp1 --all --whatif", "show who would be hit; changes nothing"),
    ('comp1 id=5 --warn 5m "Please save your work"', "tell the person first, log off five minutes later"),
    ('comp1 id=3 --force --reason "..."', "ask nobody; only where a rule allows it"),
)
LONGEST_WAIT = timedelta(minutes=10)
LONGEST_WARNING = timedelta(hours=1)

PARAMETERS = (
    *SELECTION,
    Parameter(names=("sync", "synchronous", "wait"), takes=Takes.NOTHING),
    Parameter(names=("force",), takes=Takes.NOTHING),
    Parameter(names=("whatif", "wi"), takes=Takes.NOTHING),
    Parameter(names=("confirm", "cf"), takes=Takes.NOTHING),
    Parameter(names=("all",), takes=Takes.NOTHING),
    Parameter(names=("even-if-active",), takes=Takes.NOTHING),
    Parameter(names=("reason",), is_single=True),
    Parameter(names=("timeout",), takes=Takes.DURATION, is_single=True),
    Parameter(names=("warn",), takes=Takes.DURATION, is_single=True, then="say"),
    Parameter(names=("say", "warntext"), is_single=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoffAsk(ActAsk):
    """The ask of `/logoff`."""


def parse(text: str, inventory: Inventory) -> LogoffAsk:
    """Return the ask of the text behind `/logoff`. Raises `UsageError`."""
    return with_readable_correction(_parse, clean(text), inventory)


def _parse(text: str, inventory: Inventory) -> LogoffAsk:
    words, pipe_at = flatten(split(text), cmdlet=COMMAND.cmdlet, text=text)
    is_computer = inventory.stands_for_something
    options = read(words, PARAMETERS, text=text, is_computer=is_computer, pipe_at=pipe_at)
    ids, conditions = ids_of(options), conditions_of(options)
    everything = options.is_on("all") or (pipe_at is not None and not ids and not conditions)
    choice = Choice.ALL if everything else Choice.MATCHING if ids or conditions else Choice.NONE
    check_error_action(options)
    hosts = hosts_of(options, inventory)
    return LogoffAsk(
        hosts=hosts,
        ids=ids,
        conditions=conditions,
        choice=choice,
        here=options.is_on("here"),
        verbose=options.is_on("verbose"),
        wait=_wait(options),
        force=_is_forced(options, choice),
        whatif=options.is_on("whatif"),
        even_if_active=options.is_on("even-if-active"),
        reason=_reason(options),
        warn=_warn(options),
        warning=_warning(options),
    )


def _is_forced(options: Options, choice: Choice) -> bool:
    """Return whether the command is forced: by `--force` or `-Confirm:$false`, unless `--confirm` or `--whatif` is on.

    Raises `UsageError` when a forced command does not itself name sessions and computers.
    """
    confirm = options.switches.get("confirm")
    wanted = options.is_on("force") or confirm is False
    if not wanted or confirm is True or options.is_on("whatif"):
        return False
    at = options.switched_at["force" if options.is_on("force") else "confirm"]
    if choice is Choice.NONE:
        message = "`--force` asks nobody, so say whom exactly: an id, a filter like `user=alice`, or `--all`."
        raise options.wrong(message, at)
    if not are_hosts_named(options):
        raise options.wrong("`--force` asks nobody, so name the computer, too: no default stands in for it.", at)
    return True


def _wait(options: Options) -> timedelta | None:
    said = options.last("timeout")
    if said is None:
        return WAIT if options.is_on("sync") else None
    wait = duration_of(options, said, bare="s")
    if not timedelta(seconds=1) <= wait <= LONGEST_WAIT:
        raise options.wrong("`timeout` is from 1 second to 10 minutes a session.", said.word)
    return wait


def _reason(options: Options) -> str:
    said = options.last("reason")
    if said is None:
        return ""
    if len(said.text) > LONGEST_REASON:
        raise options.wrong(f"The reason is longer than {LONGEST_REASON} characters. Say it shorter.", said.word)
    return said.text


def _warn(options: Options) -> timedelta | None:
    said = options.last("warn")
    if said is None:
        return None
    warn = duration_of(options, said)
    if not timedelta(seconds=10) <= warn <= LONGEST_WARNING:
        raise options.wrong('`warn` is from 10 seconds to 1 hour: `--warn 5m "Please save your work"`.', said.word)
    return warn


def _warning(options: Options) -> str:
    """Return the text for the desktops: of `--say "text"`, or the quoted text right behind `--warn 5m`.

    Raises `UsageError` for a text without a warning, and for one that is too long.
    """
    said = options.last("say")
    if said and options.last("warn") is None:
        raise options.wrong('`say` is the text of a warning: write `--warn 5m --say "..."`.', said.word)
    if said and len(said.text) > LONGEST_REASON:
        raise options.wrong(f"The warning is longer than {LONGEST_REASON} characters. Say it shorter.", said.word)
    return said.text if said else ""


COMMAND = Command(
    action=Action.LOG_OFF,
    description="Log Windows sessions off",
    usage_hint="comp1 id=3 --sync   (also user= state= idle>2h --all --whatif --force --reason)",
    examples=EXAMPLES,
    ask_type=LogoffAsk,
    parse=parse,
)
