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


def _switch(*names: str, topic: str, about: str) -> Parameter:
    return Parameter(names=names, takes=Takes.NOTHING, topic=topic, shape=f"--{names[0]}", about=about)


DECIDING = (
    _switch("force", topic="options", about="ask nobody, where a rule allows it; announced and recorded"),
    _switch("whatif", "wi", topic="options", about="show who would be hit; changes nothing"),
    _switch("confirm", "cf", topic="options", about="ask for a yes in any case"),
    _switch("all", topic="ids", about="all sessions of these computers"),
    Parameter(
        names=("reason",), is_single=True, topic="options", shape='--reason "floor 5"', about="why, for the card"
    ),
    _switch("stop-on-error", topic="options", about="one computer after the other; stop at the first error"),
)
"""Who is asked, and for what."""

ENDING = (
    _switch("sync", "synchronous", "wait", topic="options", about="wait until the session is gone, 90 s at most"),
    _switch("even-if-active", topic="options", about="also who came back to work since the card was drawn"),
    Parameter(
        names=("timeout",),
        takes=Takes.DURATION,
        is_single=True,
        topic="options",
        shape="--timeout 2m",
        about="wait so long for each session",
    ),
    Parameter(
        names=("warn",),
        takes=Takes.DURATION,
        is_single=True,
        then="say",
        topic="options",
        shape='--warn 5m "Please save"',
        about="tell people first, act later",
    ),
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
            of_act(parameters),
            text=cleaned,
            is_computer=inventory.stands_for_something,
            pipe_at=pipe_at,
        )
        return _ask(ask_type, options, inventory, is_piped=pipe_at is not None)

    return with_readable_correction(parse, clean(text), inventory)


def of_act(parameters: Sequence[Parameter] = ENDING) -> tuple[Parameter, ...]:
    """Return all parameters of a command that acts, with its own."""
    return (*SELECTION, *DECIDING, *parameters)


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
