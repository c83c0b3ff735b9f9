"""The doctor and Kerberos: MIT's KDC on this machine, with one thing missing each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from adapters.windows.winrm import tickets
from app.doctor import computer, kerberos
from app.doctor.check import Area, Outcome
from rehearsal_testing.kerberos_realm import REALM, started
from tests.contract.doctor_world import ALICE, World, examined, failed, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.doctor.check import Check
    from rehearsal.practice import Realm
    from rehearsal.slack import Workspace
    from rehearsal.windows import Farm

HOST = "win1.corp.test"
BOT, OTHER = f"svc-logoff@{REALM}", f"svc-other@{REALM}"


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    folder = tmp_path_factory.mktemp("realm")
    realm = started(folder)
    try:
        realm.add(f"HTTP/{HOST}", folder / "hosts.keytab")
        realm.add(BOT, folder / "bot.keytab")
        yield realm
    finally:
        realm.stop()


@pytest.fixture(scope="module")
def shared(realm: Realm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Farm]]:
    account = {"username": "CORP\\svc-logoff", "password": "not used", "principal": BOT}
    hosts: dict[str, Any] = {HOST: {"auth": ["kerberos"], "sessions": ALICE}}
    path = tmp_path_factory.mktemp("farm") / "farm.yaml"
    path.write_text(yaml.safe_dump({"account": account, "hosts": hosts}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in realm.environment.items():
            patch.setenv(name, value)
        with opened(tmp_path_factory.mktemp("world"), path) as there:
            yield there


@pytest.fixture
def world(shared: tuple[Workspace, Farm], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """With no ticket and no keytab."""
    shared[1].restore()
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'tickets'}")
    monkeypatch.delenv("KRB5_CLIENT_KTNAME", raising=False)
    return World(workspace=shared[0], farm=shared[1], folder=tmp_path)


@pytest.fixture
def keytab(realm: Realm, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not (world.folder / "tickets").exists()
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", str(realm.folder / "bot.keytab"))


def settings(world: World, username: str = BOT) -> Settings:
    return world.settings(
        computers=[world.computer(HOST)],
        winrm={"transport": "kerberos", "username": username, "password": ""},
    )


def the_failure(checks: list[Check], name: str, found: str, remedy: str) -> None:
    (only,) = failed(checks)
    assert (only.area, only.name) == (Area.KERBEROS, name)
    assert found in only.found
    assert remedy in only.remedy
    looks = {each.outcome for each in checks if each.name in computer.LOOK and each.area is Area.COMPUTER}
    assert looks == {Outcome.SKIPPED}


@pytest.mark.usefixtures("keytab")
def test_with_a_keytab_all_is_green(world: World) -> None:
    checks = examined(settings(world))
    assert [each for each in checks if each.outcome in (Outcome.FAILED, Outcome.SKIPPED)] == []
    assert [each.name for each in checks if each.area is Area.KERBEROS] == ["extra", "keytab", "ticket", "KDC"]
    assert world.touched() == []


def test_with_a_ticket_alone_all_is_green_and_its_end_is_told(world: World, realm: Realm) -> None:
    realm.log_on(BOT, realm.folder / "bot.keytab", cache=world.folder / "tickets", lifetime="2h")
    checks = examined(settings(world))
    assert failed(checks) == []
    told = {each.name: each for each in checks if each.area is Area.KERBEROS}
    assert told[kerberos.KEYTAB].outcome is Outcome.NOTE
    assert "hour" in told[kerberos.TICKET].found


def test_without_a_keytab_and_without_a_ticket_the_keytab_is_missing(world: World) -> None:
    the_failure(examined(settings(world)), kerberos.KEYTAB, "no keytab", "KRB5_CLIENT_KTNAME")
    assert world.farm.messages(HOST) == []


def test_a_keytab_that_is_not_there_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{world.folder}/none.keytab")
    the_failure(examined(settings(world)), kerberos.KEYTAB, "No such file", "ktpass")


@pytest.mark.usefixtures("keytab")
def test_a_keytab_of_another_account_is_named(world: World) -> None:
    the_failure(examined(settings(world, f"other@{REALM}")), kerberos.TICKET, "", "kinit")


@pytest.mark.usefixtures("keytab")
def test_a_cache_with_the_tickets_of_another_account_is_named_and_a_folder_has_room_for_both(
    world: World, realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    realm.add(OTHER, realm.folder / "bot.keytab")
    realm.log_on(OTHER, realm.folder / "bot.keytab", cache=world.folder / "tickets")
    the_failure(examined(settings(world)), kerberos.TICKET, "does not match", "KRB5CCNAME name a folder")
    monkeypatch.setenv("KRB5CCNAME", f"DIR:{world.folder / 'folder'}")
    assert tickets.ticket_of(OTHER).lifetime > 0
    assert failed(examined(settings(world))) == []


@pytest.mark.usefixtures("keytab")
def test_a_kdc_that_has_gone_is_named(world: World, monkeypatch: pytest.MonkeyPatch, realm: Realm) -> None:
    gone = world.folder / "krb5.conf"
    conf = (realm.folder / "krb5.conf").read_text(encoding="ascii")
    gone.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", conf), encoding="ascii")
    monkeypatch.setenv("KRB5_CONFIG", str(gone))
    the_failure(examined(settings(world)), kerberos.KDC, "any KDC for realm", "port 88")


@pytest.mark.usefixtures("keytab")
def test_an_extra_that_is_not_installed_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "find_spec", lambda _name: None)
    the_failure(examined(settings(world)), kerberos.EXTRA, "kerberos", "--extra kerberos")
