"""Messages are those of pywinrm, letter for letter, whoever writes their headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from winrm.protocol import Protocol

from adapters.windows.winrm.protocol import TimedProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

_ID = re.compile("<a:MessageID>(.*?)</a:MessageID>")
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
SHELL = "<S & \"H\">'E'{0}L a-message-id a-timeout"
TRAP = "<env:Envelope><env:Header> & a-shell-id a-message-id a-timeout {0}"

CALLS: dict[str, Callable[[Any], object]] = {
    "create": lambda protocol: protocol.open_shell(codepage=65001, idle_timeout="PT120S"),
    "create with all": lambda protocol: protocol.open_shell(working_directory=TRAP, env_vars={"A": TRAP, "B": "2"}),
    "command": lambda protocol: protocol.run_command(SHELL, TRAP, console_mode_stdin=False),
    "command with arguments": lambda protocol: protocol.run_command("1", "quser", ["/server:x", TRAP]),
    "send": lambda protocol: protocol.send_command_input(SHELL, TRAP, TRAP.encode(), end=True),
    "send without an end": lambda protocol: protocol.send_command_input("1", "2", b""),
    "receive": lambda protocol: protocol.get_command_output_raw(SHELL, TRAP),
    "signal": lambda protocol: protocol.cleanup_command(SHELL, TRAP),
    "delete": lambda protocol: protocol.close_shell(SHELL, close_session=False),
}


def written(protocol: Any, call: Callable[[Any], object]) -> tuple[str, object]:
    """The message without its own id, and what pywinrm read in the answer."""
    sent: list[str] = []

    def answer(message: str) -> bytes:
        sent.append(message)
        told = _ID.findall(message)[0]
        parts = f"<RelatesTo>{told}</RelatesTo><a Name='ShellId'>7</a><CommandId>8</CommandId>"
        return f"<e:Envelope xmlns:e='{_ENVELOPE}'>{parts}</e:Envelope>".encode()

    protocol.transport.send_message = answer
    read = call(protocol)
    (message,) = sent
    return _ID.sub("", message), read


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_a_message_is_letter_for_letter_that_of_pywinrm(call: Callable[[Any], object]) -> None:
    options: dict[str, Any] = {
        "endpoint": "http://comp1:5985/wsman",
        "transport": "basic",
        "username": "svc",
        "password": "x",
    }
    ours, theirs = TimedProtocol(**options), Protocol(**options)
    ours.answer_within = 7.25
    expected, read = written(theirs, call)
    for _ in range(2):  # the second one is not the first of its kind
        assert written(ours, call) == (expected.replace(">PT20S<", ">PT7.250S<"), read)


def test_no_two_messages_have_the_same_id() -> None:
    protocol: Any = TimedProtocol("http://comp1:5985/wsman", "basic", "svc", "x")
    sent: list[str] = []

    def answer(message: str) -> bytes:
        sent.append(message)
        return b"<e/>"

    protocol.transport.send_message = answer
    for _ in range(3):
        protocol.send_command_input("1", "2", b"")
    assert len({_ID.findall(message)[0] for message in sent}) == 3
