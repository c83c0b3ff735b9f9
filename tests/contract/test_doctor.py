"""The doctor against worlds that lack one thing each: it names that, with its remedy, and nothing else."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import text

from adapters.clock import SystemClock
from adapters.slack.inspection import SlackInspection
from adapters.slack.scopes import SCOPES
from adapters.sql import inspection
from adapters.sql.database import open_database
from adapters.sql.inspection import Disk
from adapters.sql.ledger import SqlLedger
from adapters.sql.logons import SqlLogons
from adapters.sql.migrate import upgrade
from adapters.sql.owner import this_process
from adapters.sql.owner_file import FileLock
from adapters.sql.owner_session import SessionLock
from app.doctor import clocks, computer, database, examination, module_steps, policy, slack
from app.doctor.check import Area, Outcome
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.errors import ChatError, LedgerError
from rehearsal.slack.faults import Fault, FaultKind
from tests.contract.doctor_world import KEY, ClockBehind, World, examined, expired_listener, failed, opened
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.doctor.check import Check
    from rehearsal.slack import Workspace
    from rehearsal.windows import Farm

    NewUrl = Callable[[], str]
    Make = Callable[[World], Settings]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Farm]]:
    with opened(tmp_path_factory.mktemp("world")) as there:
        yield there


@pytest.fixture
def world(shared: tuple[Workspace, Farm], tmp_path: Path) -> World:
    shared[1].restore()
    return World(workspace=shared[0], farm=shared[1], folder=tmp_path)


class Lack(NamedTuple):
    """A world that lacks one thing: the one check that fails, and words of what was found and of the remedy."""

    name: str
    settings: Make
    area: Area
    check: str
    found: str
    remedy: str


def the_failure(checks: list[Check], lack: Lack) -> None:
    """Nothing else has failed."""
    (only,) = failed(checks)
    assert (only.area, only.name) == (lack.area, lack.check)
    assert lack.found in only.found
    assert lack.remedy in only.remedy


def assert_green(checks: list[Check]) -> None:
    assert failed(checks) == []
    names = {(each.area, each.name): each.outcome for each in checks}
    assert Outcome.SKIPPED not in names.values()


def at_computers(checks: list[Check]) -> list[Check]:
    """Without the rest: several computers at one address look like a slip to the policy's check."""
    return [each for each in checks if each.area is Area.COMPUTER]


# Sound worlds


def test_a_sound_world_is_green_and_nobody_is_touched(world: World) -> None:
    checks = examined(world.settings("sound"))
    assert_green(checks)
    assert {each.area for each in checks} == set(Area) - {Area.CONFIGURATION, Area.KERBEROS}
    assert [each.name for each in checks if each.host == "sound"] == ["carrier", "name", "port", *computer.LOOK]
    assert world.touched() == []
    assert world.workspace.sockets == []
    assert entries(world.settings("sound")) == []


def test_a_computer_with_the_module_is_green_and_called_experimental(world: World) -> None:
    checks = examined(world.settings(computers=[world.computer("has-module", carrier="jea")]))
    assert_green(checks)
    there = {each.name: each.found for each in checks if each.host == "has-module"}
    assert list(there) == ["carrier", "name", "port", *computer.LOOK_BY_MODULE]
    assert there[computer.CARRIER] == "jea (experimental)"
    assert "experimental" in there[module_steps.ENDPOINT]
    assert there[module_steps.MODULE] == "version 0.1.0"
    assert Outcome.NOTE not in {each.outcome for each in checks if each.host}
    assert world.farm.open_shells("has-module") == 0
    assert world.touched() == []


@for_each(
    "host, names, words",
    [
        ("shell-open", ["the text shell (WinRS)"], "Remote Management Users"),
        ("powershell-open", ["Microsoft.PowerShell"], "Remote Management Users"),
        ("shells-untold", ["the text shell (WinRS)", "Microsoft.PowerShell"], "gave no answer"),
    ],
)
def test_a_shell_that_the_account_needs_not_is_noted(world: World, host: str, names: list[str], words: str) -> None:
    checks = examined(world.settings(computers=[world.computer(host, carrier="jea")]))
    assert_green(checks)
    (noted,) = [each for each in checks if each.host and each.outcome is Outcome.NOTE]
    assert noted.name == module_steps.SHELLS
    assert words in noted.found
    assert [each for each in ("the text shell (WinRS)", "Microsoft.PowerShell") if each in noted.found] == names
    assert world.farm.open_shells(host) == 0
    assert world.touched() == []


def test_https_with_an_authority_of_the_company_is_green(world: World) -> None:
    checks = examined(
        world.settings(computers=[world.computer("sound", https=True)], winrm={"ca_file": str(world.farm.ca_file)})
    )
    assert_green(checks)
    (certificate,) = [each for each in checks if each.name == computer.CERTIFICATE]
    assert "127.0.0.1, localhost" in certificate.found


@pytest.mark.parametrize("carrier", ["script", "jea"])
@pytest.mark.parametrize("transport", ["certificate", "basic"])
def test_the_other_ways_to_log_on_are_green_too(world: World, transport: str, carrier: str) -> None:
    pem = str(world.farm.client_certificate)
    way = (
        {"transport": transport, "certificate": pem, "key": pem}
        if transport == "certificate"
        else {"transport": transport}
    )
    there = world.computer(f"by-{transport}", https=True, ca_file=str(world.farm.ca_file), carrier=carrier, **way)
    assert_green(examined(world.settings(computers=[there])))


def test_postgresql_is_green(world: World, new_postgresql: NewUrl) -> None:
    upgrade(url := new_postgresql())
    checks = examined(world.settings(database=url))
    assert_green(checks)
    assert {each.name for each in checks if each.area is Area.CLOCK} == {clocks.MACHINE, clocks.DATABASE}
    assert world.touched() == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_beside_a_running_bot_no_second_socket_takes_its_commands(
    world: World, request: pytest.FixtureRequest, kind: str
) -> None:
    url = world.database() if kind == "sqlite" else request.getfixturevalue("new_postgresql")()
    upgrade(url)
    engine = open_database(url)
    lock = FileLock(engine) if kind == "sqlite" else SessionLock(engine)
    opened_before = socket_changes(world)
    assert lock.take(me := this_process(), "0" * 32) is None
    try:
        checks = examined(world.settings(database=url))
        assert lock.look().is_held
    finally:
        lock.leave()
        engine.dispose()
    assert failed(checks) == []
    assert {each.name for each in checks if each.outcome is Outcome.SKIPPED} == {slack.SOCKET, slack.ONE_APP}
    (owner,) = [each for each in checks if each.name == database.OWNER]
    assert f"process {me.pid}" in owner.found
    assert socket_changes(world) == opened_before


def socket_changes(world: World) -> int:
    return len([call for call in world.workspace.store.calls if call.method == "bots.info"])


# Worlds that lack one thing


def with_slack(**changes: str) -> Make:
    return lambda world: world.settings(slack=changes)


def with_rule(**changes: Any) -> Make:
    rule = {"name": "on-call", "who": ["@oncall"], "may": ["log_off"], "approve_in": "C0APPROVE1"} | changes
    return lambda world: world.settings(rules=[rule])


TWICE = [
    {"name": "first", "who": ["@oncall"], "may": ["log_off"]},
    {"name": "second", "who": ["@oncall"], "may": ["log_off"]},
]

SLACK_LACKS = (
    Lack("bot token", with_slack(bot_token="xoxb-another"), Area.SLACK, slack.BOT_TOKEN, "invalid_auth", "xoxb-"),
    Lack("app token", with_slack(app_token="xapp-another"), Area.SLACK, slack.APP_TOKEN, "invalid_auth", "xapp-"),
    Lack(
        "the app token twice",
        lambda world: world.settings(slack={"bot_token": world.workspace.app_token}),
        Area.SLACK,
        slack.BOT_TOKEN,
        "not_allowed_token_type",
        "xoxb-",
    ),
    Lack(
        "token of another app",
        lambda world: world.settings(slack={"app_token": world.workspace.other_app_token}),
        Area.SLACK,
        slack.ONE_APP,
        "app A0LOGOFF01, the app token of app A0ANOTHER1",
        "from one app",
    ),
    Lack("nobody answers", with_slack(api_url="http://127.0.0.1:9/api/"), Area.SLACK, slack.REACHED, "reached", "443"),
    Lack("workspace", lambda world: world.settings(team="T0OTHER001"), Area.SLACK, slack.TEAM, "T0HOME0001", "team"),
    Lack("no channel", with_rule(approve_in="C0NOWHERE1"), Area.SLACK, slack.CHANNEL, "C0NOWHERE1", "/invite"),
    Lack("archived", with_rule(approve_in="C0OLDOPS01"), Area.SLACK, slack.CHANNEL, "#old-ops", "Bring it back"),
    Lack("private", with_rule(where=["C0WARROOM1"]), Area.SLACK, slack.CHANNEL, 'where of "on-call"', "/invite"),
    Lack("shared", with_rule(approve_in="C0PARTNER1"), Area.SLACK, slack.CHANNEL, "#partners", "organisation alone"),
    Lack(
        "channel of the digest",
        lambda world: world.settings(digest={"channel": "C0OLDOPS01"}),
        Area.SLACK,
        slack.CHANNEL,
        "digest",
        "Bring it back",
    ),
    Lack("no group", with_rule(who=["@nobody"]), Area.SLACK, slack.GROUP, "no user group @nobody", "app.yaml"),
    Lack("empty group", with_rule(who=["@empty"]), Area.SLACK, slack.GROUP, "@empty has no member", "Add people"),
    Lack("group of guests", with_rule(who=["@guests"]), Area.POLICY, policy.RULES, "for nobody", "policy check"),
    Lack(
        "hidden rule", lambda world: world.settings(rules=TWICE), Area.POLICY, policy.RULES, "never reached", "policy"
    ),
    Lack("force", with_rule(approve_in="", force=True), Area.POLICY, policy.RULES, "add approve_in", "policy check"),
)


@pytest.mark.parametrize("lack", SLACK_LACKS, ids=lambda lack: lack.name)
def test_what_slack_lacks_is_named_and_nothing_else(world: World, lack: Lack) -> None:
    the_failure(examined(lack.settings(world)), lack)
    assert world.touched() == []


def test_each_missing_scope_is_named_and_nothing_else(world: World) -> None:
    store, settings = world.workspace.store, world.settings()
    whole = store.settings
    try:
        for missing in SCOPES:
            left = tuple(name for name in whole.app.scopes if name != missing.name)
            store.settings = replace(whole, app=replace(whole.app, scopes=left))
            lack = Lack("", with_slack(), Area.SLACK, slack.SCOPES, missing.name, "logoff-bot manifest")
            the_failure(examined(settings), lack)
    finally:
        store.settings = whole


METHODS = ("auth.test", "apps.connections.open", "bots.info", "conversations.info", "usergroups.list", "users.info")
ERRORS = ("token_revoked", "internal_error", "missing_scope", "another_error")


@for_each("method", METHODS)
def test_whatever_slack_says_to_a_question_fails_one_check_at_most_with_a_remedy(world: World, method: str) -> None:
    settings = world.settings()
    kinds: list[dict[str, Any]] = [{"kind": FaultKind.ERROR, "error": name} for name in ERRORS]
    for fault in (*kinds, {"kind": FaultKind.SERVER_ERROR}):
        world.workspace.plan(Fault(method=method, times=99, **fault))
        checks = slack.SlackChecks(settings)
        found = failed(list(checks.run(SystemClock(), may_connect=True)))
        found += failed(
            list(policy.policy_checks(settings, knows_people=checks.knows_people, faulty=checks.faulty_groups))
        )
        world.workspace._context.faults.clear()
        assert [each.area for each in found] in ([], [Area.SLACK], [Area.POLICY]), fault
        assert all(each.remedy for each in found), fault
        assert found or method == "bots.info" or fault.get("error") == "missing_scope", fault


def at_host(host: str, **way: Any) -> Make:
    return lambda world: world.settings(computers=[world.computer(host, **way)])


def by_module(host: str) -> Make:
    return at_host(host, carrier="jea")


def over_https(host: str, **way: Any) -> Make:
    def make(world: World) -> Settings:
        trusted = {"ca_file": str(world.farm.ca_file)}
        return world.settings(computers=[world.computer(host, https=True, **trusted | way)])

    return make


def at_nowhere(world: World) -> Settings:
    there = world.computer("sound") | {"address": "nowhere.invalid", "machine": "sound"}
    return world.settings(computers=[there])


HOST_LACKS = (
    Lack("name", at_nowhere, Area.COMPUTER, computer.NAME, "No address is known for sound", "DNS"),
    Lack("port", at_host("closed"), Area.COMPUTER, computer.PORT, "takes no connection", "winrm enumerate"),
    Lack("authority", over_https("sound", ca_file=None), Area.COMPUTER, computer.CERTIFICATE, "authority", "ca_file"),
    Lack("another name", over_https("wrong-certificate"), Area.COMPUTER, computer.CERTIFICATE, "another name", "Name"),
    Lack("no TLS", at_host("sound", scheme="https"), Area.COMPUTER, computer.CERTIFICATE, "no TLS", "5986"),
    Lack("no file", over_https("sound", ca_file="/none"), Area.COMPUTER, computer.CERTIFICATE, "PEM", "ca_file"),
    Lack("password", at_host("refuses"), Area.COMPUTER, computer.LOGON, "did not accept", "locked"),
    Lack("shell right", at_host("no-shell"), Area.COMPUTER, computer.SHELL, "open no shell", "configSDDL"),
    Lack("no room", at_host("full", look_within="3s"), Area.COMPUTER, computer.WINRM, "no room", "two minutes"),
    Lack("no service", at_host("stopped"), Area.COMPUTER, computer.WINRM, "does not run", "Start-Service WinRM"),
    Lack("language", at_host("constrained"), Area.COMPUTER, computer.LANGUAGE, "Constrained Language", "SHA-256"),
    Lack("compiler", at_host("no-compiler"), Area.COMPUTER, computer.COMPILER, "csc.exe", ".NET Framework 4"),
    Lack("scanner", at_host("scanned"), Area.COMPUTER, computer.COMPILER, "AMSI", "logoff-bot agent"),
    Lack("list", at_host("no-sight"), Area.COMPUTER, computer.SESSIONS, "does not show its sessions", "RDP-Tcp"),
    Lack("no session", at_host("sees-nothing"), Area.COMPUTER, computer.SESSIONS, "does not show", "RDP-Tcp"),
    Lack("names", at_host("no-names"), Area.COMPUTER, computer.SESSIONS, "1 of 2", "Query Information"),
    Lack("times", at_host("no-times"), Area.COMPUTER, computer.SESSIONS, "1 of 2", "Query Information"),
    Lack("garbage", at_host("garbage"), Area.COMPUTER, computer.SHELL, "complete answer", "look again"),
    Lack("machine", at_host("renamed"), Area.COMPUTER, computer.MACHINE, "says that it is ANOTHER", "machine: ANOTHER"),
    Lack("slow", at_host("slow", look_within="1s"), Area.COMPUTER, computer.TIME, "in time", "look_within"),
    Lack("endpoint", by_module("sound"), Area.COMPUTER, module_steps.ENDPOINT, "no endpoint of the", "docs/jea.md"),
    Lack("access", by_module("not-let-in"), Area.COMPUTER, module_steps.GROUP, "into its endpoint", "LogoffBot.pssc"),
    Lack("group", by_module("not-in-group"), Area.COMPUTER, module_steps.GROUP, "does not show", "LogoffBot.pssc"),
    Lack("module", by_module("old-module"), Area.COMPUTER, module_steps.MODULE, "version is 0.0.9", "of this release"),
    Lack("clock", at_host("ahead"), Area.COMPUTER, computer.CLOCK, "ahead of the bot", "NTP"),
)


@pytest.mark.parametrize("lack", HOST_LACKS, ids=lambda lack: lack.name)
def test_what_a_computer_lacks_is_named_and_nothing_else(world: World, lack: Lack) -> None:
    checks = examined(lack.settings(world))
    the_failure(checks, lack)
    names = [each.name for each in checks if each.area is Area.COMPUTER]
    assert len(names) == len(set(names))
    assert set(computer.LOOK) <= set(names) or set(computer.LOOK_BY_MODULE) <= set(names)
    assert world.touched() == []


def test_a_certificate_that_has_ended_is_told_as_one(world: World) -> None:
    with expired_listener(world.folder) as (port, ca_file):
        way = {"port": port, "scheme": "https", "ca_file": str(ca_file)}
        there = {"name": "sound", "address": "127.0.0.1", "winrm": way}
        lack = Lack("", with_slack(), Area.COMPUTER, computer.CERTIFICATE, "not valid now", "new one")
        the_failure(examined(world.settings(computers=[there])), lack)


def test_a_wrong_clock_of_this_machine_is_the_only_thing_that_is_wrong(world: World) -> None:
    lack = Lack("", with_slack(), Area.CLOCK, clocks.MACHINE, "behind Slack", "NTP")
    the_failure(examined(world.settings(), clock=ClockBehind()), lack)


def test_a_password_that_one_computer_refuses_goes_to_no_other(world: World) -> None:
    hosts = ("refuses", "sound", "sound-too", "no-shell")
    checks = at_computers(examined(world.settings(*hosts)))
    the_failure(checks, Lack("", with_slack(), Area.COMPUTER, computer.LOGON, "refuses did not accept", "password"))
    assert world.farm.refused_logons() == ["refuses"]
    assert [world.farm.messages(host) for host in hosts[1:]] == [[], [], []]


def test_a_computer_that_refused_before_holds_no_other_up(world: World) -> None:
    settings = world.settings("refuses", "sound")
    assert [each.host for each in failed(at_computers(examined(settings, ["refuses"])))] == ["refuses"]
    checks = at_computers(examined(settings))
    assert [(each.host, each.name) for each in failed(checks)] == [("refuses", computer.LOGON)]
    assert [each.outcome for each in checks if (each.host, each.name) == ("sound", computer.TIME)] == [Outcome.OK]
    assert world.farm.refused_logons() == ["refuses"]


@pytest.mark.parametrize(
    ("host", "https", "way", "next_one"),
    [
        ("no-answer", False, {"look_within": "1s"}, Outcome.OK),  # it was sent no password
        ("silent", True, {"look_within": "3s"}, Outcome.SKIPPED),  # it may have the password
    ],
    ids=["without", "with"],
)
def test_a_silent_computer_holds_the_others_up_only_when_it_may_have_the_password(
    world: World, host: str, *, https: bool, way: dict[str, Any], next_one: Outcome
) -> None:
    way |= {"repeat": False, "ca_file": str(world.farm.ca_file)}
    hosts = [world.computer(host, https=https, **way), world.computer("sound")]
    checks = at_computers(examined(world.settings(computers=hosts)))
    assert [(each.host, each.name) for each in failed(checks)] == [(host, computer.TIME)]
    assert [each.outcome for each in checks if (each.host, each.name) == ("sound", computer.LOGON)] == [next_one]


def test_a_password_that_one_computer_takes_is_tried_at_all(world: World) -> None:
    checks = at_computers(examined(world.settings("closed", "sound", "refuses", "sound-too")))
    assert [(each.host, each.name) for each in failed(checks)] == [
        ("closed", computer.PORT),
        ("refuses", computer.LOGON),
    ]
    assert [each.host for each in checks if each.name == computer.TIME and each.outcome is Outcome.OK] == [
        "sound",
        "sound-too",
    ]


def test_only_the_chosen_computers_are_spoken_to(world: World) -> None:
    checks = examined(world.settings("sound", "sound-too", "refuses"), ["sound-*"])
    assert {each.host for each in checks} == {"", "sound-too"}
    assert world.farm.messages("sound") == []
    assert world.farm.refused_logons() == []


# The database


def changed(statement: str) -> Make:
    def make(world: World) -> Settings:
        url = world.database()
        write(url, signed_by=KEY)
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers if "audit_entry" in statement else ():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)
        return world.settings(database=url)

    return make


def write(url: str, *, signed_by: str) -> None:
    engine = open_database(url)
    SqlLedger(engine, SystemClock(), SigningKeys(signed_by), ASK_TYPES).pause("an operator", "a test")
    engine.dispose()


def entries(settings: Settings) -> list[object]:
    engine = open_database(settings.database.get_secret_value())
    found = SqlLedger(engine, SystemClock(), settings.signing_keys, ASK_TYPES).entries()
    engine.dispose()
    return list(found)


def foreign_key(world: World) -> Settings:
    write(url := world.database(), signed_by="another key, which is long enough, too")
    return world.settings(database=url)


def not_there(world: World) -> Settings:
    return world.settings(database=f"sqlite:///{world.folder}/none.db")


def no_folder(world: World) -> Settings:
    return world.settings(database=f"sqlite:///{world.folder}/none/bot.db")


def no_database(world: World) -> Settings:
    (world.folder / "text.db").write_text("this is no database" * 99, encoding="ascii")
    return world.settings(database=f"sqlite:///{world.folder}/text.db")


def other_tables(world: World) -> Settings:
    with closing(sqlite3.connect(world.folder / "other.db")) as connection:
        connection.execute("CREATE TABLE other (id)")
        connection.commit()
    return world.settings(database=f"sqlite:///{world.folder}/other.db")


DATABASE_LACKS = (
    Lack("not there", not_there, Area.DATABASE, database.THERE, "is not there", "db upgrade --create"),
    Lack("no folder", no_folder, Area.DATABASE, database.THERE, "unable to open", "none/bot.db"),
    Lack("no database", no_database, Area.DATABASE, database.THERE, "not a database", "restore a backup"),
    Lack("no tables", other_tables, Area.DATABASE, database.TABLES, "none of the bot's", "logoff-bot db upgrade"),
    Lack("older", changed("DELETE FROM alembic_version"), Area.DATABASE, database.TABLES, "needs", "db upgrade"),
    Lack(
        "newer",
        changed("UPDATE alembic_version SET version_num = '9999'"),
        Area.DATABASE,
        database.TABLES,
        "9999",
        "Install the release",
    ),
    Lack("key", foreign_key, Area.DATABASE, database.KEY, "takes entries of the key", "signed the log"),
    Lack("entry", changed("UPDATE audit_entry SET reason = 'x'"), Area.DATABASE, database.KEY, "entry, 1", "verify"),
    Lack("journal", changed("PRAGMA journal_mode = DELETE"), Area.DATABASE, database.DURABILITY, "WAL", "db upgrade"),
)


@pytest.mark.parametrize("lack", DATABASE_LACKS, ids=lambda lack: lack.name)
def test_what_the_database_lacks_is_named_and_nothing_else(world: World, lack: Lack) -> None:
    settings = lack.settings(world)
    before = {path.name for path in world.folder.iterdir()}
    the_failure(examined(settings), lack)
    assert {path.name for path in world.folder.iterdir()} - before <= {"bot.db-wal", "bot.db-shm"}
    assert world.farm.refused_logons() == []


def test_the_remedy_for_the_journal_heals_it(world: World) -> None:
    settings = changed("PRAGMA journal_mode = DELETE")(world)
    upgrade(settings.database.get_secret_value())
    assert_green(examined(settings))


def test_a_full_disk_is_named_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "disk_of", lambda _path: Disk(free=20 * 1024 * 1024, file_system="ext4"))
    the_failure(
        examined(world.settings()), Lack("", with_slack(), Area.DATABASE, database.DISK, "20.0 MiB free", "room")
    )


def test_a_file_on_a_network_disk_is_named_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "disk_of", lambda _path: Disk(free=10**12, file_system="nfs4"))
    the_failure(
        examined(world.settings()), Lack("", with_slack(), Area.DATABASE, database.DURABILITY, "nfs4", "this machine")
    )


def test_an_area_that_breaks_off_fails_and_the_others_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LedgerError("The database has gone. Start it.")

    def fail(_path: object) -> None:
        raise OSError(5, "Input/output error")

    settings = world.settings()
    with monkeypatch.context() as patch:
        patch.setattr(SqlLogons, "standing", refuse)
        checks = examined(settings)
        the_failure(checks, Lack("", with_slack(), Area.COMPUTER, examination.ALL, "has gone.", "Start it."))
    monkeypatch.setattr(inspection, "disk_of", fail)
    checks = examined(settings)
    the_failure(checks, Lack("", with_slack(), Area.DATABASE, examination.ALL, "Input/output error", "again"))
    assert {each.area for each in checks} >= {Area.SLACK, Area.CLOCK, Area.POLICY, Area.COMPUTER}


SERVER_LACKS = (
    ("SET synchronous_commit = off", database.DURABILITY, "synchronous_commit is off", "power cut"),
    ("SET default_transaction_read_only = on", database.WRITABLE, "may not append", "takes writes"),
)


@pytest.mark.parametrize(("change", "check", "found", "remedy"), SERVER_LACKS, ids=["asynchronous", "read-only"])
def test_what_postgresql_lacks_is_named_and_nothing_else(  # noqa: PLR0917 - the world, its fault and its answer
    world: World, new_postgresql: NewUrl, change: str, check: str, found: str, remedy: str
) -> None:
    upgrade(url := new_postgresql())
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" {change}'))
    engine.dispose()
    # The database takes no row of a logon then, so no password is tried.
    settings = world.settings(database=url, computers=["nobody"], winrm={"transport": "certificate", "port": 9})
    checks = [each for each in examined(settings) if each.area is not Area.COMPUTER]
    the_failure(checks, Lack("", with_slack(), Area.DATABASE, check, found, remedy))


def test_an_account_without_rights_is_named_and_nothing_else(world: World, new_postgresql: NewUrl) -> None:
    upgrade(url := new_postgresql())
    engine, role = open_database(url), f"reader_{uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    settings = world.settings(database=engine.url.set(username=role).render_as_string(hide_password=False))
    lack = Lack("", with_slack(), Area.DATABASE, database.THERE, "permission denied", "docs/audit.md")
    the_failure(examined(settings), lack)
    with engine.begin() as connection:
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
    engine.dispose()
    lack = Lack("", with_slack(), Area.DATABASE, database.WRITABLE, "may not append", "docs/audit.md")
    the_failure(examined(settings), lack)


def test_a_server_that_is_not_there_is_named_without_a_password(world: World) -> None:
    settings = world.settings(database="postgresql://bot:hidden-words@127.0.0.1:9/bot")
    checks = examined(settings)
    the_failure(checks, Lack("", with_slack(), Area.DATABASE, database.THERE, "refused", "server runs"))
    assert "hidden-words" not in str(checks)


def test_a_proxy_that_is_none_is_named_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example:1080")
    settings = world.settings(slack={"api_url": "https://slack.example/api/"})
    the_failure(examined(settings), Lack("", with_slack(), Area.SLACK, slack.REACHED, "no HTTP proxy", "Write http"))


def test_a_driver_that_is_not_installed_is_named_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    settings = world.settings(database="postgresql://bot@127.0.0.1:9/bot")
    lack = Lack("", with_slack(), Area.DATABASE, database.THERE, "--extra postgres", "doctor again")
    the_failure(examined(settings), lack)


def test_a_socket_that_does_not_greet_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    asking = SlackInspection(bot_token="x", app_token="x", api_url="http://127.0.0.1:9/api/")
    with pytest.raises(ChatError, match="does not greet"):
        asking.app_of_socket("ws://127.0.0.1:9/link/?ticket=hidden")
    assert "hidden" not in capsys.readouterr().err


def test_a_look_may_take_as_long_as_the_file_says(world: World) -> None:
    assert_green(examined(world.settings(computers=[world.computer("slow", look_within="20s")])))
    assert timedelta(seconds=20) == world.settings("slow", winrm={"look_within": "20s"}).look_within("slow")
