"""Kerberos for real: MIT's KDC, pykerberos at the bot's end, GSSAPI at the host's."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import spnego
import yaml

from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.terminal import WindowsTerminal, WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from adapters.windows.winrm.tickets import NoTicket
from bot.domain.verdicts import Verdict
from bot.errors import NotAuthenticated
from rehearsal.windows import Farm
from rehearsal.windows.message_encryption import KERBEROS, SPNEGO, content_type, decrypt, encrypt
from rehearsal_testing.kerberos_realm import REALM, started
from rehearsal_testing.ntlm_client import NEGOTIATE, Client
from rehearsal_testing.relay import Relay
from tests.contract.hosts import ENDPOINT, order_for
from tests.contract.test_winrm import merged
from tests.support.environment import proxy_for_all
from tests.support.page_commands import TICKET, commands_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.practice import Realm

WITHIN = timedelta(seconds=20)
BOT = f"svc-logoff@{REALM}"
SOMEBODY = f"somebody@{REALM}"
NO_KERBEROS = "win3.corp.test"
HOSTS = ("win1.corp.test", "win2.corp.test", "unknown.corp.test")
REKEYED = "win4.corp.test"
ENVELOPE = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body/></s:Envelope>'
LIST = ["Create", "Command", "Send", "Receive", "Delete"]


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    folder = tmp_path_factory.mktemp("realm")
    realm = started(folder)
    try:
        for host in (*HOSTS[:2], NO_KERBEROS, REKEYED):
            realm.add(f"HTTP/{host}", folder / "hosts.keytab")
        for principal in (BOT, SOMEBODY):
            realm.add(principal, folder / f"{principal}.keytab")
        yield realm
    finally:
        realm.stop()


@pytest.fixture(scope="module")
def farm(realm: Realm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    sessions = [{"id": 3, "user": "CORP\\alice", "disconnected": "3h"}, {"id": 5, "user": "CORP\\bob"}]
    account = {"username": "CORP\\svc-logoff", "password": "not used", "principal": BOT}
    hosts: dict[str, Any] = {name: {"auth": ["kerberos"], "sessions": sessions} for name in (*HOSTS, REKEYED)}
    hosts[NO_KERBEROS] = {}
    path = tmp_path_factory.mktemp("farm") / "farm.yaml"
    path.write_text(yaml.safe_dump({"account": account, "remoting": ENDPOINT, "hosts": hosts}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in realm.environment.items():
            patch.setenv(name, value)
        with Farm.from_file(path, engine="double") as farm:
            yield farm


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of tickets, which the bot uses."""
    cache = tmp_path / "tickets"
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{cache}")
    return cache


@pytest.fixture
def shell(farm: Farm) -> Iterator[WinRmShell]:
    farm.restore()
    with closing(shell_of(farm)) as shell:
        yield shell


def shell_of(farm: Farm, account: str = BOT) -> WinRmShell:
    def connection_of(host: str) -> Connection:
        return Connection(
            endpoint=farm.endpoints[host], transport=Transport.KERBEROS, username=account, kerberos_host=host
        )

    return WinRmShell(connection_of)


def log_on(realm: Realm, cache: Path, principal: str = BOT, lifetime: str = "1h") -> None:
    realm.log_on(principal, realm.folder / f"{principal}.keytab", cache=cache, lifetime=lifetime)


def test_the_keytab_is_tried_as_the_page_says(realm: Realm, farm: Farm, cache: Path) -> None:
    assert HOSTS[0] in farm.endpoints
    (command,) = commands_of(TICKET)
    line = command.text
    for name, value in {
        "/etc/logoff-bot/svc-logoff.keytab": str(realm.folder / f"{BOT}.keytab"),
        "svc-logoff@CORP.EXAMPLE": BOT,
        "comp1.corp.example": HOSTS[0],
    }.items():
        assert name in line
        line = line.replace(name, value)
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)  # noqa: S603 - a line of our own page
    assert f"HTTP/{HOSTS[0]}@{REALM}: kvno = " in done.stdout
    assert cache.exists()


def refusal(shell: WinRmShell, host: str = HOSTS[0]) -> NotAuthenticated:
    with pytest.raises(NotAuthenticated) as caught:
        WinRmTerminal(shell).sessions(host, within=WITHIN)
    assert not caught.value.delivered
    return caught.value


def test_a_look_and_an_act_are_sealed_with_the_keys_of_one_ticket(
    realm: Realm, farm: Farm, cache: Path, shell: WinRmShell
) -> None:
    log_on(realm, cache)
    terminal = WinRmTerminal(shell)
    alice = terminal.sessions(HOSTS[0], within=WITHIN)[0]
    (answer,) = terminal.log_off(HOSTS[0], [order_for(alice)], wait=timedelta(seconds=5), within=WITHIN)
    assert answer.verdict is Verdict.GONE
    assert merged(farm.messages(HOSTS[0])) == ["200", *LIST, *LIST]


def over_module(farm: Farm, scheme: str, account: str = BOT) -> JeaCarrier:
    places = farm.endpoints if scheme == "http" else farm.secure_endpoints

    def connection_of(host: str) -> Connection:
        return Connection(
            endpoint=places[host],
            transport=Transport.KERBEROS,
            username=account,
            kerberos_host=host,
            ca_file=farm.ca_file,
            jea=ENDPOINT,
        )

    return JeaCarrier(connection_of)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_module_is_asked_with_one_ticket_too(realm: Realm, farm: Farm, cache: Path, scheme: str) -> None:
    farm.restore()
    log_on(realm, cache)
    with closing(over_module(farm, scheme)) as carrier:
        terminal = WindowsTerminal(carrier)
        alice = terminal.sessions(HOSTS[0], within=WITHIN)[0]
        (answer,) = terminal.log_off(HOSTS[0], [order_for(alice)], wait=timedelta(seconds=5), within=WITHIN)
    assert answer.verdict is Verdict.GONE
    assert farm.messages(HOSTS[0]).count("Create") == 1


def test_without_a_ticket_the_module_is_not_asked(farm: Farm, cache: Path) -> None:
    farm.restore()
    assert not cache.exists()
    with closing(over_module(farm, "http")) as carrier, pytest.raises(NotAuthenticated, match="ticket") as caught:
        WindowsTerminal(carrier).sessions(HOSTS[0], within=WITHIN)
    assert not caught.value.delivered
    assert isinstance(caught.value.__cause__, NoTicket)  # one thread at a time has asked for it


def test_eight_threads_share_one_cache_of_tickets(
    realm: Realm, farm: Farm, cache: Path, shell: WinRmShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_on(realm, cache)
    terminal = WinRmTerminal(shell)
    hosts = [HOSTS[number % 2] for number in range(32)]
    written = proxy_for_all(monkeypatch)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda host: len(terminal.sessions(host, within=WITHIN)), hosts))
    assert (found, written) == ([2] * 32, [])
    for host in HOSTS[:2]:
        assert {"400", "401"}.isdisjoint(farm.messages(host))
        assert farm.open_shells(host) == 0


def test_a_keytab_alone_is_enough_for_a_service(
    realm: Realm, cache: Path, shell: WinRmShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", str(realm.folder / f"{BOT}.keytab"))
    assert not cache.exists()
    assert WinRmTerminal(shell).sessions(HOSTS[0], within=WITHIN)


@pytest.mark.usefixtures("cache")
def test_other_threads_run_while_a_ticket_is_fetched(
    realm: Realm, shell: WinRmShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The KDC is reached through a thread of this process. If no thread ran meanwhile there would be no answer."""
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", str(realm.folder / f"{BOT}.keytab"))
    conf = (realm.folder / "krb5.conf").read_text(encoding="ascii")
    kdc = re.findall(r"127\.0\.0\.1:(\d+)", conf)[0]
    with Relay(int(kdc)) as relay:
        over_tcp = f"[libdefaults]\nudp_preference_limit = 1\n{conf.replace(kdc, str(relay.port))}"
        (tmp_path / "krb5.conf").write_text(over_tcp, encoding="ascii")
        monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
        assert WinRmTerminal(shell).sessions(HOSTS[0], within=WITHIN)
        assert relay.connections >= 2  # for the account's ticket, and for the host's


@pytest.mark.parametrize("carrier", ["shell", "endpoint"])
def test_two_accounts_use_their_own_tickets_of_one_folder_from_many_threads(
    realm: Realm, farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, carrier: str
) -> None:
    """As the page says: a file would be the first account's. The hosts take one of the two and refuse the other."""
    farm.restore()
    for name in (BOT, SOMEBODY):
        realm.add(name, tmp_path / "both.keytab")
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", str(tmp_path / "both.keytab"))
    monkeypatch.setenv("KRB5CCNAME", f"DIR:{tmp_path / 'tickets'}")

    def terminal_of(account: str, closers: ExitStack) -> WinRmTerminal | WindowsTerminal:
        if carrier == "shell":
            return WinRmTerminal(closers.enter_context(closing(shell_of(farm, account))))
        return WindowsTerminal(closers.enter_context(closing(over_module(farm, "http", account))))

    with ExitStack() as closers:
        terminals = [terminal_of(account, closers) for account in (BOT, SOMEBODY)]

        def seen(number: int) -> object:
            try:
                return len(terminals[number % 2].sessions(HOSTS[number // 2 % 2], within=WITHIN))
            except NotAuthenticated as error:
                return error.message

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(seen, range(16)))
    assert found[::2] == [2] * 8
    assert all("did not accept the bot's account" in str(each) for each in found[1::2])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_line_that_died_meanwhile_authenticates_anew(realm: Realm, farm: Farm, cache: Path, scheme: str) -> None:
    farm.restore()
    log_on(realm, cache)

    def connection_of(host: str) -> Connection:
        return Connection(
            endpoint=(farm.secure_endpoints if scheme == "https" else farm.endpoints)[host],
            transport=Transport.KERBEROS,
            username=BOT,
            kerberos_host=host,
            ca_file=farm.ca_file,
        )

    with closing(WinRmShell(connection_of)) as shell:
        alice = WinRmTerminal(shell).sessions(HOSTS[0], within=WITHIN)[0]
        farm.take_down(HOSTS[0])
        farm.bring_up(HOSTS[0])
        order = order_for(alice)
        (answer,) = WinRmTerminal(shell).log_off(HOSTS[0], [order], wait=timedelta(seconds=5), within=WITHIN)
    assert answer.verdict is Verdict.GONE
    assert merged([each for each in farm.messages(HOSTS[0]) if each.isalpha()]) == [*LIST, *LIST]


def test_without_a_ticket_nothing_is_said_to_the_host(farm: Farm, cache: Path, shell: WinRmShell) -> None:
    assert not cache.exists()
    assert "ticket" in refusal(shell).message
    assert farm.messages(HOSTS[0]) == []


def test_an_expired_ticket_is_told_as_one(realm: Realm, farm: Farm, cache: Path, shell: WinRmShell) -> None:
    log_on(realm, cache, lifetime="1s")
    over = time.time() + 2  # its whole second, and the rounding of both ends
    farm.wait_until(lambda: time.time() > over)
    assert "ticket" in refusal(shell).message
    assert farm.messages(HOSTS[0]) == []


def test_a_line_that_is_kept_outlives_its_ticket(realm: Realm, farm: Farm, cache: Path, shell: WinRmShell) -> None:
    log_on(realm, cache)
    terminal = WinRmTerminal(shell)
    terminal.sessions(HOSTS[0], within=WITHIN)
    cache.unlink()
    terminal.sessions(HOSTS[0], within=WITHIN)
    assert merged(farm.messages(HOSTS[0])) == ["200", *LIST, *LIST]


def test_without_a_kdc_what_is_kept_goes_on_and_no_other_host_hears_a_word(
    realm: Realm, farm: Farm, cache: Path, shell: WinRmShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_on(realm, cache)
    WinRmTerminal(shell).sessions(HOSTS[0], within=WITHIN)
    nowhere = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", (realm.folder / "krb5.conf").read_text("ascii"))
    (without := cache.with_name("krb5.conf")).write_text(nowhere, encoding="ascii")
    monkeypatch.setenv("KRB5_CONFIG", str(without))
    assert WinRmTerminal(shell).sessions(HOSTS[0], within=WITHIN)
    refusal(shell, HOSTS[1])
    assert farm.messages(HOSTS[1]) == []


def test_a_host_that_the_domain_does_not_know_is_told_nothing(
    realm: Realm, farm: Farm, cache: Path, shell: WinRmShell
) -> None:
    log_on(realm, cache)
    assert "HTTP/unknown.corp.test" in refusal(shell, "unknown.corp.test").message
    assert farm.messages("unknown.corp.test") == []


def test_somebody_elses_ticket_is_not_the_bots(realm: Realm, cache: Path, shell: WinRmShell) -> None:
    """The cache is somebody else's: the bot's principal has no ticket in it."""
    log_on(realm, cache, SOMEBODY)
    refusal(shell)


def test_an_account_the_host_does_not_take_is_refused(realm: Realm, farm: Farm, cache: Path, shell: WinRmShell) -> None:
    log_on(realm, cache)
    farm.set_behaviour(HOSTS[0], "wrong-password")
    refusal(shell)
    assert set(farm.messages(HOSTS[0])) == {"401"}


def test_a_ticket_for_other_keys_than_the_hosts_is_refused(
    realm: Realm, farm: Farm, cache: Path, shell: WinRmShell
) -> None:
    realm.change_key(f"HTTP/{REKEYED}")
    log_on(realm, cache)
    refusal(shell, REKEYED)
    assert set(farm.messages(REKEYED)) == {"401"}


@pytest.fixture
def ticket(realm: Realm, farm: Farm, cache: Path) -> None:
    farm.restore()
    log_on(realm, cache)


def shake_hands(url: str, scheme: str, context: spnego.ContextProxy) -> requests.Session:
    """The connection that the context's keys belong to."""
    session, token = requests.Session(), context.step()
    while token:
        words = {"Authorization": f"{scheme} {base64.b64encode(token).decode()}"}
        answer = session.post(url, headers=words, timeout=10)
        said, _, proof = answer.headers["WWW-Authenticate"].partition(" ")
        assert said == scheme
        token = context.step(base64.b64decode(proof))
    assert (answer.status_code, context.complete) == (200, True)
    return session


def say(session: requests.Session, url: str, keys: spnego.ContextProxy, called: str) -> requests.Response:
    """An envelope that means nothing; only whoever opened it can answer with a fault."""
    return session.post(
        url, data=encrypt(ENVELOPE, keys, called), headers={"Content-Type": content_type(called)}, timeout=10
    )


@pytest.mark.parametrize(
    ("scheme", "protocol", "sealed_as"),
    [("Kerberos", "kerberos", KERBEROS), ("Negotiate", "kerberos", SPNEGO), ("Negotiate", "negotiate", SPNEGO)],
)
@pytest.mark.usefixtures("ticket")
def test_bodies_are_called_after_the_scheme_and_not_after_what_is_inside(
    farm: Farm, scheme: str, protocol: str, sealed_as: str
) -> None:
    url = farm.endpoints[HOSTS[0]]
    for called, status in ((sealed_as, 500), ({KERBEROS: SPNEGO, SPNEGO: KERBEROS}[sealed_as], 400)):
        keys = spnego.client(BOT, hostname=HOSTS[0], service="HTTP", protocol=protocol)
        answer = say(shake_hands(url, scheme, keys), url, keys, called)
        assert (answer.status_code, keys.negotiated_protocol) == (status, "kerberos")
        if status == 500:
            assert answer.headers["Content-Type"] == content_type(sealed_as)
            assert b"WSManFault" in decrypt(answer.content, keys, sealed_as)


def test_a_host_that_speaks_kerberos_takes_ntlm_inside_negotiate_and_not_by_itself(farm: Farm) -> None:
    farm.restore()
    user, password, url = farm.account.name, farm.account.password, farm.endpoints[HOSTS[0]]
    offered = requests.post(url, timeout=10).raw.headers.getlist("WWW-Authenticate")
    assert offered == ["Negotiate", "Kerberos"]
    assert Client(url, "Negotiate").ask().names["dns domain"] == "corp.test"
    assert [Client(url, "Negotiate").log_on(user, word) for word in (password, "another")] == [200, 401]
    assert Client(url, "NTLM").say(NEGOTIATE).headers["WWW-Authenticate"] == "Negotiate, Kerberos"


@pytest.mark.usefixtures("ticket")
@pytest.mark.parametrize("host", [HOSTS[0], NO_KERBEROS])
def test_a_client_that_begins_with_kerberos_is_asked_for_ntlm_where_the_host_cannot(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str
) -> None:
    """The one has lost its keytab, the other never took Kerberos."""
    monkeypatch.setenv("KRB5_KTNAME", str(tmp_path / "none.keytab"))
    password = spnego.Password(farm.account.username, farm.account.password)
    credentials: list[Any] = [spnego.KerberosCCache(os.environ["KRB5CCNAME"]), password]
    keys = spnego.client(credentials, hostname=host, service="HTTP", protocol="negotiate")
    url = farm.endpoints[host]
    session = shake_hands(url, "Negotiate", keys)
    assert keys.negotiated_protocol == "ntlm"
    assert b"WSManFault" in decrypt(say(session, url, keys, SPNEGO).content, keys)
    assert farm.messages(host)[:2] == ["401+challenge"] * 2  # the choice, the challenge
