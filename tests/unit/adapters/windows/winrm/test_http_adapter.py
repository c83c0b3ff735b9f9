"""Which request is a logon with a password, and what the answer says of the password."""

from __future__ import annotations

import base64
from datetime import timedelta

import requests
import spnego

from adapters.windows.shell import Deadline
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.http_adapter import is_logon, tell
from adapters.windows.winrm.logon_gate import LogonGate
from tests.fakes.clock import SettableClock
from tests.fakes.logons import FakeLogons
from tests.support.cases import for_each


def request(authorization: str) -> requests.PreparedRequest:
    headers = {"Authorization": authorization} if authorization else {}
    return requests.Request("POST", "https://comp1:5986/wsman", headers=headers).prepare()


def handshake() -> list[str]:
    """The two messages of a client of NTLM, as pyspnego writes them."""
    client = spnego.client("CORP\\svc", "a password", protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    first = client.step() or b""
    challenge = (
        b"NTLMSSP\0\x02\0\0\0" + bytes(8) + (0x00000207).to_bytes(4, "little") + b"\x01" * 8 + bytes(8) + bytes(8)
    )
    return [base64.b64encode(each).decode() for each in (first, client.step(challenge) or b"")]


NEGOTIATE, ANSWER = handshake()


@for_each(
    ("authorization", "is_one"),
    [
        ("", False),
        ("Basic dXNlcjpwYXNz", True),
        ("basic dXNlcjpwYXNz", True),
        (f"NTLM {NEGOTIATE}", False),
        (f"NTLM {ANSWER}", True),
        (f"Negotiate {ANSWER}", True),
        (f"negotiate {ANSWER}", True),
        ("Negotiate YIIHYgYGKwYBBQUC", False),
        ("Kerberos YIIHYgYGKwYBBQUC", False),
        ("NTLM not base64", False),
        ("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual", False),
    ],
)
def test_a_logon_is_basic_or_the_last_message_of_ntlm(authorization: str, *, is_one: bool) -> None:
    assert is_logon(request(authorization)) is is_one


@for_each(
    ("authorization", "status", "offer", "told"),
    [
        (f"NTLM {ANSWER}", 200, "", "accept"),
        (f"NTLM {ANSWER}", 500, "", "accept"),  # a fault of WS-Management
        (f"NTLM {ANSWER}", 403, "", "accept"),
        (f"NTLM {ANSWER}", 401, "Negotiate, NTLM", "refuse"),
        (f"Negotiate {ANSWER}", 401, "", "refuse"),
        (f"NTLM {ANSWER}", 400, "", "give_back"),
        (f"NTLM {ANSWER}", 404, "", "give_back"),
        (f"NTLM {ANSWER}", 503, "", "give_back"),
        (f"NTLM {ANSWER}", 302, "", "give_back"),
        ("Basic dXNlcjpwYXNz", 200, "", "accept"),
        ("Basic dXNlcjpwYXNz", 401, 'Basic realm="WSMAN"', "refuse"),
        ("Basic dXNlcjpwYXNz", 401, 'Negotiate, Basic realm="WSMAN"', "refuse"),
        ("Basic dXNlcjpwYXNz", 401, "Negotiate", "give_back"),
        ("Basic dXNlcjpwYXNz", 404, "", "give_back"),
    ],
)
def test_the_answer_says_what_became_of_the_password(authorization: str, status: int, offer: str, told: str) -> None:
    response = requests.Response()
    response.status_code = status
    response.headers["WWW-Authenticate"] = offer
    clock = SettableClock()
    logons = FakeLogons(clock)
    way = Connection(endpoint="https://comp1:5986/wsman", transport=Transport.NTLM, username="svc")
    logon = LogonGate(logons, clock, b"key").enter(way, "comp1", Deadline(timedelta(seconds=20)))
    tell(logon, request(authorization), response)
    assert logons.calls == ["standing", "take_turn", told]
