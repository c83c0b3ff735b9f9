"""A host that demands channel binding: NTLM over HTTPS has to name the certificate of the channel it runs in."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import requests
import spnego
import yaml
from spnego.channel_bindings import GssChannelBindings
from winrm.exceptions import InvalidCredentialsError

from rehearsal.windows import Farm
from rehearsal_testing.winrm_client import connect, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = {"username": "CORP\\svc", "password": "fiction"}
HOSTS: dict[str, Any] = {
    "strict": {"channel_binding": True, "sessions": [{"id": 3, "user": "CORP\\alice"}]},
    "lenient": {"sessions": [{"id": 3, "user": "CORP\\alice"}]},
}


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    path = tmp_path_factory.mktemp("farm") / "farm.yaml"
    told = {"account": ACCOUNT, "hosts": HOSTS, "lockout": {"after": 2}}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    with Farm.from_file(path) as farm:
        yield farm


def log_on(farm: Farm, host: str, bindings: GssChannelBindings | None, protocol: str = "ntlm") -> int:
    scheme = "Negotiate" if protocol == "negotiate" else "NTLM"
    client = spnego.client(
        ACCOUNT["username"], ACCOUNT["password"], protocol="ntlm", channel_bindings=bindings, hostname=host
    )
    session = requests.Session()
    session.trust_env, session.verify = False, str(farm.ca_file)
    token, answer = client.step(), requests.Response()
    while token:
        said = f"{scheme} {base64.b64encode(token).decode()}"
        answer = session.post(farm.secure_endpoints[host], headers={"Authorization": said}, timeout=10)
        _, _, challenge = answer.headers.get("WWW-Authenticate", "").partition(" ")
        token = client.step(base64.b64decode(challenge)) if challenge and not client.complete else None
    return answer.status_code


def bindings(application_data: bytes) -> GssChannelBindings:
    return GssChannelBindings(application_data=application_data)


def over_https(farm: Farm, host: str, **changes: Any) -> Any:
    arguments: dict[str, Any] = {"endpoint": farm.secure_endpoints[host], "ca_trust_path": str(farm.ca_file)}
    return connect(farm, host, **arguments | changes)


def test_a_client_that_names_its_channel_is_let_in(farm: Farm) -> None:
    protocol = over_https(farm, "strict")
    protocol.close_shell(protocol.open_shell())


def test_a_client_that_names_none_is_refused_and_no_wrong_password_is_counted(farm: Farm) -> None:
    for _ in range(3):
        with pytest.raises(InvalidCredentialsError):
            over_https(farm, "strict", send_cbt=False).open_shell()
    assert (farm.is_account_locked(), farm.refused_logons()) == (False, [])


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
@pytest.mark.parametrize(
    "named", [None, bindings(b""), bindings(b"tls-server-end-point:" + b"\0" * 32), bindings(b"tls-unique:x")]
)
def test_another_channel_than_the_one_it_runs_in_is_refused(
    farm: Farm, named: GssChannelBindings | None, scheme: str
) -> None:
    assert log_on(farm, "strict", named, scheme) == 401
    assert log_on(farm, "lenient", named, scheme) == 200


def test_without_tls_there_is_no_channel_to_name(farm: Farm) -> None:
    assert 3 in listed(farm, "strict")
