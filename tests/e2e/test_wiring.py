"""What the configuration says arrives at the adapters."""

from __future__ import annotations

from pathlib import Path

from adapters.windows.winrm.endpoint import Transport
from app import wiring
from tests.support import app_yaml

CERTIFICATE = "winrm: {transport: certificate, certificate: /c.pem, key: /k.pem}"


def test_the_files_of_a_certificate_reach_the_connection(tmp_path: Path) -> None:
    head = app_yaml.HEAD.replace("[comp1,", f"[{{name: comp1, {CERTIFICATE}}},")
    connection = wiring._connections(app_yaml.read(tmp_path, head=head), None)("comp1")
    assert (connection.transport, connection.certificate, connection.key) == (
        Transport.CERTIFICATE,
        Path("/c.pem"),
        Path("/k.pem"),
    )
