"""The words of a home: what waits for its reader, what runs, how their last requests ended, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import headlines, wording
from bot.cards.home import Home, HomeRow, Section
from bot.cards.logoff_form import SHORTCUT, FormButton
from bot.cards.model import Bold, Channel, CommandButton, Line, LinePart, Mark, Timestamp, Tone, UserMention, mention
from bot.cards.needs import joined
from bot.domain.actions import Action, facts_of
from bot.domain.durations import duration
from bot.domain.request import State
from bot.domain.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.people import Actor
    from bot.domain.request import Pause, Request
    from bot.policy.model import Rule

MOST_RULES = 6
MOST_HOSTS = 12
_MOST_PATTERNS = 4
_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """A few requests, and how many there are."""

    shown: tuple[Request, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContent:
    """What a home is drawn from, for one reader."""

    reader: Actor
    at: datetime  # when it was read
    refusal: str = ""  # why the reader may do nothing at all; empty: they may
    waiting: Some = Some()  # their answer is wanted
    running: Some = Some()  # they asked, or may stop them
    latest: tuple[Request, ...] = ()  # their own acts, the newest first
    is_cut: bool = False  # there were too many open requests to look at all of them
    rules: tuple[Rule, ...] = ()  # those that name the reader
    hosts: tuple[str, ...] = ()  # the computers that they may know of
    contact: str = ""  # whom people ask about the bot
    pause: Pause | None = None  # nothing new is started, and why


def build(content: HomeContent) -> Home:
    """Return the home."""
    if content.refusal:
        only = HomeRow(line=Line(parts=(content.refusal,)))
        return Home(sections=(Section(title="Logging sessions off", rows=(only,)),), lines=tuple(_small_print(content)))
    return Home(
        sections=(
            *_paused(content.pause),
            _section("Waiting for you", content, content.waiting, "Nothing waits for you."),
            _section("Running", content, content.running, "Nothing runs."),
            _latest(content),
        ),
        buttons=(
            *_form(content),
            _button(content.reader, "Who is on...", Action.LIST, "help"),
            _button(content.reader, "How to type it", Action.LOG_OFF, "help"),
        ),
        lines=(_rights(content.rules), *_hosts(content.hosts), *_small_print(content)),
    )


def _paused(pause: Pause | None) -> Iterator[Section]:
    """Yield why nothing that is asked for now would be done. It stands above all else, before anybody types."""
    if pause:
        yield Section(title="Paused", rows=(HomeRow(line=Line(parts=(wording.paused(pause),))),))


def _section(title: str, content: HomeContent, some: Some, nothing: str) -> Section:
    if not some.count:
        return Section(title=title, rows=(HomeRow(line=Line(parts=(nothing,))),))
    rows = tuple(_row(request, content.reader) for request in some.shown)
    return Section(title=f"{title} ({some.count})", rows=rows, more=some.count - len(rows))


def _latest(content: HomeContent) -> Section:
    rows = tuple(_row(request, content.reader) for request in content.latest)
    nothing = HomeRow(line=Line(parts=("You have asked for nothing yet.",)))
    return Section(title="Your last requests", rows=rows or (nothing,))


def _row(request: Request, reader: Actor) -> HomeRow:
    parts: list[LinePart] = [
        Mark(headlines.sign_of(request)),
        " ",
        Bold(request.id),
        f"  {headlines.headline(request)}",
    ]
    is_own = request.actor.user_id == reader.user_id
    if not is_own:
        parts += [" · asked by ", UserMention(request.actor.user_id)]
    if request.state is State.AWAITING:
        parts += [" · until ", Timestamp(request.expires_at)]
    elif request.ended_at:
        parts += [" · ", Timestamp(request.ended_at)]
    ref = request.message_ref
    is_in_reach = ref is not None and (is_own or not ref.channel_id.startswith("D"))
    return HomeRow(
        line=Line(parts=tuple(parts)),
        card=ref if is_in_reach else None,
        button=_button(reader, "Open", Action.LOG_OFF, request.id),
    )


def _button(reader: Actor, label: str, action: Action, text: str) -> CommandButton:
    return CommandButton(label=label, asker=reader.user_id, command=facts_of(action).command, text=text)


def _form(content: HomeContent) -> Iterator[FormButton]:
    """Yield the button that opens the form, for a reader whom a rule lets log somebody off."""
    if any(Action.LOG_OFF in rule.may for rule in content.rules):
        command = facts_of(Action.LOG_OFF).command
        yield FormButton(label=SHORTCUT, asker=content.reader.user_id, command=command, text="")


def _rights(rules: tuple[Rule, ...]) -> Line:
    parts: list[LinePart] = ["You may: "]
    for place, rule in enumerate(rules[:MOST_RULES]):
        parts += ["; ", *_right(rule)] if place else _right(rule)
    if not rules:
        parts = ["You may decide where you are asked."]
    elif len(rules) > MOST_RULES:
        parts.append(f"; and {len(rules) - MOST_RULES:,} more rules")
    return Line(parts=tuple(parts))


def _right(rule: Rule) -> Iterator[LinePart]:
    """Yield what one rule lets people do, to whom, who decides it, and where it is asked."""
    acts = [action for action in Action if action in rule.may and action is not Action.AUDIT]
    if acts:
        yield ", ".join(facts_of(action).plain.lower() for action in acts)
        yield " everywhere" if "*" in rule.computers else f" on {_some(rule.computers)}"
        yield "".join(_whom(rule))
    if Action.AUDIT in rule.may:
        yield ", and " if acts else ""
        yield facts_of(Action.AUDIT).right
    if rule.need:
        yield f", where {rule.need.count} of "
        yield from _few([mention(name) for name in sorted(rule.need.of)], ", ", " and ")
        yield " decide" if rule.need.count > 1 else " decides"
    if rule.where:
        yield ", asked in "
        yield from _few([Channel(each) for each in sorted(rule.where)], " or ", " or ")


def _whom(rule: Rule) -> Iterator[str]:
    """Yield which sessions the rule covers, where it does not cover all of them."""
    if "*" not in rule.users:
        yield f", sessions of {_some(rule.users)} alone"
    if rule.states != frozenset(SessionState):
        yield f", {' and '.join(state.label for state in sorted(rule.states))} sessions alone"
    if rule.idle_over:
        yield f", idle for more than {duration(rule.idle_over)}"


def _few(names: list[LinePart], between: str, last: str) -> list[LinePart]:
    more = [f"{last}{len(names) - _MOST_GROUPS} more"] if len(names) > _MOST_GROUPS else []
    return [*joined(names[:_MOST_GROUPS], between), *more]


def _some(patterns: tuple[str, ...], most: int = _MOST_PATTERNS) -> str:
    more = f" and {len(patterns) - most:,} more" if len(patterns) > most else ""
    return f"{', '.join(patterns[:most])}{more}"


def _hosts(hosts: tuple[str, ...]) -> Iterator[Line]:
    if hosts:
        yield Line(parts=(f"Computers: {_some(hosts, MOST_HOSTS)}",))


def _small_print(content: HomeContent) -> Iterator[Line]:
    if content.is_cut:
        text = "More requests are open than I look at here: /logoff status counts them."
        yield Line(parts=(text,), tone=Tone.QUIET)
    if content.contact:
        yield Line(parts=(f"Questions: {content.contact}",), tone=Tone.QUIET)
    yield Line(parts=("As of ", Timestamp(content.at), ". Open this tab again for what is new."), tone=Tone.QUIET)
