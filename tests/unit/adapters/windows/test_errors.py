from __future__ import annotations

import importlib
import struct
from xml.etree.ElementTree import ParseError

import pytest
import requests
import spnego.exceptions
import urllib3
import winrm.exceptions
from pydantic import SecretStr

from adapters.windows.agent import errors as agent_errors
from adapters.windows.errors import INCOMPLETE, LONGEST_WORDS, one_line
from adapters.windows.winrm import errors
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.errors import Step
from bot.errors import BadReply, CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable
from tests.support.cases import for_each

BORDER = [
    (winrm.exceptions.WinRMError, TerminalError),
    (winrm.exceptions.AuthenticationError, NotAuthenticated),
    (winrm.exceptions.WinRMOperationTimeoutError, TimedOut),
    (requests.RequestException, Unreachable),
    (requests.ConnectionError, Unreachable),
    (requests.Timeout, TimedOut),
    (requests.ConnectTimeout, Unreachable),
    (requests.exceptions.SSLError, Unreachable),
    (urllib3.exceptions.HTTPError, Unreachable),
    (PermissionError, NotAuthenticated),
    (OSError, Unreachable),
    (ParseError, BadReply),
    (StopIteration, BadReply),
    (LookupError, BadReply),
    (ValueError, BadReply),
    (AssertionError, BadReply),
    (struct.error, BadReply),
]


@for_each(("base", "kind"), BORDER, ids=lambda each: each.__name__)
def test_an_unknown_subclass_leaves_the_adapter_as_its_own_error(
    base: type[Exception], kind: type[TerminalError]
) -> None:
    unknown = type("FromAFutureRelease", (base,), {})()
    with pytest.raises(TerminalError) as caught, errors.translate_errors("comp1", delivered=True):
        raise unknown
    assert type(caught.value) is kind
    assert caught.value.__cause__ is unknown
    assert (caught.value.host, caught.value.delivered) == ("comp1", True)


@pytest.mark.parametrize("name", ["KerberosExchangeError", "MutualAuthenticationError"])
def test_the_errors_of_kerberos_are_of_the_account_and_not_of_the_wire(name: str) -> None:
    pytest.importorskip("kerberos", reason="Kerberos: install libkrb5-dev, gcc, and the extra kerberos")
    exceptions = importlib.import_module("winrm.vendor.requests_kerberos.exceptions")
    with pytest.raises(NotAuthenticated), errors.translate_errors("comp1", delivered=False):
        raise getattr(exceptions, name)


def test_the_errors_of_ntlm_are_the_adapters_own() -> None:
    with pytest.raises(NotAuthenticated), errors.translate_errors("comp1", delivered=False):
        raise spnego.exceptions.SpnegoError(error_code=spnego.exceptions.ErrorCode.failure)


@for_each(
    ("code", "kind", "hint"),
    [
        (5, NoRight, "RootSDDL|root SDDL"),
        (2150859173, Unreachable, "two minutes"),
        (2147942402, CannotCompile, "powershell.exe"),
        (2, CannotCompile, "powershell.exe"),
        (109, CannotCompile, "virus scanner"),
        (2147942509, CannotCompile, "virus scanner"),
        (-2147024787, CannotCompile, "virus scanner"),
        (2147942405, NoRight, "root SDDL"),
        (170, Unreachable, "two minutes"),
        (2147942570, Unreachable, "two minutes"),
        (2150858843, Unreachable, "Ask again"),
        (4711, TerminalError, "4711"),
    ],
)
def test_a_fault_of_windows_is_known_by_its_code_and_names_the_next_step(
    code: int, kind: type[TerminalError], hint: str
) -> None:
    fault = winrm.exceptions.WSManFaultError(500, "", "", "Zugriff verweigert", wsman_fault_code=code)
    with pytest.raises(kind, match=hint) as caught, errors.translate_errors("comp1", delivered=False):
        raise fault
    assert "comp1" in caught.value.message
    assert errors.is_orderly(caught.value)


@for_each(
    ("status", "kind"), [(400, Unreachable), (403, NoRight), (404, Unreachable), (413, TerminalError), (502, BadReply)]
)
def test_a_status_of_http_is_known_by_its_number(status: int, kind: type[TerminalError]) -> None:
    with pytest.raises(kind), errors.translate_errors("comp1", delivered=False):
        raise winrm.exceptions.WinRMTransportError("http", status, "")


def test_every_sentence_names_the_host() -> None:
    rows = [*errors.WSMAN.values(), *errors.HTTP.values(), *agent_errors.WIN32.values()]
    rows += [
        agent_errors.CONSTRAINED,
        agent_errors.MISCOMPILED,
        INCOMPLETE,
        errors.NO_TURN,
        *(fault for _, fault in errors._FOREIGN),
    ]
    assert all("{host}" in row.message and row.message.endswith(".") for row in rows)


def test_what_is_not_a_surprise_of_others_passes() -> None:
    with pytest.raises(KeyboardInterrupt), errors.translate_errors("comp1", delivered=False):
        raise KeyboardInterrupt


def test_a_connection_shows_no_secret() -> None:
    connection = Connection(
        endpoint="http://comp1:5985/wsman", transport=Transport.NTLM, username="CORP\\svc", password=SecretStr("hush")
    )
    assert "hush" not in repr(connection)
    assert connection == Connection(
        endpoint="http://comp1:5985/wsman", transport=Transport.NTLM, username="CORP\\svc", password=SecretStr("hush")
    )


@pytest.mark.parametrize(
    ("endpoint", "transport", "seals"),
    [
        ("http://comp1:5985/wsman", Transport.NTLM, True),
        ("http://comp1:5985/wsman", Transport.KERBEROS, True),
        ("https://comp1:5986/wsman", Transport.NTLM, False),
        ("http://comp1:5985/wsman", Transport.BASIC, False),
    ],
)
def test_bodies_are_sealed_where_the_connection_is_in_the_clear(
    endpoint: str, transport: Transport, *, seals: bool
) -> None:
    assert Connection(endpoint=endpoint, transport=transport).seals is seals


@for_each(
    ("code", "is_full"),
    [
        (170, True),
        (2147942570, True),
        (-2147024726, True),
        (2150859173, True),
        (2150859174, True),
        (-2144108123, True),
        (-2144108122, True),
        (0x0033_81A5, False),
        (5, False),
        (2150858843, False),
        (2150858793, False),
    ],
)
def test_a_full_host_is_known_by_its_code_and_asked_again_only_before_anything_was_delivered(
    code: int, *, is_full: bool
) -> None:
    for delivered in (False, True):
        with pytest.raises(TerminalError) as caught, errors.translate_errors("comp1", delivered=delivered):
            raise winrm.exceptions.WSManFaultError(500, "", "", "", wsman_fault_code=code)
        assert errors.is_full(caught.value) is (is_full and not delivered)


def test_a_full_host_may_say_so_in_the_words_of_wmi_alone() -> None:
    with pytest.raises(TerminalError) as caught, errors.translate_errors("comp1", delivered=False):
        raise winrm.exceptions.WSManFaultError(500, "", "", "", wmierror_code=2150859173)
    assert errors.is_full(caught.value)
    assert not errors.is_full(TerminalError("No room.", host="comp1"))


FAULT = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Detail>
<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="1"><f:Message>Outer.
<f:ProviderFault provider="Shell"><f:WSManFault Code="2"><f:Message>Der Pfad\u202e ist weg.</f:Message></f:WSManFault>
</f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault></s:Body></s:Envelope>"""


def raised(exc: Exception, step: Step | None, *, delivered: bool = True) -> TerminalError:
    with pytest.raises(TerminalError) as caught, errors.translate_errors("comp1", delivered=delivered, step=step):
        raise exc
    return caught.value


def wsman(code: int, reason: str = "Zugriff verweigert", envelope: str = "") -> Exception:
    return winrm.exceptions.WSManFaultError(500, "", envelope, reason, wsman_fault_code=code)


@for_each(
    ("code", "step", "kind", "hint", "not_hint"),
    [
        (5, Step.CREATE, NoRight, "root SDDL", "AppLocker"),
        (5, Step.COMMAND, NoRight, "AppLocker", "root SDDL"),
        (5, Step.SEND, NoRight, "no longer", "root SDDL"),
        (5, Step.RECEIVE, NoRight, "no longer", "open no shell"),
        (2147942405, Step.RECEIVE, NoRight, "no longer", "open no shell"),
        (2, Step.COMMAND, CannotCompile, "powershell.exe", "cmd.exe"),
        (2, Step.CREATE, CannotCompile, "cmd.exe", "powershell.exe"),
        (2, Step.RECEIVE, TerminalError, "code 2", "powershell.exe"),
        (2147942402, Step.RECEIVE, TerminalError, "code 2", "powershell.exe"),
        (109, Step.SEND, CannotCompile, "virus scanner", "broke off"),
        (109, Step.RECEIVE, BadReply, "broke off", "virus scanner"),
        (2147942509, Step.RECEIVE, BadReply, "broke off", "virus scanner"),
        (267, Step.CREATE, CannotCompile, "profile", "code"),
        (14, Step.RECEIVE, CannotCompile, "memory", "code"),
        (2147942414, Step.COMMAND, CannotCompile, "memory", "code"),
        (2150858805, Step.SEND, TerminalError, "MaxEnvelopeSizekb", "code"),
        (4711, Step.CREATE, TerminalError, "to open a shell, with code 4711", "answer"),
        (4711, Step.RECEIVE, TerminalError, "to hand over the answer, with code 4711", "shell"),
    ],
)  # fmt: skip
def test_the_sentence_of_a_code_depends_on_the_step_that_it_answers(
    code: int, step: Step, kind: type[TerminalError], hint: str, not_hint: str
) -> None:
    error = raised(wsman(code), step)
    assert type(error) is kind
    assert hint in error.message
    assert not_hint not in error.message
    assert error.phase == step.value


@for_each("step", list(Step))
@for_each("code", [5, 2, 109, 170, 267, 4711, 2150859173, 2**32 - 1])
def test_every_code_at_every_step_has_a_sentence_with_the_hosts_name(code: int, step: Step) -> None:
    error = raised(wsman(code), step)
    assert error.message.startswith(("comp1", "WinRM on comp1", "PowerShell on comp1", "The ", "Windows on comp1"))
    assert "comp1" in error.message


@pytest.mark.parametrize("code", [109, 232, 2147942509, 2150858805])
def test_a_send_that_was_not_taken_delivered_nothing(code: int) -> None:
    assert not raised(wsman(code), Step.SEND).delivered
    assert raised(wsman(code), Step.RECEIVE).delivered


@for_each("code", [5, 170, 1359, 4711, 2150858843])
def test_a_send_that_was_refused_for_another_reason_may_have_been_delivered(code: int) -> None:
    assert raised(wsman(code), Step.SEND).delivered


def test_a_message_that_is_too_long_is_known_where_it_was_sent() -> None:
    too_large = winrm.exceptions.WinRMTransportError("http", 413, "")
    sent = raised(too_large, Step.SEND)
    assert (sent.delivered, "MaxEnvelopeSizekb" in sent.message) == (False, True)
    received = raised(too_large, Step.RECEIVE)
    assert (received.delivered, type(received), "MaxEnvelopeSizekb" in received.message) == (True, BadReply, False)


def test_the_innermost_words_of_the_host_stay_with_the_error() -> None:
    assert raised(wsman(5, envelope=FAULT), Step.CREATE).words == "Der Pfad\N{REPLACEMENT CHARACTER} ist weg."
    assert raised(wsman(5, "Zugriff\r\nverweigert", "no XML"), Step.CREATE).words == "Zugriff verweigert"
    page = winrm.exceptions.WinRMTransportError("http", 503, "<HTML><h2>Service\nUnavailable</h2>")
    assert raised(page, Step.CREATE).words == "HTTP 503 Service Unavailable"
    echo = winrm.exceptions.WinRMTransportError("http", 502, "<p>Authorization: Basic Q09SUDpzZWNyZXQ=</p> to comp1")
    assert raised(echo, Step.CREATE).words == "HTTP 502 Authorization: Basic ... to comp1"
    outer = requests.ConnectionError("pool")
    outer.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert raised(outer, Step.CONNECT).words == "[Errno 111] Connection refused"


@pytest.mark.parametrize(
    "exc", [requests.ReadTimeout("own words"), ValueError("own words"), winrm.exceptions.WinRMOperationTimeoutError()]
)
def test_where_the_host_said_nothing_there_are_no_words(exc: Exception) -> None:
    assert raised(exc, Step.RECEIVE).words == ""


def test_words_are_one_bounded_line_with_their_beginning_and_their_end() -> None:
    line = one_line("a\x1b[31m" + "b" * 10_000 + "\r\n\u2028 z\0")
    assert len(line) <= LONGEST_WORDS
    assert line.startswith("a [31mb")
    assert line.endswith("b z")
    assert one_line("  ") == ""
