"""What a pooled connection lets through to the parser, sealed or not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import winrm.exceptions

from adapters.windows.shell import Deadline
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.http_adapter import MOST_TAGS, OutOfBounds
from adapters.windows.winrm.pool import PooledConnection
from tests.support.cases import for_each

ANSWER = b"<s:Envelope/>"
DOCUMENT_TYPE = "<!DOCTYPE a><a/>"
COSTLY = [DOCUMENT_TYPE.encode(), DOCUMENT_TYPE.encode("utf-16"), b"<a/>" * (MOST_TAGS + 1)]


def line(transport: Transport) -> PooledConnection:
    connection = Connection(endpoint="http://comp1:5985/wsman", transport=transport, username="CORP\\svc")
    return PooledConnection(connection, "comp1", None)


def unsealing(body: bytes) -> object:
    """What stands between the wire and the parser: it has opened the seal."""

    class Opened:
        encryption = None

        def parse_encrypted_response(self, _response: object) -> bytes:
            return body

        def prepare_encrypted_request(self, *_: object) -> None:
            return None

    return Opened()


@for_each("body", COSTLY)
@for_each("is_refusal", [False, True])
def test_a_sealed_answer_is_checked_once_it_is_open(body: bytes, *, is_refusal: bool) -> None:
    kept = line(Transport.NTLM)
    transport = kept.protocol.transport
    transport.encryption = unsealing(body)

    def send(_session: object, _request: object) -> object:
        if is_refusal:
            raise winrm.exceptions.WinRMTransportError("http", 500, body.decode("latin-1"))
        return None

    transport._send_message_request = send
    with pytest.raises(OutOfBounds):
        kept.protocol.send_message("<question/>")
    transport.encryption = unsealing(ANSWER)
    transport._send_message_request = lambda *_: None
    assert kept.protocol.send_message("<question/>") == ANSWER


@pytest.mark.parametrize(("seconds", "told"), [(7.412, "PT7.412S"), (0.5, "PT0.500S"), (59.0, "PT20.000S")])
def test_each_message_tells_the_host_when_to_answer(seconds: float, told: str) -> None:
    kept, sent = line(Transport.BASIC), list[str]()

    def send(message: str) -> bytes:
        sent.append(message)
        return ANSWER

    kept.protocol.transport.send_message = send
    with kept.until(Deadline(timedelta(minutes=1)), answer_within=seconds):
        kept.protocol.send_command_input("shell", "command", b"input")
    assert [re.findall("<w:OperationTimeout>(.*?)<", each) for each in sent] == [[told]]
