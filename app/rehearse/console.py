"""`logoff-bot try` and `logoff-bot rehearse`: play a conversation and print it."""

from __future__ import annotations

import errno
import os
import sys
import time
import webbrowser
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from app.printing import json_text, letters, said_in
from app.rehearse import transcript
from app.rehearse.environment import FARM, open_stage
from app.running import wait_for, with_signals
from app.told import Told
from bot.cards.text import plain
from bot.cards.troubles import BUTTONS_COME
from bot.errors import SettingsError
from rehearsal.scenario import Player, ScenarioError, read_scenario
from rehearsal.slack import NoSuchButtonError, UserClientError

if TYPE_CHECKING:
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from rehearsal.scenario import Scenario
    from rehearsal.slack import SeenMessage
    from rehearsal.slack.client import Version

out = Console(highlight=False)
progress = Console(stderr=True, highlight=False)

LATE = timedelta(seconds=3)
"""How long a button is waited for: a private answer to a press arrives after the press was acknowledged."""


def converse(  # noqa: PLR0913 - what `try` was told
    settings: Settings,
    command: str,
    *,
    as_user: str,
    presses: list[str],
    farm_file: Path | None,
    database: str,
    as_json: bool,
) -> bool:
    """Type the command, press the buttons in order, and print the conversation. Return False when a step failed."""
    progress.print("Starting a workspace, a farm of Windows hosts and the bot ...", style="dim")
    with open_stage(settings, farm_file=farm_file or FARM, database=database) as stage:
        progress.print(letters(f"The farm: {stage.farm.banner}"), style="dim")
        steps, is_whole = [_label_and_presser(stage, press, as_user) for press in presses], True
        people = list(dict.fromkeys([as_user, *(presser for _, presser in steps)]))
        _refuse_unknown(stage, people)
        try:
            _type(stage, as_user, command)
            for label, presser in steps:
                _press(stage, presser, label)
        except UserClientError as error:
            progress.print(letters(str(error)), style="red")
            is_whole = False
        stage.wait_until_still()
        stage.hang_up()  # a private answer to a press arrives after the press was acknowledged
        if as_json:
            sys.stdout.write(json_text(transcript.as_json(stage, people)) + "\n")
        else:
            _tell(stage, people)
    return is_whole


def _refuse_unknown(stage: Rehearsal, people: list[str]) -> None:
    """Raise `SettingsError` for a person whom the workspace does not have."""
    known = stage.workspace.store.settings.people
    for person in people:
        if not any(person in (each.handle, each.id) for each in known):
            there = ", ".join(each.handle for each in known)
            raise SettingsError(f"Nobody in the workspace is called {person}. There are: {there}.")


def _type(stage: Rehearsal, person: str, command: str) -> None:
    progress.print(letters(f"{person} types  {command}"), style="bold")
    if not command.startswith("/"):
        stage.visitor(person).say(command, None if command.startswith("@") else f"@{stage.bot_handle}")
        stage.wait_until_still()
        return
    result = stage.visitor(person).command(command)
    if not result.ok:
        raise UserClientError(result.error or "", f"Slack answers {person}: {result.error}")
    first, *_ = result.reply.split("\n")
    said = f"answered after {_milliseconds(result.acked_after)}: {first[:200]}" if first else "the answer follows"
    progress.print(letters(f"  {said}"))
    stage.wait_until_still()


def _press(stage: Rehearsal, person: str, label: str) -> None:
    progress.print(letters(f"{person} presses  [ {label} ]"), style="bold")
    deadline = time.monotonic() + LATE.total_seconds()
    while True:
        try:
            _press_or_pick(stage, person, label)
            break
        except NoSuchButtonError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.05)
    stage.wait_until_still()


def _press_or_pick(stage: Rehearsal, person: str, label: str) -> None:
    try:
        stage.visitor(person).press(label)
    except NoSuchButtonError as missing:
        try:
            stage.visitor(person).pick(label)
        except NoSuchButtonError:
            raise missing from None


def _label_and_presser(stage: Rehearsal, press: str, as_user: str) -> tuple[str, str]:
    """Return the button and its presser of `Log off 1@bo`. An `@` before no handle belongs to the button."""
    label, at, person = press.rpartition("@")
    known = {name for each in stage.workspace.store.settings.people for name in (each.handle, each.id)}
    is_person = bool(at) and (person in known or not ("/" in label or "=" in label))
    return (label, person) if is_person else (press, as_user)


def _milliseconds(duration: object) -> str:
    return f"{duration.total_seconds() * 1000:.0f} ms" if hasattr(duration, "total_seconds") else "some time"


def _tell(stage: Rehearsal, people: list[str]) -> None:
    out.print("\nThe conversation", style="bold")
    _tell_messages(stage, people)
    hosts = {host for request in stage.bot.ledger.newest(1000) for host in request.ask.hosts}
    for host in sorted(hosts)[:5]:
        out.print(letters(f"\nOn {host} afterwards"), style="bold")
        for session in stage.farm.sessions(host):
            out.print(letters(f"  {session['id']:>6}  {plain(str(session['user'] or '-')):<24} {session['state']}"))
    out.print("\nThe audit log", style="bold")
    for entry in transcript.all_entries(stage):
        about = f"{entry.user} on {entry.host} ({entry.session_id})" if entry.user else entry.host
        facts = map(plain, (entry.actor_name or entry.actor, about, entry.verdict, *said_in(entry)))
        out.print(Text(f"  {entry.seq:>3}  {entry.event:<14} " + "  ".join(fact for fact in facts if fact)))


def _tell_messages(stage: Rehearsal, people: list[str]) -> None:
    """Print each card as it was first drawn, with its buttons, and as it is now."""
    names = transcript.names_in(stage)
    drawn = [
        (version.drawn_at, message, transcript.shown(version, names), index > 0)
        for message in transcript.seen_by(stage, people)
        for index, version in enumerate(_first_and_last(message))
    ]
    for _, message, text, is_edited in sorted(drawn, key=lambda each: each[0]):
        title = f"{message.author_name} in {message.channel_name}"
        title += " (only visible to one person)" if message.ephemeral else ""
        title += " (in the thread)" if message.thread_ts and message.thread_ts != message.ts else ""
        title += " (the same card, redrawn)" if is_edited else ""
        files = (f"[file {file.name}: {file.title}]" for file in message.files)
        shown = "\n".join(filter(None, (text, *files)))
        out.print(Panel(letters(shown), title=letters(title), title_align="left", width=100))


def _first_and_last(message: SeenMessage) -> tuple[Version, ...]:
    """A card is posted without its buttons, which is not what anybody reads: its next drawing is the first one."""
    shown = message.versions[1:] if _is_bare(message) else message.versions
    return shown if len(shown) < 2 else (shown[0], shown[-1])


def _is_bare(message: SeenMessage) -> bool:
    return len(message.versions) > 1 and BUTTONS_COME in str(message.versions[0].blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A written scene to begin with."""

    scenario: Scenario  # from a file, or one that ships
    pace: timedelta | None = None  # the time between two steps; None: the scene's own
    ends: bool = False  # end after the scene


SLOWEST = 3600
"""Seconds that a step of a scene may stand at the most."""


def read_play(name: str, *, pace: float | None, ends: bool) -> Play:
    """Return the scene of that name. `pace` is in seconds. Raises `SettingsError` for a scene that cannot be read."""
    if pace is not None and not 0 <= pace <= SLOWEST:  # what is no number is neither
        raise SettingsError(f"--pace: write seconds, from 0 to {SLOWEST}.")
    try:
        scenario = read_scenario(name)
    except ScenarioError as error:
        raise SettingsError(str(error)) from error
    return Play(scenario=scenario, pace=None if pace is None else timedelta(seconds=pace), ends=ends)


def stay(  # noqa: PLR0913 - what `rehearse` was told
    settings: Settings, *, port: int, farm_file: Path | None, database: str, play: Play | None, opens: bool
) -> bool:
    """Keep the stage up until Ctrl-C, or until the scene is over. Return False when the scene did not go as written.

    Raises `SettingsError` when the port cannot be used.
    """
    told = Told()
    with_signals(told)
    progress.print("Starting a workspace, a farm of Windows hosts and the bot ...", style="dim")
    try:
        with open_stage(settings, farm_file=farm_file or FARM, database=database, port=port) as stage:
            progress.print(letters(f"The farm: {stage.farm.banner}"), style="dim")
            address = f"{stage.workspace.url}/"
            out.print(f"The rehearsal is at {address} ; Ctrl-C ends it.", soft_wrap=True)
            if opens:
                _open_browser(address)
            is_whole = _play(stage, play, told) if play else True
            if not (play and play.ends):
                wait_for(told)
            progress.print("Ending ...", style="dim")
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                message = f"Port {port} of this machine is taken. End what uses it, or say --port 0."
            case errno.EACCES:
                message = f"Port {port} of this machine is not for you. Say --port 0."
            case _:
                raise
        raise SettingsError(message) from error
    return is_whole


def _play(stage: Rehearsal, play: Play, told: Told) -> bool:
    player = Player(
        workspace=stage.workspace,
        farm=stage.farm,
        page=stage.page,
        rest=lambda pause: told.wait(pause.total_seconds()),
    )
    progress.print(Text(f"The scene: {play.scenario.title}"), style="bold")
    try:
        for number, step in enumerate(player.play(play.scenario, play.pace), 1):
            progress.print(letters(f"{number:>3}  {step.words or step.message}"))
    except ScenarioError as error:
        progress.print(letters(str(error)), style="red")
        return False
    progress.print("The scene is over.", style="dim")
    return True


def _open_browser(address: str) -> None:
    """Open a browser where there is a screen. A text browser would take over the terminal."""
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
