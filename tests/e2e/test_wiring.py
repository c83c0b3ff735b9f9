"""What the configuration says arrives at the adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.windows.winrm.endpoint import Transport
from app.connections import connections
from tests.support import app_yaml

CERTIFICATE = "winrm: {transport: certificate, certificate: /c.pem, key: /k.pem}"


def test_the_files_of_a_certificate_reach_the_connection(tmp_path: Path) -> None:
    head = app_yaml.HEAD.replace("[comp1,", f"[{{name: comp1, {CERTIFICATE}}},")
    connection = connections(app_yaml.read(tmp_path, head=head), None)("comp1")
    assert (connection.transport, connection.certificate, connection.key) == (
        Transport.CERTIFICATE,
        Path("/c.pem"),
        Path("/k.pem"),
    )


@pytest.mark.parametrize("address", ["2001:db8::5", "[2001:db8::5]"])
def test_an_ipv6_address_stands_in_brackets_before_its_port(tmp_path: Path, address: str) -> None:
    head = app_yaml.HEAD.replace("[comp1,", f"[{{name: comp1, address: '{address}'}}, comp_1,")
    connection_of = connections(app_yaml.read(tmp_path, head=head), None)
    assert connection_of("comp1").endpoint == "https://[2001:db8::5]:5986/wsman"
    assert connection_of("comp_1").endpoint == "https://comp_1:5986/wsman"
