"""A client for the tests of the farm: pywinrm's Protocol, and payloads of the documented form. It knows no adapter."""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from winrm.exceptions import WinRMOperationTimeoutError
from winrm.protocol import Protocol
from winrm.transport import Transport

from rehearsal.windows import SHIPPED_FARM, EngineMissingError, Farm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.windows.settings import EngineName

BOOTSTRAP = (
    "powershell.exe -NoLogo -NoProfile -NonInteractive -Command "
    '"$whole = @($input) -join [Environment]::NewLine; & ([ScriptBlock]::Create($whole))"'
)
SCRIPT = "Add-Type -TypeDefinition @'\nnamespace LogoffBot { }\n'@\n"
"""What the double takes for the agent; real engines are given the real one."""

SMALL_FARM = """
account: {username: CORP\\svc, password: fiction}
every_host: [{id: 0, station: Services, state: disconnected}, {id: 65536, station: RDP-Tcp, state: listen}]
hosts:
  one: &one
    sessions:
      - {id: 3, user: CORP\\alice, disconnected: 3h, logged_on: 1d2h, client: LAPTOP-7, address: 10.0.4.17}
      - {id: 5, user: CORP\\bob, idle: 2m}
  two: *one
"""


class Output(NamedTuple):
    stdout: bytes
    stderr: bytes
    exit_code: int


def write_farm(folder: Path, text: str = SMALL_FARM) -> Path:
    path = folder / "farm.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def start_shipped_farm(engine: EngineName) -> Farm:
    """Skips the test where the engine is missing."""
    farm = Farm.from_file(SHIPPED_FARM, engine=engine)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    return farm


class DirectTransport(Transport):
    """Knows no proxy. With `proxy=None` each message writes to the environment of all threads, and two at once fail."""

    def build_session(self) -> Any:
        if self.session is None:
            asked, self.message_encryption = self.message_encryption, "never"
            session = super().build_session()
            session.proxies, session.trust_env = {}, False
            self.message_encryption = asked
            if asked == "auto" and self.auth_method in ("ntlm", "kerberos") and self.endpoint.startswith("http:"):
                self.setup_encryption(session)
        return self.session


def connect(farm: Farm, host: str, **changes: Any) -> Protocol:
    """Sealed NTLM over HTTP, unless `changes` to Protocol's arguments say otherwise."""
    arguments: dict[str, Any] = {
        "endpoint": farm.endpoints[host],
        "transport": "ntlm",
        "username": farm.account.username,
        "password": farm.account.password,
        "operation_timeout_sec": 2,
        "read_timeout_sec": 20,
        "proxy": "http://none.invalid",
        "ca_trust_path": None,
    }
    protocol = Protocol(**arguments | changes)
    protocol.transport.__class__ = DirectTransport
    return protocol


@contextmanager
def open_shell(protocol: Protocol) -> Iterator[str]:
    shell = protocol.open_shell(codepage=65001)
    try:
        yield shell
    finally:
        protocol.close_shell(shell)


def run(protocol: Protocol, data: bytes, line: str = BOOTSTRAP) -> Output:
    with open_shell(protocol) as shell:
        command = start(protocol, shell, line)
        if data:
            protocol.send_command_input(shell, command, data, end=True)
        return receive(protocol, shell, command)


def start(protocol: Protocol, shell: str, line: str = BOOTSTRAP) -> str:
    """With a pipe for standard input, as whoever sends a script over it has to ask."""
    command: str = protocol.run_command(shell, line, console_mode_stdin=False)
    return command


def receive(protocol: Protocol, shell: str, command: str) -> Output:
    stdout, stderr, exit_code, done = b"", b"", -1, False
    while not done:
        try:
            more, wrong, exit_code, done = protocol.get_command_output_raw(shell, command)
        except WinRMOperationTimeoutError:
            continue
        stdout, stderr = stdout + more, stderr + wrong
    return Output(stdout, stderr, exit_code)


def line_of(keyword: str, *fields: object) -> str:
    return " ".join([keyword, *(base64.b64encode(str(each).encode()).decode() or "-" for each in fields)])


def payload(nonce: str, request: list[str], script: str = SCRIPT) -> bytes:
    head = [f"$nonce = '{nonce}'", "$request = @'", *request, "'@"]
    text = "\n".join([*head, script])
    tally = f"{len(text.splitlines())} {zlib.adler32(text.encode('ascii'))}"
    return "\n".join([*head, f"$tally = '{tally}'", script]).encode("ascii")


def ask(farm: Farm, host: str, request: list[str], script: str = SCRIPT) -> list[dict[str, Any]]:
    """All reply lines, checked to be complete and in the documented form."""
    nonce = secrets.token_hex(16)
    output = run(connect(farm, host), payload(nonce, request, script))
    assert (output.stderr, output.exit_code) == (b"", 0)
    lines = output.stdout.decode("ascii").splitlines()
    assert all(line.startswith(nonce) and line.endswith(nonce) for line in lines)
    replies: list[dict[str, Any]] = [json.loads(line[32:-32]) for line in lines]
    assert replies.pop() == {"end": len(replies)}
    return replies


def listed(farm: Farm, host: str, script: str = SCRIPT) -> dict[int, dict[str, Any]]:
    """The sessions by id, as the host itself tells them."""
    _, *sessions = ask(farm, host, ["list"], script)
    return {each["session"]["id"]: each["session"] for each in sessions}


def target(seen: dict[str, Any], **changes: Any) -> str:
    """The request line for a session as it was listed."""
    wanted = seen | {"even_if_active": 0, "not_at_console": 1, "since": 0} | changes
    names = ("id", "domain", "user", "logon", "state", "even_if_active", "not_at_console", "since")
    return line_of("target", *(wanted[name] for name in names))


def log_off(farm: Farm, host: str, *targets: str, wait: int = 5, script: str = SCRIPT) -> list[dict[str, Any]]:
    return ask(farm, host, ["logoff", line_of("wait", wait), *targets], script)
