"""Clients written for Windows get their answers from the farm: pywinrm's Session, pypsrp's WinRS, Go's and npm's."""

from __future__ import annotations

import base64
import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
import winrm
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from rehearsal.windows.soap import COMMAND_SHELL, SHELL, TRANSFER
from rehearsal_testing.foreign_clients import NO_POWERSHELL, WAYS, Way, farm_of_all_ways, logged_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows import Farm

pytestmark = pytest.mark.timeout(30)  # these clients ask for output without end

SCRIPT = "'answer ' + 6 * 7"
ENCODED = base64.b64encode(SCRIPT.encode("utf-16-le")).decode()


@pytest.fixture(scope="module", params=["pwsh", "double"])
def farm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm_of_all_ways(tmp_path_factory.mktemp("farm"), request.param) as farm:
        yield farm


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with logged_on(tmp_path_factory.mktemp("realm")) as environment:
        yield environment


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    way: Way = request.param
    if way.method == "kerberos":
        request.getfixturevalue("tickets")
    return way


def check(farm: Farm, host: str, stdout: bytes, stderr: bytes, exit_code: int | None) -> None:
    """The script was run, or its absence of an engine told."""
    if "PowerShell" in farm._hosts[host].engine.title:
        assert (stdout.strip(), stderr, exit_code) == (b"answer 42", b"", 0)
    else:
        assert (stdout, exit_code) == (b"", 1)
        assert stderr.decode().startswith(NO_POWERSHELL)


def session(farm: Farm, way: Way) -> winrm.Session:
    account = farm.account
    username = account.principal if way.method == "kerberos" else account.username
    certificate = str(farm.client_certificate) if way.method == "certificate" else None
    return winrm.Session(
        way.url(farm),
        (username, account.password),
        transport=way.transport,
        ca_trust_path=str(farm.ca_file),
        cert_pem=certificate,
        cert_key_pem=certificate,
        kerberos_hostname_override=way.host,
        proxy=None,
        operation_timeout_sec=10,
        read_timeout_sec=20,
    )


def test_pywinrms_run_ps_is_answered(farm: Farm, way: Way) -> None:
    answer = session(farm, way).run_ps(SCRIPT)
    check(farm, way.host, answer.std_out, answer.std_err, answer.status_code)
    assert farm.open_shells(way.host) == 0


def test_pywinrms_run_cmd_is_answered(farm: Farm, way: Way) -> None:
    answer = session(farm, way).run_cmd("echo", ["%COMPUTERNAME%", "é"])
    expected = f"{way.host.upper()} é\r\n".encode("cp437")
    assert (answer.std_out, answer.std_err, answer.status_code) == (expected, b"", 0)


def connect(farm: Farm, way: Way) -> WSMan:
    place = urlsplit(way.url(farm))
    arguments: dict[str, Any] = {"ssl": way.scheme == "https", "cert_validation": str(farm.ca_file), "no_proxy": True}
    match way.method:
        case "kerberos":
            arguments |= {"negotiate_hostname_override": way.host, "negotiate_service": "HTTP"}
            arguments |= {"username": farm.account.principal}
        case "certificate":
            arguments |= dict.fromkeys(("certificate_pem", "certificate_key_pem"), str(farm.client_certificate))
        case method:
            arguments |= {"username": farm.account.username, "password": farm.account.password}
            arguments |= {"encryption": "never"} if method == "basic" else {}
    return WSMan(place.hostname or "", port=place.port or 0, auth=way.method, **arguments)


def test_pypsrps_winrs_is_answered_without_input(farm: Farm, way: Way) -> None:
    with connect(farm, way) as wsman, WinRS(wsman) as shell:
        process = Process(shell, "cmd", ["/c", "hostname"])
        process.invoke()
        process.signal(SignalCode.TERMINATE)
    assert (process.stdout, process.stderr, process.rc) == (f"{way.method}\r\n".encode(), b"", 0)


def test_pypsrps_winrs_is_answered_with_input_and_without_a_console(farm: Farm, way: Way) -> None:
    """It sends no WINRS_CONSOLEMODE_STDIN at all, and gets a pipe."""
    host = way.host
    with connect(farm, way) as wsman, WinRS(wsman, codepage=65001) as shell:
        process = Process(shell, "powershell.exe", ["-NoProfile", "-Command", '"@($input) + 42"'])
        process.begin_invoke()
        if "PowerShell" in farm._hosts[host].engine.title:
            process.send("ä\nanswer".encode(), end=True)
        process.end_invoke()
    if "PowerShell" in farm._hosts[host].engine.title:
        assert (process.stdout.decode().split(), process.rc) == (["ä", "answer", "42"], 0)
    else:
        check(farm, host, process.stdout, process.stderr, process.rc)


def test_pypsrps_runspace_pool_is_answered(farm: Farm, way: Way) -> None:
    with connect(farm, way) as wsman, RunspacePool(wsman, configuration_name="LogoffBot") as pool:
        shell = PowerShell(pool).add_cmdlet("Get-Command")
        names = {each.adapted_properties["Name"] for each in shell.invoke()}
    assert {"Get-TSSession", "Stop-TSSession"} <= names
    assert farm.open_shells(way.host) == 0


class PlainClient:
    """Says what Go's `winrm` and npm's `nodejs-winrm` say: a console, no Send, both streams in one DesiredStream."""

    def __init__(self, farm: Farm, host: str) -> None:
        self._url = farm.endpoints[host]
        self._auth = (farm.account.username, farm.account.password)
        self._shell = ""

    def say(self, action: str, body: str, **options: str) -> str:
        option_set = "".join(f'<w:Option Name="{name}">{value}</w:Option>' for name, value in options.items())
        selectors = f'<w:SelectorSet><w:Selector Name="ShellId">{self._shell}</w:Selector></w:SelectorSet>'
        anyone = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
        message = (
            f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{anyone}" '
            f'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="{SHELL}"><s:Header>'
            f"<a:To>{self._url}</a:To><a:ReplyTo><a:Address>{anyone}/role/anonymous</a:Address></a:ReplyTo>"
            f"<a:Action>{action}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
            f"<w:ResourceURI>{COMMAND_SHELL}</w:ResourceURI><w:MaxEnvelopeSize>153600</w:MaxEnvelopeSize>"
            f"<w:OperationTimeout>PT10S</w:OperationTimeout>{selectors if self._shell else ''}"
            f"<w:OptionSet>{option_set}</w:OptionSet></s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        answer = requests.post(self._url, message.encode(), auth=self._auth, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def run(self, line: str, code_page: int) -> tuple[bytes, bytes, int]:
        streams = "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>"
        create = {"WINRS_NOPROFILE": "FALSE", "WINRS_CODEPAGE": str(code_page)}
        opened = self.say(f"{TRANSFER}/Create", f"<rsp:Shell>{streams}</rsp:Shell>", **create)
        self._shell = found(r"<rsp:ShellId>(.*?)</rsp:ShellId>", opened)
        console = {"WINRS_CONSOLEMODE_STDIN": "TRUE", "WINRS_SKIP_CMD_SHELL": "FALSE"}
        body = f"<rsp:CommandLine><rsp:Command>{line}</rsp:Command></rsp:CommandLine>"
        command = found(r"<rsp:CommandId>(.*?)</rsp:CommandId>", self.say(f"{SHELL}/Command", body, **console))
        wanted = f'<rsp:DesiredStream CommandId="{command}">stdout stderr</rsp:DesiredStream>'
        said = ""
        while "CommandState/Done" not in said:
            said += self.say(f"{SHELL}/Receive", f"<rsp:Receive>{wanted}</rsp:Receive>")
        code = f"<rsp:Code>{SHELL}/signal/terminate</rsp:Code>"
        self.say(f"{SHELL}/Signal", f'<rsp:Signal CommandId="{command}">{code}</rsp:Signal>')
        self.say(f"{TRANSFER}/Delete", "")
        return stream("stdout", said), stream("stderr", said), int(found(r"<rsp:ExitCode>(\d+)</rsp:ExitCode>", said))


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def stream(name: str, text: str) -> bytes:
    return b"".join(base64.b64decode(each) for each in re.findall(f'<rsp:Stream Name="{name}"[^>/]*>([^<]*)<', text))


@pytest.mark.parametrize("code_page", [437, 65001])
def test_a_client_that_asks_for_a_console_and_sends_nothing_is_answered(farm: Farm, code_page: int) -> None:
    host = Way("basic", "http").host
    check(farm, host, *PlainClient(farm, host).run(f"powershell.exe -EncodedCommand {ENCODED}", code_page))
    assert farm.open_shells(host) == 0
