"""The composition root: which adapter stands behind which port."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.reports import png
from adapters.scheduler.host_pool import FairHostPool
from adapters.slack.chat import SlackChat, patient_client
from adapters.slack.directory import SlackDirectory
from adapters.slack.form_looks import FormLooks
from adapters.slack.response_urls import ResponseUrls
from adapters.sql import migrate
from adapters.sql.audit_reader import reading
from adapters.sql.audit_scan import scanned
from adapters.sql.clock import DatabaseClock
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.owner import Owner
from adapters.windows.agent import script
from adapters.windows.terminal import WindowsTerminal
from app.behind import places_behind, wake_behind, what_is_asked
from app.bot import Bot, Waits
from app.carriers import Carriers
from app.chat_connection import connection_of
from app.checkout import commit
from app.config.timing import GROUPS_EVERY, GROUPS_GOOD_FOR
from app.connections import connections, gate_of
from app.health import health_of
from app.homes import HomeService, homes_of
from app.live import LiveSettings
from app.reloading import Reloading
from app.replicas import Sends, lock_of, scheduler_of
from app.reporting import digest_of as weekly_digest
from app.reporting import reports_of
from bot.audit.entry import Origin
from bot.commands import ASK_TYPES
from bot.policy.approvals import named_in
from bot.policy.digest import digest_of, text_of
from bot.workflow.audit_answer import LogSources
from bot.workflow.authorization import Authorizer
from bot.workflow.courier import Courier
from bot.workflow.first_parts import FirstParts
from bot.workflow.intake import Intake
from bot.workflow.patience import Patience
from bot.workflow.presses import PressHandler
from bot.workflow.receipts import Receipts
from bot.workflow.steps import assemble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk import WebClient
    from sqlalchemy import Engine

    from adapters.sql.audit_reader import AuditReader
    from adapters.sql.audit_scan import AuditScan
    from app.config.settings import Settings
    from app.health.off import NoHealth
    from bot.audit.keys import PublicKey
    from bot.ports.clock import Clock
    from bot.ports.directory import Directory
    from bot.ports.scheduler import Scheduler
    from bot.ports.store import SignedStore
    from bot.workflow.homes import Homes
    from bot.workflow.steps import Workflow

    Endpoints = Mapping[str, str]


def build_owned(settings: Settings, *, endpoints: Endpoints | None = None, clock: Clock | None = None) -> Bot:
    """Return the bot as the owner of its database: no other bot runs on it until this one has stopped.

    Waits for another one to go. Raises `OwnedByAnother` when it does not, and else as `build` does.
    """
    migrate.refuse_other(url := settings.database.get_secret_value())
    database = open_database(url)
    owner = Owner(lock_of(settings, database))
    with ExitStack() as held:
        held.callback(database.dispose)
        held.callback(owner.stop)
        owner.take()
        owner.start()
        bot = build(settings, endpoints=endpoints, clock=clock, owner=owner)
        return replace(bot, release=(*bot.release, held.pop_all().close))


def build(
    settings: Settings, *, endpoints: Endpoints | None = None, clock: Clock | None = None, owner: Owner | None = None
) -> Bot:
    """Return the bot with an adapter behind each port. Only the database is contacted.

    `endpoints` has the URLs of a farm's hosts, not the configured ones. Without an `owner` another bot may run as well.
    Raises `LedgerError` for a database that cannot be read, `SettingsError` for one with the tables of another release.
    """
    live, health, database, clock, ledger = _foundation(settings, clock, owner)
    carriers = Carriers(connections(live, endpoints), gate=gate_of(settings, database, ledger, clock, health))
    directory = _directory(settings, client := _client(settings), clock)
    places, urls = places_behind(keeper := health.keeper()), ResponseUrls()
    looks, pool = FormLooks(client, places.away), FairHostPool(settings.winrm.looks_at_once, places.away)
    scheduler, authorizer = scheduler_of(settings, ledger, clock), _authorizer(live, ledger, directory, clock)
    chat = health.chat(SlackChat(client, directory.group_ids, urls, places.away))
    courier = Courier(ledger=ledger, chat=chat, clock=clock)
    patience, receipts = Patience(courier=courier), Receipts(courier=courier, authorizer=authorizer)
    people, audit = _for_people_and_reports(database, settings.database.get_secret_value())
    homes = homes_of(client, directory, ledger, authorizer)
    intake = _intake(settings, ledger.in_front(people), authorizer, clock, receipts, homes)
    wake, asked = wake_behind(keeper, scheduler, clock), what_is_asked(urls, patience, receipts)
    workflow = _workflow(live, health, carriers, pool, scheduler, authorizer, courier, audit, looks)
    bot = Bot(
        ledger=ledger,
        policy=text_of(settings.policy()),
        workflow=replace(workflow, changed=homes.changed, first_parts=FirstParts(is_used=not settings.replicas)),
        places=places,
        scheduler=scheduler,
        connection=connection_of(settings, intake=intake, wake=wake, keeper=keeper, asked=asked, looks=looks),
        directory=directory,
        waits=Waits(patience, receipts, goes_on=not settings.replicas),
        homes=HomeService(homes, ledger if settings.replicas else None),
        sends=Sends(settings, intake.senders, authorizer),
        digest=weekly_digest(live, courier, scheduler),
        writer=ledger.turns.holder,
        reloading=Reloading(live=live, directory=directory, ledger=ledger),
        owner=owner,
        release=(pool.close, carriers.close, database.dispose, people.dispose, audit.dispose),
    )
    return replace(bot, health=health.service(bot, database, ledger.turns))


def _workflow(  # noqa: PLR0913, PLR0917 - the adapters behind the ports of the steps
    live: LiveSettings,
    health: NoHealth,
    carriers: Carriers,
    pool: FairHostPool,
    scheduler: Scheduler,
    authorizer: Authorizer,
    courier: Courier,
    audit: Engine,
    looks: FormLooks,
) -> Workflow:
    return assemble(
        ledger=courier.ledger,
        terminal=health.terminal(WindowsTerminal(carriers, machine_of=live.machine_of, repeats=live.may_repeat)),
        clock=courier.clock,
        pool=pool,
        scheduler=scheduler,
        authorizer=authorizer,
        look_within=live.look_within,
        courier=courier,
        log_sources=LogSources(reports=reports_of(audit), charts=png.draw),
        forms=looks,
    )


def _foundation(
    settings: Settings, clock: Clock | None, owner: Owner | None
) -> tuple[LiveSettings, NoHealth, Engine, Clock, SqlLedger]:
    """Return what all other parts stand on."""
    migrate.refuse_other(url := settings.database.get_secret_value())
    database = open_database(url)
    clock = clock or _clock_of(database, owner)
    ledger = SqlLedger(database, clock, settings.signing_keys, ASK_TYPES, origin_of(settings), ownership=owner)
    health = health_of(settings.health, origin_of(settings))
    return LiveSettings(settings), health, database, clock, health.ledger(ledger)


def _authorizer(live: LiveSettings, ledger: SqlLedger, directory: Directory, clock: Clock) -> Authorizer:
    return Authorizer(ledger=ledger, pause_switch=ledger, directory=directory, in_force=live.in_force, clock=clock)


def _intake(  # noqa: PLR0913, PLR0917 - what takes commands and presses, and what follows from them
    settings: Settings, ledger: SqlLedger, authorizer: Authorizer, clock: Clock, receipts: Receipts, homes: Homes
) -> Intake:
    """Return the intake over the ledger of people who wait for an answer."""
    authorizer = replace(authorizer, ledger=ledger, pause_switch=ledger)
    return Intake(
        ledger=ledger,
        presses=PressHandler(ledger=ledger, authorizer=authorizer),
        clock=clock,
        names=settings.command_names(),
        receipt=receipts.at_ack,
        is_shared=settings.replicas,
        home_opened=homes.opened,
    )


def upgrade(settings: Settings, *, create: bool = True) -> str:
    """Upgrade the database to the tables of this release and return its revision. Raises as `migrate.upgrade` does."""
    return migrate.upgrade(settings.database.get_secret_value(), create=create)


def open_store(settings: Settings) -> SignedStore:
    """Return the database alone, for the audit log and the pause. Raises `LedgerError` and `SettingsError`."""
    database = _for_the_log(settings.database.get_secret_value())
    return SqlLedger(database, _clock_of(database), settings.signing_keys, ASK_TYPES, origin_of(settings))


def _clock_of(database: Engine, owner: Owner | None = None) -> Clock:
    """Return the clock of the ledger: PostgreSQL's, as the owner reads it again and again, or else this machine's."""
    if database.dialect.name != "postgresql":
        return SystemClock()
    clock = DatabaseClock.of(database)
    if owner:
        owner.learn_time = clock.learn
    return clock


@contextmanager
def open_scan(url: str) -> Iterator[AuditScan]:
    """Open the audit log of this database for one scan; no key is needed. Raises as `open_store` does."""
    with ExitStack() as held:
        database = _for_the_log(url)
        held.callback(database.dispose)
        yield held.enter_context(scanned(database))


@contextmanager
def open_audit(url: str, key: PublicKey | None = None) -> Iterator[AuditReader]:
    """Open the audit log of this database for a reader; no secret is needed. Raises as `open_store` does."""
    with ExitStack() as held:
        database = _for_the_log(url)
        held.callback(database.dispose)
        yield held.enter_context(reading(database, key))


def _for_people_and_reports(database: Engine, url: str) -> tuple[Engine, Engine]:
    """Return the engines for people who wait for an answer, and for reports.

    A SQLite file has no limits of a server, so reports share the engine of the workers there.
    """
    reports = database if database.dialect.name == "sqlite" else open_database(url, bounded=False)
    return open_database(url, for_people=True), reports


def _for_the_log(url: str) -> Engine:
    """Return an engine whose reads may take what they take. Raises as `open_store` does."""
    migrate.refuse_other(url)
    return open_database(url, bounded=False)


def origin_of(settings: Settings) -> Origin:
    """Return what each audit entry says of the program that writes it."""
    return Origin(
        bot_version=bot_version(), agent_version=script.digest(), policy=digest_of(text_of(settings.policy()))
    )


@cache
def bot_version() -> str:
    """Return the release, and the commit where the program runs from a checkout."""
    return " ".join(filter(None, (version("logoff-bot"), commit())))


def _client(settings: Settings) -> WebClient:
    return patient_client(settings.slack.bot_token.get_secret_value(), settings.slack.api_url)


def _directory(settings: Settings, client: WebClient, clock: Clock) -> SlackDirectory:
    names = named_in(settings.policy())
    return SlackDirectory(
        client, clock, names, home_team=settings.team, refresh_every=GROUPS_EVERY, good_for=GROUPS_GOOD_FOR
    )
