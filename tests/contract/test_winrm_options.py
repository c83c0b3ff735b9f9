"""What the bot asks of a host in each message, told in full.

Most of it changes nothing that a test of results could see: the agent writes ASCII, so every code page would do, until
an error of Windows comes in another alphabet. Hence the whole of each message is said here.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows import shell
from adapters.windows.agent import script
from bot.errors import TerminalError
from rehearsal.windows.soap import NAMES, SHELL
from tests.contract.hosts import FarmHosts, opened

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Iterator

    from rehearsal.windows.soap import Message

WITHIN = timedelta(seconds=20)
IS_TO_BE_UNDERSTOOD = "mustUnderstand"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
DATA_LOCALE = "{http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd}DataLocale"


@pytest.fixture(scope="module", params=["pwsh", "mono", "double"])
def sent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Message]]:
    """One list: the last message of each operation."""
    with opened(request.param, tmp_path_factory) as hosts:
        assert isinstance(hosts, FarmHosts)
        host = hosts.take()
        with suppress(TerminalError):  # where the messages are wrong there may be no answer
            hosts.terminal.sessions(host, within=WITHIN)
        yield {each.operation: each for each in hosts.farm.requests(host)}


def words(element: ET.Element) -> list[tuple[str, str, dict[str, str]]]:
    """Each element below, in order: its name without the namespace, its text, its attributes."""
    return [(each.tag.rpartition("}")[2], each.text or "", dict(each.attrib)) for each in element.iter()][1:]


def test_it_sends_five_kinds_of_messages_to_the_text_shell(sent: dict[str, Message]) -> None:
    assert list(sent) == ["Create", "Command", "Send", "Receive", "Delete"]
    assert {each.resource for each in sent.values()} == {f"{SHELL}/cmd"}


def test_the_shell_has_utf8_and_ends_soon_when_it_is_forgotten(sent: dict[str, Message]) -> None:
    create = sent["Create"]
    assert create.options == {"WINRS_NOPROFILE": "FALSE", "WINRS_CODEPAGE": "65001"}
    assert words(create.body) == [
        ("Shell", "", {}),
        ("InputStreams", "stdin", {}),
        ("OutputStreams", "stdout stderr", {}),
        ("IdleTimeOut", "PT120S", {}),
    ]


def test_the_command_is_the_bootstrap_with_a_pipe_under_cmd(sent: dict[str, Message]) -> None:
    command = sent["Command"]
    assert command.options == {"WINRS_CONSOLEMODE_STDIN": "FALSE", "WINRS_SKIP_CMD_SHELL": "FALSE"}
    assert words(command.body) == [("CommandLine", "", {}), ("Command", shell.BOOTSTRAP, {})]


def test_the_script_is_one_send_that_ends_the_pipe(sent: dict[str, Message]) -> None:
    (_, (name, text, attributes)) = words(sent["Send"].body)
    assert (name, attributes["Name"], attributes["End"].lower()) == ("Stream", "stdin", "true")
    assert script.constant_script().encode() in base64.b64decode(text)


def test_both_streams_are_asked_for(sent: dict[str, Message]) -> None:
    (_, (name, text, _)) = words(sent["Receive"].body)
    assert (name, text) == ("DesiredStream", "stdout stderr")


def test_only_create_and_command_carry_options(sent: dict[str, Message]) -> None:
    assert [name for name, each in sent.items() if each.options] == ["Create", "Command"]


@pytest.mark.parametrize("operation", ["Create", "Command", "Send", "Receive", "Delete"])
def test_every_message_says_how_long_how_large_and_in_which_language(sent: dict[str, Message], operation: str) -> None:
    message = sent[operation]
    size, locale = (message.header.find(f"w:{name}", NAMES) for name in ("MaxEnvelopeSize", "Locale"))
    data_locale = message.header.find(DATA_LOCALE)
    assert size is not None
    assert locale is not None
    assert data_locale is not None
    assert (size.text, size.get(IS_TO_BE_UNDERSTOOD)) == ("153600", "true")
    for each in (locale, data_locale):
        assert (each.get(LANGUAGE), each.get(IS_TO_BE_UNDERSTOOD)) == ("en-US", "false")
    assert timedelta(seconds=1) <= message.timeout <= WITHIN - timedelta(seconds=2)
    assert message.header.findtext("w:OperationTimeout", "", NAMES).endswith("S")
