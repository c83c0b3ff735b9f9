"""The composition root: which adapter stands behind which port."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from adapters.clock import SystemClock
from adapters.scheduler.threads import ThreadScheduler
from adapters.slack.chat import SlackChat, patient_client
from adapters.slack.directory import SlackDirectory
from adapters.slack.socket_mode import SocketMode
from adapters.sql import migrate
from adapters.sql.audit_reader import reading
from adapters.sql.audit_scan import scanned
from adapters.sql.database import is_missing, open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.logons import SqlLogons
from adapters.windows.agent import script
from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.logon_gate import LogonGate
from adapters.windows.winrm.shell import WinRmShell
from app.checkout import commit
from bot.audit.entry import Origin
from bot.commands import ASK_TYPES
from bot.errors import SettingsError
from bot.policy.approvals import named_in
from bot.policy.digest import digest_of, text_of
from bot.workflow.authorization import Authorizer
from bot.workflow.intake import Intake
from bot.workflow.presses import PressHandler
from bot.workflow.steps import assemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from slack_sdk import WebClient
    from sqlalchemy import Engine

    from adapters.sql.audit_reader import AuditReader
    from adapters.sql.audit_scan import AuditScan
    from app.config.settings import Settings
    from bot.audit.keys import PublicKey
    from bot.ports.chat import ChatConnection
    from bot.ports.clock import Clock
    from bot.ports.directory import Directory
    from bot.ports.scheduler import Scheduler
    from bot.ports.store import SignedStore, Store
    from bot.workflow.steps import Workflow

LOOKS_AT_ONCE = 64
"""How many hosts are looked at or warned side by side."""

HOSTS_AT_ONCE = 16
"""How many steps of requests, and how many of hosts, run side by side."""

GROUPS_EVERY = timedelta(minutes=5)
"""How often people and user groups are read from Slack."""

GROUPS_GOOD_FOR = timedelta(hours=1)
"""How long people and user groups count after Slack answered."""

STOP_WITHIN = timedelta(seconds=10)
"""How long running steps may take to finish when the program ends."""


class Service(Protocol):
    """A service that runs beside the steps."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """All running parts. `start` returns once commands can arrive; `stop` lets running steps finish."""

    ledger: Store
    policy: str  # the text of the policy, for the audit log
    workflow: Workflow
    scheduler: Scheduler
    connection: ChatConnection
    directory: Service
    release: tuple[Callable[[], None], ...]  # called in order after everything has stopped

    def start(self) -> None:
        self.ledger.load_policy(self.policy)
        self.directory.start()
        self.scheduler.start(self.workflow.step, self.workflow.record_failure)
        self.connection.start()

    def stop(self) -> None:
        self.connection.stop()
        self.scheduler.stop(STOP_WITHIN)
        self.directory.stop()
        for release in self.release:
            release()


def build(settings: Settings, *, endpoints: Mapping[str, str] | None = None, clock: Clock | None = None) -> Bot:
    """Return the bot with an adapter behind each port. Only the database is contacted.

    `endpoints` has the URLs of a farm's hosts, instead of the configured ones. Raises `LedgerError` when the database
    cannot be read, and `SettingsError` when it has the tables of another release.
    """
    _check_schema(url := settings.database.get_secret_value())
    clock = clock or SystemClock()
    database = open_database(url)
    ledger = SqlLedger(database, clock, settings.signing_keys, ASK_TYPES, origin_of(settings))
    shell = WinRmShell(_connections(settings, endpoints), gate=_gate(settings, database, ledger, clock))
    client = patient_client(settings.slack.bot_token.get_secret_value(), settings.slack.api_url)
    directory = _directory(settings, client, clock)
    executor = ThreadPoolExecutor(max_workers=LOOKS_AT_ONCE, thread_name_prefix="look")
    scheduler = ThreadScheduler(ledger, clock, workers=HOSTS_AT_ONCE)
    authorizer = Authorizer(
        ledger=ledger, pause_switch=ledger, directory=directory, policy=settings.policy(), clock=clock
    )
    workflow = assemble(
        ledger=ledger,
        terminal=WinRmTerminal(shell, machine_of=settings.machine_of, repeats=settings.may_repeat),
        chat=SlackChat(client, directory.group_ids),
        clock=clock,
        executor=executor,
        scheduler=scheduler,
        authorizer=authorizer,
        hosts_at_once=HOSTS_AT_ONCE,
        look_within=settings.look_within,
    )
    intake = _intake(settings, ledger, authorizer, clock)
    return Bot(
        ledger=ledger,
        policy=text_of(settings.policy()),
        workflow=workflow,
        scheduler=scheduler,
        connection=_connection(settings, intake, scheduler),
        directory=directory,
        release=(lambda: executor.shutdown(wait=False, cancel_futures=True), shell.close, database.dispose),
    )


def _intake(settings: Settings, ledger: SqlLedger, authorizer: Authorizer, clock: Clock) -> Intake:
    return Intake(
        ledger=ledger,
        presses=PressHandler(ledger=ledger, authorizer=authorizer),
        inventory=settings.inventory(),
        clock=clock,
        names=settings.command_names(),
        contact=settings.contact,
    )


def upgrade(settings: Settings) -> str:
    """Upgrade the database to the tables of this release and return its revision. Raises `LedgerError`."""
    return migrate.upgrade(settings.database.get_secret_value())


def open_store(settings: Settings) -> SignedStore:
    """Return the database alone, for the audit log and the pause. Raises `LedgerError` and `SettingsError`."""
    url = settings.database.get_secret_value()
    _check_schema(url)
    return SqlLedger(open_database(url), SystemClock(), settings.signing_keys, ASK_TYPES, origin_of(settings))


@contextmanager
def open_scan(url: str) -> Iterator[AuditScan]:
    """Open the audit log of this database for one scan; no key is needed. Raises as `open_store` does."""
    _check_schema(url)
    database = open_database(url)
    try:
        with scanned(database) as scan:
            yield scan
    finally:
        database.dispose()


@contextmanager
def open_audit(url: str, key: PublicKey | None = None) -> Iterator[AuditReader]:
    """Open the audit log of this database for a reader; no secret is needed. Raises as `open_store` does."""
    _check_schema(url)
    database = open_database(url)
    try:
        with reading(database, key) as reader:
            yield reader
    finally:
        database.dispose()


def origin_of(settings: Settings) -> Origin:
    """Return what each audit entry says of the program that writes it."""
    return Origin(
        bot_version=bot_version(), agent_version=script.digest(), policy=digest_of(text_of(settings.policy()))
    )


@cache
def bot_version() -> str:
    """Return the release, and the commit where the program runs from a checkout."""
    return " ".join(filter(None, (version("logoff-bot"), commit())))


def open_directory(settings: Settings) -> tuple[Directory, frozenset[str]]:
    """Return the directory alone, after one refresh, and the handles and ids of its groups. Raises `ChatError`."""
    client = patient_client(settings.slack.bot_token.get_secret_value(), settings.slack.api_url)
    directory = _directory(settings, client, SystemClock())
    directory.refresh()
    return directory, frozenset(directory.group_ids) | frozenset(directory.group_ids.values())


def _directory(settings: Settings, client: WebClient, clock: Clock) -> SlackDirectory:
    names = named_in(settings.policy())
    return SlackDirectory(
        client, clock, names, home_team=settings.team, refresh_every=GROUPS_EVERY, good_for=GROUPS_GOOD_FOR
    )


def _connection(settings: Settings, intake: Intake, scheduler: Scheduler) -> ChatConnection:
    return SocketMode(
        bot_token=settings.slack.bot_token.get_secret_value(),
        app_token=settings.slack.app_token.get_secret_value(),
        api_url=settings.slack.api_url,
        team=settings.team,
        intake=intake,
        wake=scheduler.wake,
    )


def _gate(settings: Settings, database: Engine, ledger: SqlLedger, clock: Clock) -> LogonGate:
    logons = SqlLogons(database, clock, ledger.turns, window=settings.winrm.lockout_window)
    return LogonGate(logons, clock, settings.signing_keys.credential_key)


def _check_schema(url: str) -> None:
    """Raises `SettingsError` when the database has not the tables of this release. No file is made for the question."""
    if is_missing(url) or migrate.current(url) != migrate.newest():
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
            repeats=way.repeat,
            kerberos_host=host if address != host else "",
        )

    return connection_of
