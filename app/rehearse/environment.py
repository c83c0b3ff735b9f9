"""The stage of a rehearsal: the real bot, a local Slack workspace and a farm of Windows hosts in one process."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app import wiring
from app.config.http_mode import request_url
from app.config.settings import Slack, SlackMode
from app.rehearse.menu import menu
from app.slack_view import open_slack
from bot.audit.values import values_of
from bot.commands import COMMANDS
from bot.domain.request import State
from bot.errors import SettingsError
from rehearsal.page import Page, WatchedFarm
from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace, WorkspaceFileError
from rehearsal.windows import SHIPPED_FARM, EngineMissingError, FarmFileError, KerberosMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.bot import Bot
    from app.config.settings import Settings
    from app.slack_view import SlackView
    from bot.commands.naming import CommandNames
    from bot.ports.clock import Clock
    from rehearsal.windows.settings import EngineName

WORKSPACE, FARM = SHIPPED_WORKSPACE, SHIPPED_FARM
LONGEST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The running parts of a rehearsal. People act through `visitor`."""

    workspace: Workspace
    farm: WatchedFarm
    bot: Bot
    page: Page

    def visitor(self, handle: str) -> UserClient:
        return UserClient(self.workspace.url, handle)

    @property
    def bot_handle(self) -> str:
        """The name by which people mention the bot."""
        return self.workspace.store.settings.app.bot

    def hang_up(self) -> None:
        """End the bot's connection to the workspace, after running listeners. A socket alone would wait 3 seconds."""
        self.bot.connection.take_no_more()
        self.workspace.disconnect("cut")
        self.bot.connection.stop()

    def wait_until_still(self, within: timedelta = LONGEST) -> None:
        """Return when the bot only waits for people. Raises `TimeoutError`."""
        deadline = time.monotonic() + within.total_seconds()
        while time.monotonic() < deadline:
            if self.bot.scheduler.idle(timedelta(seconds=1)) and self._is_still():
                return
            self.workspace.wait_until(self._is_still, timedelta(milliseconds=100))
        raise TimeoutError("the bot did not come to rest")

    def _is_still(self) -> bool:
        return all(
            (request.state in (State.AWAITING, State.ENDED) or request.reason_asked is not None)
            and request.published_version >= request.version
            for request in self.bot.ledger.newest(1000)
        )


@contextmanager
def open_stage(  # noqa: PLR0913 - what a rehearsal may be told
    settings: Settings,
    *,
    farm_file: Path = FARM,
    workspace_file: Path = WORKSPACE,
    database: str = "",
    port: int = 0,
    engine: EngineName | None = None,
    clock: Clock | None = None,
) -> Iterator[Rehearsal]:
    """Start workspace, farm, bot and page, and yield them. Raises `SettingsError` for a real configuration.

    Without a database URL there is a temporary database. `engine` names the program that runs the agent on the farm's
    hosts; `clock` is the bot's clock, by default the real one.
    """
    if not settings.rehearsal:
        raise SettingsError("This configuration is a real one. A rehearsal needs one that says `rehearsal: true`.")
    with ExitStack() as stack:
        names = settings.command_names()
        folder = stack.enter_context(TemporaryDirectory(prefix="logoff-bot-", ignore_cleanup_errors=True))
        workspace = _workspace(workspace_file, names)
        page = Page(workspace)
        workspace.start(port)
        stack.callback(workspace.stop)
        farm = stack.enter_context(_farm(farm_file, engine))
        rehearsed = for_rehearsal(settings, workspace, farm, database or f"sqlite:///{folder}/rehearsal.db")
        wiring.upgrade(rehearsed)
        bot = wiring.build(rehearsed, endpoints=farm.endpoints, clock=clock)
        bot.start()
        stack.callback(bot.stop)
        page.show(
            farm=farm,
            read_audit=lambda after: [values_of(e) for e in bot.ledger.entries(after=after)],
            commands=menu(names),
        )
        stack.callback(page.hide)
        stage = Rehearsal(workspace=workspace, farm=farm, bot=bot, page=page)
        stack.callback(stage.hang_up)
        yield stage


def _workspace(file: Path, names: CommandNames | None = None) -> Workspace:
    """Return the workspace, with the commands as the file of the bot names them. Raises `SettingsError`."""
    commands = [names.slash(each.name) for each in COMMANDS] if names else None
    try:
        return Workspace.from_file(file, commands=commands)
    except WorkspaceFileError as error:
        raise SettingsError(str(error)) from error


@contextmanager
def _farm(file: Path, engine: EngineName | None) -> Iterator[WatchedFarm]:
    """Yield the farm. Raises `SettingsError` when the file is wrong, or needs what this machine does not have."""
    try:
        farm = WatchedFarm.from_file(file, engine=engine)
        farm.start()
    except (FarmFileError, EngineMissingError, KerberosMissingError) as error:
        raise SettingsError(str(error)) from error
    try:
        yield farm
    finally:
        farm.stop()


@contextmanager
def cast_slack(settings: Settings) -> Iterator[SlackView]:
    """Yield the invented workspace with the people of the rules. Raises `ChatError`."""
    with _workspace(WORKSPACE) as workspace:
        yield open_slack(settings.model_copy(update={"slack": _tokens(workspace)}))


def for_rehearsal(settings: Settings, workspace: Workspace, farm: WatchedFarm, database: str) -> Settings:
    """Return the settings with the workspace's invented tokens and the farm's invented account as secrets."""
    winrm = settings.winrm.model_copy(
        update={"username": farm.account.username, "password": SecretStr(farm.account.password)}
    )
    return settings.model_copy(
        update={
            "slack": _tokens(workspace, settings.slack.mode),
            "winrm": winrm,
            "database": SecretStr(database),
            "replicas": False,  # a rehearsal is one process on a file of its own
        }
    )


def _tokens(workspace: Workspace, mode: SlackMode = "socket") -> Slack:
    """Return the connection to the workspace, which in HTTP mode knows the free port where the bot listens."""
    listen = f"127.0.0.1:{_free_port()}"
    workspace.deliver_to(request_url(f"http://{listen}") if mode == "http" else None)
    return Slack(
        mode=mode,
        listen=listen,
        signing_secret=SecretStr(workspace.signing_secret),
        bot_token=SecretStr(workspace.bot_token),
        app_token=SecretStr(workspace.app_token),
        api_url=workspace.api_url,
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
