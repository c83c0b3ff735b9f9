"""A request that is prepared once is the same as one that is prepared by itself."""

from __future__ import annotations

import pytest
import requests
from requests import PreparedRequest, Request, Session
from requests_ntlm import HttpNtlmAuth

from adapters.windows.winrm.preparation import PreparedOnce

URL = "http://comp1:5985/wsman"
BODIES = (b"one", b"a longer one", b"\xff\x00", b"one")


def facts(prepared: PreparedRequest) -> tuple[object, ...]:
    hooks = [hook.__qualname__ for hook in prepared.hooks["response"]]
    return prepared.method, prepared.url, list(prepared.headers.items()), prepared.body, hooks


class Announces(requests.auth.AuthBase):
    """A logon in the first request alone, as Kerberos has it."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        self.times += 1
        if self.times == 1:
            r.headers["Authorization"] = "Kerberos ticket"
        return r


def session(auth: requests.auth.AuthBase | None) -> Session:
    found = Session()
    found.trust_env = False
    found.auth = auth
    found.headers["User-Agent"] = "a client"
    return found


@pytest.mark.parametrize("auth", [None, HttpNtlmAuth("CORP\\svc", "x"), requests.auth.HTTPBasicAuth("svc", "x")])
def test_every_request_is_the_same_as_one_prepared_by_itself(auth: requests.auth.AuthBase | None) -> None:
    ours, theirs = PreparedOnce(session(auth)), session(auth)
    for body in (*BODIES, None, *BODIES):
        request = Request("POST", URL, data=body)
        assert facts(ours(request)) == facts(theirs.prepare_request(request))


def test_what_is_added_to_one_request_is_in_no_other() -> None:
    prepares = PreparedOnce(session(None))
    first = prepares(Request("POST", URL, data=b"one"))
    first.headers["Content-Type"] = "multipart/encrypted"
    assert "Content-Type" not in prepares(Request("POST", URL, data=b"two")).headers


def test_a_logon_is_never_sent_twice() -> None:
    prepares = PreparedOnce(session(Announces()))
    logons = [prepares(Request("POST", URL, data=body)).headers.get("Authorization") for body in BODIES]
    assert logons == ["Kerberos ticket", None, None, None]


def test_cookies_of_a_balancer_between_are_sent_back() -> None:
    kept = session(None)
    prepares = PreparedOnce(kept)
    assert "Cookie" not in prepares(Request("POST", URL, data=b"one")).headers
    kept.cookies.set("node", "7")
    assert prepares(Request("POST", URL, data=b"two")).headers["Cookie"] == "node=7"
