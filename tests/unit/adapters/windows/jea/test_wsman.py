"""What all connections of the process share: the prefixes with which ElementTree writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from pypsrp.wsman import NAMESPACES, WSMan

from adapters.windows.jea.session import Session
from adapters.windows.jea.wsman import wsman_of
from adapters.windows.winrm.endpoint import Connection, Transport

if TYPE_CHECKING:
    import pytest

NTLM = Connection(endpoint="http://host:5985/wsman", transport=Transport.NTLM, username="svc", jea="logoff")


def written() -> str:
    envelope = ET.Element("all")
    for namespace in NAMESPACES.values():
        ET.SubElement(envelope, f"{{{namespace}}}one")
    return ET.tostring(envelope, encoding="unicode")


def test_a_new_connection_leaves_the_prefixes_of_other_threads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[str] = []
    monkeypatch.setattr(ET, "register_namespace", lambda prefix, _: changed.append(prefix))
    Session(NTLM, "host", None)
    assert changed == []


def test_every_namespace_has_its_prefix() -> None:
    assert [prefix for prefix in NAMESPACES if f"<{prefix}:one" not in written()] == []


def test_it_has_all_that_the_library_gives_its_own() -> None:
    """A release that gives it more is found here."""
    ours, theirs = wsman_of(NTLM), WSMan("host", auth="ntlm", username="svc")

    def kinds(of: Any) -> dict[str, type]:
        return {name: type(value) for name, value in vars(of).items()}

    assert kinds(ours) == kinds(theirs)
    same = ("locale", "data_locale", "max_envelope_size", "max_payload_size")
    assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]
    assert ours.session_id != wsman_of(NTLM).session_id
