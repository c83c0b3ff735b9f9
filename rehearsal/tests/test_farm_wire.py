"""The farm's WS-Management, driven by pywinrm: it must be as strict as Windows where a client can tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests
from spnego import WinRMWrapResult
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from rehearsal.windows import Farm
from rehearsal.windows.message_encryption import DecryptionError, decrypt, encrypt
from rehearsal_testing.winrm_client import (
    BOOTSTRAP,
    SMALL_FARM,
    connect,
    open_shell,
    payload,
    receive,
    run,
    start,
    write_farm,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NONCE = "0" * 32
LIST = payload(NONCE, ["list"])


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    with Farm.from_file(write_farm(tmp_path)) as farm:
        yield farm


def test_a_call_is_a_handshake_and_five_messages(farm: Farm) -> None:
    output = run(connect(farm, "one"), LIST)
    assert (output.stderr, output.exit_code) == (b"", 0)
    assert output.stdout.endswith(b'{"end": 5}' + NONCE.encode() + b"\n")
    messages = farm.messages("one")
    assert messages[:6] == ["401", "401+challenge", "200", "Create", "Command", "Send"]
    assert set(messages[6:-1]) == {"Receive"}
    assert messages[-1] == "Delete"
    assert farm.open_shells("one") == 0


def test_a_kept_connection_needs_no_second_handshake(farm: Farm) -> None:
    protocol = connect(farm, "one")
    protocol.close_shell(protocol.open_shell(), close_session=False)
    protocol.close_shell(protocol.open_shell(), close_session=True)
    assert farm.messages("one") == ["401", "401+challenge", "200", "Create", "Delete", "Create", "Delete"]


def test_a_wrong_password_is_refused_before_any_message(farm: Farm) -> None:
    with pytest.raises(InvalidCredentialsError):
        connect(farm, "one", password="another").open_shell()
    assert farm.messages("one") == ["401", "401+challenge", "401"]


def test_an_unknown_account_is_refused(farm: Farm) -> None:
    with pytest.raises(InvalidCredentialsError):
        connect(farm, "one", username="CORP\\nobody").open_shell()


def test_clear_text_over_http_is_refused(farm: Farm) -> None:
    with pytest.raises(WinRMTransportError, match="500"):
        connect(farm, "one", message_encryption="never").open_shell()
    assert farm.open_shells("one") == 0


def test_basic_is_refused_where_the_file_does_not_allow_it(farm: Farm) -> None:
    with pytest.raises(InvalidCredentialsError):
        connect(farm, "one", transport="basic").open_shell()


def test_basic_works_where_the_file_allows_it(tmp_path: Path) -> None:
    text = SMALL_FARM.replace("  one: &one\n", "  one: &one\n    auth: [basic]\n")
    with Farm.from_file(write_farm(tmp_path, text)) as farm:
        assert run(connect(farm, "one", transport="basic"), LIST).exit_code == 0
        assert farm.messages("one")[0] == "Create"
        with pytest.raises(InvalidCredentialsError):
            connect(farm, "one", transport="basic", password="another").open_shell()


def test_https_is_trusted_with_the_farms_own_authority_and_not_without(farm: Farm) -> None:
    url = farm.secure_endpoints["one"]
    assert run(connect(farm, "one", endpoint=url, ca_trust_path=str(farm.ca_file)), LIST).exit_code == 0
    with pytest.raises(requests.exceptions.SSLError):
        connect(farm, "one", endpoint=url).open_shell()


def test_a_message_sealed_with_the_keys_of_a_lost_connection_is_400_and_not_carried_out(farm: Farm) -> None:
    protocol = connect(farm, "one")
    shell = protocol.open_shell()
    session = protocol.transport.session
    assert session is not None
    session.close()  # the connections go, the keys stay: what a read timeout does
    with pytest.raises(WinRMTransportError, match="400"):
        start(protocol, shell)
    assert farm.messages("one")[-1] == "400"
    assert "Command" not in farm.messages("one")
    assert farm.open_shells("one") == 1


def test_silence_is_the_operation_timeout_fault(farm: Farm) -> None:
    protocol = connect(farm, "one", operation_timeout_sec=1)
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        with pytest.raises(WinRMOperationTimeoutError):
            protocol.get_command_output_raw(shell, command)
        assert farm.messages("one")[-1] == "Receive!2150858793"
        protocol.send_command_input(shell, command, LIST, end=True)
        assert receive(protocol, shell, command).exit_code == 0


def test_the_thirty_first_shell_of_an_account_is_one_too_many(farm: Farm) -> None:
    protocol = connect(farm, "one")
    shells = [protocol.open_shell() for _ in range(30)]
    with pytest.raises(WSManFaultError) as caught:
        protocol.open_shell()
    assert (caught.value.wsman_fault_code, caught.value.wmierror_code) == (2150859173, 2150859173)
    assert caught.value.fault_subcode == "w:QuotaLimit"
    protocol.close_shell(shells[0], close_session=False)
    assert protocol.open_shell()


def test_an_unknown_shell_or_command_is_the_fault_windows_answers(farm: Farm) -> None:
    protocol = connect(farm, "one")
    with pytest.raises(WSManFaultError) as caught:
        start(protocol, "NO-SUCH-SHELL")
    assert caught.value.wsman_fault_code == 2150858843
    with open_shell(protocol) as shell, pytest.raises(WSManFaultError) as caught:
        protocol.get_command_output_raw(shell, "NO-SUCH-COMMAND")
    assert caught.value.wsman_fault_code == 2150858843


def test_an_idle_shell_is_removed(farm: Farm) -> None:
    protocol = connect(farm, "one")
    shell = protocol.open_shell(idle_timeout="PT0.3S")
    assert farm.open_shells("one") == 1
    farm.wait_until(lambda: farm.open_shells("one") == 0)
    with pytest.raises(WSManFaultError) as caught:
        start(protocol, shell)
    assert caught.value.wsman_fault_code == 2150858843


def test_a_command_line_has_at_most_8191_characters(farm: Farm) -> None:
    protocol = connect(farm, "one")
    longest = BOOTSTRAP + " " * (8191 - len(BOOTSTRAP))
    assert run(protocol, LIST, longest).exit_code == 0
    assert run(protocol, b"", longest + " ") == (b"", b"The command line is too long.\r\n", 1)


def test_a_program_that_is_not_there_is_named_by_cmd(farm: Farm) -> None:
    output = run(connect(farm, "one"), b"", "tasklist.exe /s x")
    assert output.stderr.startswith(b"'tasklist.exe' is not recognized as an internal or external command,")
    assert output.exit_code == 1


def test_a_closed_pipe_takes_no_more(farm: Farm) -> None:
    protocol = connect(farm, "one")
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        protocol.send_command_input(shell, command, LIST, end=True)
        with pytest.raises(WSManFaultError) as caught:
            protocol.send_command_input(shell, command, b"more", end=True)
        assert caught.value.wsman_fault_code == 2147942509


def test_input_may_come_in_pieces(farm: Farm) -> None:
    protocol = connect(farm, "one")
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        protocol.send_command_input(shell, command, LIST[:50])
        protocol.send_command_input(shell, command, LIST[50:], end=True)
        assert receive(protocol, shell, command).stdout.count(NONCE.encode()) == 12


def test_a_signal_ends_the_program_and_forgets_the_command(farm: Farm) -> None:
    protocol = connect(farm, "one")
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        protocol.cleanup_command(shell, command)
        with pytest.raises(WSManFaultError) as caught:
            protocol.get_command_output_raw(shell, command)
        assert caught.value.wsman_fault_code == 2150858843


@pytest.mark.parametrize(
    ("data", "error_id"),
    [
        (LIST.replace(b"'@\n", b"", 1), b"ParseException"),
        (LIST.replace(NONCE.encode(), b"xyz"), b"ParseException"),
        (LIST + "é".encode(), b"ParseException"),
    ],
)
def test_the_double_fails_as_powershell_does_on_what_is_no_payload(farm: Farm, data: bytes, error_id: bytes) -> None:
    output = run(connect(farm, "one"), data)
    assert (output.stdout, output.exit_code) == (b"", 1)
    assert output.stderr.rstrip().endswith(b"FullyQualifiedErrorId : " + error_id)


def test_empty_input_is_success_without_a_word(farm: Farm) -> None:
    assert run(connect(farm, "one"), b"\n") == (b"", b"", 0)


@pytest.mark.parametrize(("path", "body", "status"), [("/other", b"<x/>", 404), ("/wsman", b"x" * 600_000, 413)])
def test_what_is_no_message_is_refused_by_http_alone(farm: Farm, path: str, body: bytes, status: int) -> None:
    place = urlsplit(farm.endpoints["one"])
    answer = requests.post(f"http://{place.netloc}{path}", data=body, timeout=10)
    assert (answer.status_code, answer.content, answer.headers["Connection"]) == (status, b"", "close")


class MirrorKeys:
    """Seals by turning the bytes round."""

    def wrap_winrm(self, data: bytes) -> WinRMWrapResult:
        return WinRMWrapResult(header=b"signature", data=data[::-1], padding_length=0)

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        assert header == b"signature"
        return data[::-1]


def test_a_body_is_opened_only_when_it_is_as_long_as_announced() -> None:
    sealed = encrypt(b"--Encrypted Boundary\r\n in the text", MirrorKeys())
    assert decrypt(sealed, MirrorKeys()) == b"--Encrypted Boundary\r\n in the text"
    with pytest.raises(DecryptionError, match="another length"):
        decrypt(sealed.replace(b"Length=34", b"Length=33"), MirrorKeys())
    with pytest.raises(DecryptionError, match="missing"):
        decrypt(sealed[:-4], MirrorKeys())


def test_a_host_with_latency_takes_it_for_each_message(tmp_path: Path) -> None:
    text = SMALL_FARM.replace("  one: &one\n", "  one: &one\n    latency: 300ms\n")
    with Farm.from_file(write_farm(tmp_path, text)) as farm:
        protocol = connect(farm, "one")
        began = time.monotonic()
        protocol.close_shell(protocol.open_shell())
        assert time.monotonic() - began >= 0.6
