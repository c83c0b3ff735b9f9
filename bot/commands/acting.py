"""What the commands that act have in common: their options, and the ask that comes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bot.commands.corrections import with_readable_correction
from bot.commands.house_style import WAIT
from bot.commands.parameters import Parameter, Takes
from bot.commands.powershell import flatten
from bot.commands.reader import read
from bot.commands.selection import (
    SELECTION,
    are_hosts_named,
    conditions_of,
    duration_of,
    hosts_of,
    ids_of,
    stops_on_error,
)
from bot.commands.tokens import clean, split
from bot.domain.ask import LONGEST_REASON, ActAsk, Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.options import Options
    from bot.domain.inventory import Inventory

LONGEST_WAIT = timedelta(minutes=10)
LONGEST_WARNING = timedelta(hours=1)

DECIDING = (
    Parameter(names=("force",), takes=Takes.NOTHING),
    Parameter(names=("whatif", "wi"), takes=Takes.NOTHING),
    Parameter(names=("confirm", "cf"), takes=Takes.NOTHING),
    Parameter(names=("all",), takes=Takes.NOTHING),
    Parameter(names=("reason",), is_single=True),
    Parameter(names=("stop-on-error",), takes=Takes.NOTHING),
)
"""Who is asked, and for what."""

ENDING = (
    Parameter(names=("sync", "synchronous", "wait"), takes=Takes.NOTHING),
    Parameter(names=("even-if-active",), takes=Takes.NOTHING),
    Parameter(names=("timeout",), takes=Takes.DURATION, is_single=True),
    Parameter(names=("warn",), takes=Takes.DURATION, is_single=True, then="say"),
    Parameter(names=("say", "warntext"), is_single=True),
)
"""How a session is ended."""

_Asked = TypeVar("_Asked", bound=ActAsk)


def parse_act(
    ask_type: type[_Asked], text: str, inventory: Inventory, *, cmdlet: str, parameters: Sequence[Parameter] = ENDING
) -> _Asked:
    """Return the ask of the text behind a command that acts. Raises `UsageError`."""

    def parse(cleaned: str, inventory: Inventory) -> _Asked:
        words, pipe_at = flatten(split(cleaned), cmdlet=cmdlet, text=cleaned)
        options = read(
            words,
            (*SELECTION, *DECIDING, *parameters),
            text=cleaned,
            is_computer=inventory.stands_for_something,
            pipe_at=pipe_at,
        )
        return _ask(ask_type, options, inventory, is_piped=pipe_at is not None)

    return with_readable_correction(parse, clean(text), inventory)


def _ask(ask_type: type[_Asked], options: Options, inventory: Inventory, *, is_piped: bool) -> _Asked:
    ids, conditions = ids_of(options), conditions_of(options)
    everything = options.is_on("all") or (is_piped and not ids and not conditions)
    choice = Choice.ALL if everything else Choice.MATCHING if ids or conditions else Choice.NONE
    stops = stops_on_error(options)
    hosts = hosts_of(options, inventory)
    is_message = bool(options.table and options.table.knows("text"))
    return ask_type(
        hosts=hosts,
        ids=ids,
        conditions=conditions,
        choice=choice,
        here=options.is_on("here"),
        verbose=options.is_on("verbose"),
        wait=_wait(options),
        force=_is_forced(options, choice),
        whatif=options.is_on("whatif"),
        confirm=options.is_on("confirm"),
        even_if_active=is_message or options.is_on("even-if-active"),
        reason=_text(options, "reason", "The reason"),
        warn=_warn(options),
        warning=_message(options) if is_message else _warning(options),
        caption=_text(options, "caption", "The caption", LONGEST_CAPTION),
        stop_on_error=stops,
    )


LONGEST_CAPTION = 80


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


def _text(options: Options, name: str, called: str, longest: int = LONGEST_REASON) -> str:
    said = options.last(name)
    if said is None:
        return ""
    if len(said.text) > longest:
        raise options.wrong(f"{called} is longer than {longest} characters. Say it shorter.", said.word)
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
    return _text(options, "say", "The warning")


def _message(options: Options) -> str:
    """Return the text of a message. Raises `UsageError` when there is none."""
    if options.last("text") is None:
        raise options.wrong('Say what it shall say: put the text in quotes, or write `--text "..."`.')
    return _text(options, "text", "The message")
