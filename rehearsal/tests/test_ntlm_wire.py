"""NTLM as a member of a domain speaks it, and Negotiate: what a host's challenge says, and which logons it takes."""

from __future__ import annotations

import base64
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests
import spnego
import yaml

from rehearsal.windows import Farm
from rehearsal.windows.message_encryption import KERBEROS, SPNEGO, DecryptionError, decrypt
from rehearsal_testing.ntlm_client import (
    DOMAIN_IS_TARGET,
    NEGOTIATE,
    SERVER_IS_TARGET,
    TIME,
    Client,
    authenticate,
    hmac_md5,
    md4,
)
from rehearsal_testing.winrm_client import connect, open_shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "fiction"
SVC = "CORP\\svc"
LONG = "terminal-server-of-the-accountants"
MIXED: dict[str, Any] = {"Comp1": {}, "rds-01.branch.example": {}, LONG: {}}
OFFERING: dict[str, Any] = {
    "either": {},
    "negotiate": {"auth": ["negotiate"]},
    "ntlm": {"auth": ["ntlm"]},
    "basic": {"auth": ["basic"]},
}
HERE = r"""
import sys
sys.modules["gssapi"] = None  # as on a machine without it
from pathlib import Path
from rehearsal.windows import Farm, KerberosMissingError
try:
    Farm.from_file(Path(sys.argv[1])).start()
except KerberosMissingError as missing:
    print(missing)
"""


def write(folder: Path, hosts: dict[str, Any], **account: str) -> Path:
    path = folder / "farm.yaml"
    words = {"username": SVC, "password": PASSWORD} | account
    path.write_text(yaml.safe_dump({"account": words, "hosts": hosts}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with Farm.from_file(write(tmp_path_factory.mktemp("farm"), MIXED)) as farm:
        yield farm


@pytest.fixture(scope="module")
def workgroup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    hosts: dict[str, Any] = {"comp1": {}, "comp2": {}}
    with Farm.from_file(write(tmp_path_factory.mktemp("farm"), hosts, username=".\\admin")) as farm:
        yield farm


@pytest.fixture(scope="module")
def offering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with Farm.from_file(write(tmp_path_factory.mktemp("farm"), OFFERING)) as farm:
        yield farm


def client(farm: Farm, host: str, scheme: str = "NTLM") -> Client:
    return Client(farm.endpoints[host], scheme)


def test_the_client_of_these_tests_computes_what_the_specification_prints() -> None:
    """[MS-NLMP] 4.2.4.1.1, NTOWFv2 of User, Domain and Password; and RFC 1320's own example of more than one block."""
    key = hmac_md5(md4("Password".encode("utf-16-le")), "USERDomain".encode("utf-16-le"))
    assert key.hex() == "0c868a403bfd7a93a3001ef22ef02e3f"
    assert md4(b"1234567890" * 8).hex() == "e33b4ddc9c38f2199c3e7b164fcc0536"


def test_a_member_of_a_domain_names_the_domain_as_the_target_and_then_itself(members: Farm) -> None:
    challenge = client(members, "Comp1").ask()
    assert challenge.target == "CORP"
    assert list(challenge.names.items()) == [
        ("domain", "CORP"),
        ("computer", "COMP1"),
        ("dns domain", "corp.example"),
        ("dns computer", "comp1.corp.example"),
        ("forest", "corp.example"),
    ]
    assert challenge.flags & (DOMAIN_IS_TARGET | SERVER_IS_TARGET) == DOMAIN_IS_TARGET
    assert (challenge.info[-1][0], len(challenge.info[-1][1])) == (TIME, 8)
    assert challenge.version == b"\x0a\0\x63\x45\0\0\0\x0f"


def test_a_name_with_dots_is_its_own_dns_name_and_netbios_knows_fifteen_letters(members: Farm) -> None:
    branch, long = (client(members, name).ask().names for name in ("rds-01.branch.example", LONG))
    assert (branch["computer"], branch["dns computer"]) == ("RDS-01", "rds-01.branch.example")
    assert branch["dns domain"] == "branch.example"
    assert (long["computer"], long["dns computer"]) == ("TERMINAL-SERVER", f"{LONG}.corp.example")


def test_the_realm_of_the_principal_is_the_dns_domain(tmp_path: Path) -> None:
    with Farm.from_file(write(tmp_path, {"comp1": {}}, principal="svc@CORP.TEST")) as farm:
        assert client(farm, "comp1").ask().names["forest"] == "corp.test"
        assert client(farm, "comp1").log_on("svc@corp.test", PASSWORD, domain="") == 200
        assert client(farm, "comp1").log_on("svc@corp.example", PASSWORD, domain="") == 401


@pytest.mark.parametrize("username", [".\\admin", "COMP1\\admin"])
def test_a_host_of_a_workgroup_names_itself_for_both_and_knows_no_forest(tmp_path: Path, username: str) -> None:
    with Farm.from_file(write(tmp_path, {"comp1": {}, "comp2": {}}, username=username)) as farm:
        for host in ("comp1", "comp2"):
            challenge = client(farm, host).ask()
            name = host.upper()
            assert challenge.target == name
            assert challenge.names == {"domain": name, "computer": name, "dns domain": host, "dns computer": host}
            assert challenge.flags & (DOMAIN_IS_TARGET | SERVER_IS_TARGET) == SERVER_IS_TARGET


def test_many_hosts_asked_at_once_speak_each_for_itself(tmp_path: Path) -> None:
    with Farm.from_file(write(tmp_path, {"rds-[01-40]": {}})) as farm, ThreadPoolExecutor(16) as threads:
        asked = list(threads.map(lambda host: client(farm, host).ask().names["computer"], list(farm.endpoints) * 2))
        assert asked == [host.upper() for host in farm.endpoints] * 2


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_client_that_takes_the_domain_from_the_challenge_logs_on(members: Farm, scheme: str) -> None:
    assert client(members, "Comp1", scheme).log_on("svc", PASSWORD) == 200
    assert client(members, "Comp1", scheme).log_on("svc", "another") == 401
    assert client(members, "Comp1", scheme).log_on("nobody", PASSWORD) == 401


@pytest.mark.parametrize(
    ("domain", "user", "status"),
    [
        ("CORP", "svc", 200),
        ("corp", "SVC", 200),
        ("corp.example", "Svc", 200),
        ("", "svc@corp.example", 200),
        ("", "SVC@Corp.Example", 200),
        ("", "svc", 401),
        ("COMP1", "svc", 401),
        (".", "svc", 401),
        ("OTHER", "svc", 401),
        ("CORP", "svc@corp.example", 401),
        ("", "svc@other.example", 401),
    ],
)
def test_a_member_takes_the_spellings_of_a_domain_account_and_no_others(
    members: Farm, domain: str, user: str, status: int
) -> None:
    assert client(members, "Comp1").log_on(user, PASSWORD, domain=domain) == status


@pytest.mark.parametrize(
    ("domain", "user", "status"),
    [("COMP1", "admin", 200), (".", "Admin", 200), ("", "admin", 200), ("COMP2", "admin", 401), ("CORP", "admin", 401)],
)
def test_a_local_account_has_no_domain_or_its_hosts_name(workgroup: Farm, domain: str, user: str, status: int) -> None:
    assert client(workgroup, "comp1").log_on(user, PASSWORD, domain=domain) == status


def test_an_account_of_one_host_is_unknown_to_another(tmp_path: Path) -> None:
    with Farm.from_file(write(tmp_path, {"comp1": {}, "comp2": {}}, username="comp1\\admin")) as farm:
        assert client(farm, "comp1").log_on("admin", PASSWORD) == 200
        assert client(farm, "comp2").log_on("admin", PASSWORD) == 401
        assert client(farm, "comp2").log_on("admin", PASSWORD, domain="COMP1") == 401


def test_the_domain_counts_as_it_was_sent_and_the_proof_of_another_spelling_is_wrong(members: Farm) -> None:
    there = client(members, "Comp1")
    challenge = there.ask()
    token = authenticate(challenge, "corp", "svc", PASSWORD)
    assert there.say(token.replace("corp".encode("utf-16-le"), "CORP".encode("utf-16-le"), 1)).status_code == 401


def test_an_answer_to_the_challenge_of_another_connection_is_refused(members: Farm) -> None:
    one, other = client(members, "Comp1"), client(members, "Comp1")
    challenge = one.ask()
    other.ask()
    assert other.say(authenticate(challenge, "CORP", "svc", PASSWORD)).status_code == 401


@pytest.mark.parametrize(
    ("host", "offered"),
    [
        ("either", ["Negotiate", "NTLM"]),
        ("negotiate", ["Negotiate"]),
        ("ntlm", ["Negotiate", "NTLM"]),
        ("basic", ['Basic realm="WSMAN"']),
    ],
)
def test_a_host_offers_what_it_takes_and_takes_nothing_else(offering: Farm, host: str, offered: list[str]) -> None:
    answer = requests.post(offering.endpoints[host], timeout=10)
    assert answer.raw.headers.getlist("WWW-Authenticate") == offered
    for scheme in ("Negotiate", "NTLM", "Kerberos"):
        refused = client(offering, host, scheme).say(NEGOTIATE)
        begins = refused.headers["WWW-Authenticate"].startswith(f"{scheme} ")
        assert (refused.status_code, begins) == (401, scheme in offered)


@pytest.mark.parametrize("said", ["Negotiate", "negotiate", "NTLM", "ntlm"])
def test_the_challenge_comes_in_the_scheme_that_was_asked_in(offering: Farm, said: str) -> None:
    right = {"negotiate": "Negotiate", "ntlm": "NTLM"}[said.lower()]
    assert client(offering, "either", said).ask().scheme == right


def test_a_handshake_begun_in_one_scheme_is_not_ended_in_the_other(offering: Farm) -> None:
    there = client(offering, "either", "NTLM")
    token = authenticate(there.ask(), "CORP", "svc", PASSWORD)
    assert there.say(token, "Negotiate").status_code == 401


def test_ntlm_wrapped_in_spnego_ends_with_a_token_that_says_accepted(offering: Farm) -> None:
    session, url = requests.Session(), offering.endpoints["negotiate"]
    options = spnego.NegotiateOptions.use_negotiate
    context = spnego.client(SVC, PASSWORD, hostname="unknown.invalid", protocol="negotiate", options=options)
    token, status = context.step(), 0
    while token:
        said = session.post(url, headers={"Authorization": f"Negotiate {base64.b64encode(token).decode()}"}, timeout=10)
        scheme, _, answer = said.headers["WWW-Authenticate"].partition(" ")
        assert scheme == "Negotiate"
        assert not answer.startswith("TlRMTVNTU")  # NTLMSSP by itself
        token, status = context.step(base64.b64decode(answer)), said.status_code
    assert (status, context.complete, context.negotiated_protocol) == (200, True, "ntlm")


@pytest.mark.parametrize("host", ["either", "negotiate"])
def test_bodies_are_sealed_as_spnegos_under_ntlm_and_negotiate_alike(offering: Farm, host: str) -> None:
    """pywinrm speaks NTLM where it is offered, and else puts a bare NTLM token into Negotiate."""
    kinds: list[str] = []

    def note(answer: requests.Response, **_: object) -> None:
        kinds.append(answer.headers.get("Content-Type", ""))

    protocol = connect(offering, host)
    protocol.transport.build_session().hooks["response"].append(note)
    with open_shell(protocol):
        pass
    assert kinds == [
        'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
    ] * len(kinds)
    assert kinds


def test_a_body_sealed_under_another_name_is_not_opened() -> None:
    context = spnego.client(SVC, PASSWORD, protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    body = b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-CredSSP-session-encrypted\r\n"
    body += b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=1\r\n--Encrypted Boundary\r\n"
    body += b"\tContent-Type: application/octet-stream\r\n\0\0\0\0x--Encrypted Boundary--\r\n"
    for protocol in (SPNEGO, KERBEROS):
        with pytest.raises(DecryptionError, match="keys are those of"):
            decrypt(body, context, protocol)


def test_a_token_that_is_none_is_refused_and_the_connection_can_still_log_on(offering: Farm) -> None:
    there = client(offering, "either", "Negotiate")
    for token in (b"\xa1\x07\x30\x05\xa0\x03\x0a\x01\x00", b"NTLMSSP\0", NEGOTIATE[:20], b"\x60\x03", b"{}"):
        assert there.say(token).status_code == 401
    assert there.log_on("svc", PASSWORD) == 200


def test_basic_takes_the_spellings_of_the_account_with_its_password(offering: Farm) -> None:
    def status(user: str, password: str) -> int:
        return requests.post(offering.endpoints["basic"], auth=(user, password), timeout=10).status_code

    assert [status(user, PASSWORD) for user in (SVC, "corp\\SVC", "svc@corp.example")] == [200] * 3
    assert [status("svc", PASSWORD), status(SVC, "another"), status(SVC, "")] == [401] * 3


def test_a_farm_that_wants_kerberos_where_it_is_missing_is_told_what_to_install(tmp_path: Path) -> None:
    """In a process of its own, in which GSSAPI cannot be imported."""
    path = write(tmp_path, {"comp1": {}, "win1": {"auth": ["kerberos"]}})
    words = [sys.executable, "-c", HERE, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    said = "win1 in the farm's file: kerberos, which this machine does not speak. "
    cure = "Install libkrb5-dev, gcc and python3-dev (apt-get install), then the extra: make kerberos\n"
    assert done.stdout == said + cure, done.stderr
