"""The composition root: which adapter stands behind which port. The only file of `bot/` that imports `adapters`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.scheduler.threads import ThreadScheduler
from adapters.slack.chat import SlackChat, patient_client
from adapters.slack.directory import SlackDirectory
from adapters.slack.socket_mode import SocketMode
from adapters.sql import migrate
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from bot.commands import ASK_TYPES
from bot.errors import SettingsError
from bot.policy.approvals import named_in
from bot.workflow.intake import Intake
from bot.workflow.steps import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine as Database

    from app.config.settings import Settings
    from bot.ports.clock import Clock

LOOKS_AT_ONCE = 64
GROUPS_EVERY = timedelta(minutes=5)
GROUPS_GOOD_FOR = timedelta(hours=1)
STOP_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Everything that runs. `start` returns once commands are taken; `stop` lets running steps finish."""

    ledger: SqlLedger
    scheduler: ThreadScheduler
    connection: SocketMode
    directory: SlackDirectory
    executor: ThreadPoolExecutor
    shell: WinRmShell
    database: Database

    def start(self) -> None:
        self.directory.start()
        self.scheduler.start()
        self.connection.start()

    def stop(self) -> None:
        self.connection.stop()
        self.scheduler.stop(STOP_WITHIN)
        self.directory.stop()
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.shell.close()
        self.database.dispose()


def build(settings: Settings, *, endpoints: Mapping[str, str] | None = None, clock: Clock | None = None) -> Bot:
    """Tie it together. `endpoints` replaces the addresses of computers by a farm's. Only Slack is contacted."""
    url = settings.database.get_secret_value()
    _check_schema(url)
    clock = clock or SystemClock()
    database = open_database(url)
    ledger = SqlLedger(database, clock, settings.chain_key, ASK_TYPES)
    shell = WinRmShell(_connections(settings, endpoints))
    client = patient_client(settings.slack.bot_token.get_secret_value(), settings.slack.api_url)
    policy = settings.policy()
    names = named_in(policy)
    directory = SlackDirectory(client, clock, names, refresh_every=GROUPS_EVERY, good_for=GROUPS_GOOD_FOR)
    executor = ThreadPoolExecutor(max_workers=LOOKS_AT_ONCE, thread_name_prefix="look")
    workflow = Workflow(
        ledger=ledger,
        terminal=WinRmTerminal(shell),
        chat=SlackChat(client, directory.group_ids),
        directory=directory,
        policy=policy,
        clock=clock,
        executor=executor,
        wake=lambda item, at: scheduler.wake(item, at),  # noqa: PLW0108 - the engine needs the workflow first
    )
    scheduler = ThreadScheduler(workflow.step, ledger, clock, on_failure=workflow.record_failure)
    inventory = settings.inventory()
    intake = Intake(ledger=ledger, directory=directory, policy=policy, inventory=inventory, clock=clock)
    return Bot(
        ledger=ledger,
        scheduler=scheduler,
        connection=_door(settings, intake, scheduler),
        directory=directory,
        executor=executor,
        shell=shell,
        database=database,
    )


def upgrade(settings: Settings) -> str:
    """Bring the database to the tables of this release; the revision it is at then."""
    return migrate.upgrade(settings.database.get_secret_value())


def open_ledger(settings: Settings) -> SqlLedger:
    """The ledger alone, for reading the audit log."""
    url = settings.database.get_secret_value()
    _check_schema(url)
    return SqlLedger(open_database(url), SystemClock(), settings.chain_key, ASK_TYPES)


def open_directory(settings: Settings) -> tuple[SlackDirectory, frozenset[str]]:
    """The directory alone, asked once, and the handles and ids of the groups it found. Raises `ChatError`."""
    client = patient_client(settings.slack.bot_token.get_secret_value(), settings.slack.api_url)
    names = named_in(settings.policy())
    directory = SlackDirectory(client, SystemClock(), names, refresh_every=GROUPS_EVERY, good_for=GROUPS_GOOD_FOR)
    directory.refresh()
    return directory, frozenset(directory.group_ids) | frozenset(directory.group_ids.values())


def _door(settings: Settings, intake: Intake, scheduler: ThreadScheduler) -> SocketMode:
    return SocketMode(
        bot_token=settings.slack.bot_token.get_secret_value(),
        app_token=settings.slack.app_token.get_secret_value(),
        api_url=settings.slack.api_url,
        team=settings.team,
        intake=intake,
        wake=scheduler.wake,
    )


def _check_schema(url: str) -> None:
    if migrate.current(url) != migrate.newest():
        raise SettingsError("The database is not at the tables of this release. Run: logoff-bot db upgrade")


def _connections(settings: Settings, endpoints: Mapping[str, str] | None) -> Callable[[str], Connection]:
    def connection_of(host: str) -> Connection:
        address, way = settings.winrm_for(host)
        endpoint = f"{way.scheme}://{address}:{way.real_port}/wsman"
        return Connection(
            endpoint=endpoints[host] if endpoints else endpoint,
            transport=Transport(way.transport),
            username=way.username,
            password=way.password,
            ca_file=way.ca_file,
            certificate=way.certificate,
            key=way.key,
            kerberos_host=host if address != host else "",
        )

    return connection_of
