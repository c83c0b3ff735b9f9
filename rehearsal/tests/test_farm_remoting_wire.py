"""Messages about a pool that no client of PowerShell remoting would send: each is refused, and the pool lives on."""

from __future__ import annotations

import base64
import uuid
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest
from pypsrp.exceptions import WSManFaultError
from pypsrp.wsman import NAMESPACES, SelectorSet, WSMan

from rehearsal.windows import Farm
from rehearsal.windows.soap import COMMAND_SHELL, SHELL
from rehearsal_testing.remoting_client import connect, open_pool, sessions
from rehearsal_testing.winrm_client import SMALL_FARM, write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pypsrp.powershell import RunspacePool

pytestmark = pytest.mark.timeout(30)
URI = "http://schemas.microsoft.com/powershell/LogoffBot"
NOT_VALID, GONE, INCORRECT = 2150858817, 2150858843, 2147942487
ID = str(uuid.uuid4()).upper()


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    folder: Path = tmp_path_factory.mktemp("farm")
    with Farm.from_file(write_farm(folder, SMALL_FARM + "remoting: LogoffBot\n")) as farm:
        yield farm


@pytest.fixture(scope="module")
def pool(farm: Farm) -> Iterator[RunspacePool]:
    with open_pool(farm, "one") as pool:
        yield pool


def element(tag: str, text: str | None = None, children: tuple[ET.Element, ...] = (), **attributes: str) -> ET.Element:
    made = ET.Element(f"{{{NAMESPACES['rsp']}}}{tag}", attributes)
    made.text = text
    made.extend(children)
    return made


def command(arguments: str, command_id: str = ID) -> ET.Element:
    return element("CommandLine", None, (element("Command", ""), element("Arguments", arguments)), CommandId=command_id)


NOTHING = base64.b64encode(b"").decode()
WRONG: dict[str, tuple[str, ET.Element, int]] = {
    "command without a line": ("command", element("Nothing"), NOT_VALID),
    "command whose id is no GUID": ("command", command(NOTHING, "'/><x"), NOT_VALID),
    "command with the id of the pool": ("command", command(NOTHING, str(uuid.UUID(int=0))), INCORRECT),
    "command that is not base64": ("command", command("*"), NOT_VALID),
    "send without a stream": ("send", element("Send"), NOT_VALID),
    "send to nobody": ("send", element("Send", None, (element("Stream", NOTHING, CommandId=ID),)), GONE),
    "receive without a stream": ("receive", element("Receive"), NOT_VALID),
    "receive of nobody": ("receive", element("Receive", None, (element("DesiredStream", CommandId=ID),)), GONE),
    "signal to nobody": ("signal", element("Signal", None, (element("Code", "Terminate"),), CommandId=ID), GONE),
    "signal to the pool": ("signal", element("Signal", None, (element("Code", "Terminate"),)), GONE),
}


def send(wsman: WSMan, operation: str, body: ET.Element, resource: str, pool: RunspacePool) -> Any:
    selectors = SelectorSet()
    selectors.add_option("ShellId", str(pool.shell.id))
    return getattr(wsman, operation)(resource, body, selector_set=selectors)


@pytest.mark.parametrize("what", WRONG)
def test_a_message_that_cannot_be_is_refused(farm: Farm, pool: RunspacePool, what: str) -> None:
    operation, body, code = WRONG[what]
    with pytest.raises(WSManFaultError) as caught:
        send(pool.connection, operation, body, URI, pool)
    assert caught.value.code == code
    assert list(sessions(pool)) == [0, 3, 5, 65536]
    assert farm.open_pipelines("one") == 0


def test_a_pool_is_no_text_shell_and_opens_once(farm: Farm, pool: RunspacePool) -> None:
    with connect(farm, "one") as wsman:
        for resource, code in ((COMMAND_SHELL, GONE), (URI, NOT_VALID)):
            with pytest.raises(WSManFaultError) as caught:
                send(wsman, "command", element("Nothing"), resource, pool)
            assert caught.value.code == code
        for text, expected in ((None, NOT_VALID), ("*", NOT_VALID), (NOTHING, INCORRECT)):
            shell = element("Shell", ShellId=str(pool.shell.id))
            if text is not None:
                ET.SubElement(shell, "{http://schemas.microsoft.com/powershell}creationXml").text = text
            with pytest.raises(WSManFaultError) as caught:
                wsman.create(URI, shell)
            assert caught.value.code == expected
    assert farm.open_shells("one") == 1


def test_a_get_tells_of_ones_own_shells_alone(pool: RunspacePool) -> None:
    assert pool.is_alive(timeout=5)
    selectors = SelectorSet()
    selectors.add_option("ShellId", ID)
    for resource, code in ((SHELL, GONE), (COMMAND_SHELL, 2150858752)):
        with pytest.raises(WSManFaultError) as caught:
            pool.connection.get(resource, selector_set=selectors)
        assert caught.value.code == code
