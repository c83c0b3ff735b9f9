"""HTTPS that a client can verify: its authority is given, or made by trustme for each start of the farm."""

import hashlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import trustme

_NOBODY = "another-host.invalid"
_CLIENT = "client.invalid"
"""The alternative name in the client's certificate. The farm reads the common name; strict verifiers want both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """`right` has one certificate for all hosts, `wrong` a certificate for another host.

    `end_points` are the hashes of both certificates, by which NTLM binds itself to the channel (RFC 5929, section 4).
    Clients trust `ca_file`. `client` is a file with the account's own certificate and its key.
    """

    right: ssl.SSLContext
    wrong: ssl.SSLContext
    end_points: tuple[bytes, bytes]
    ca_file: Path
    client: Path

    def end_point_of(self, context: ssl.SSLContext) -> bytes:
        """The hash of the certificate that connections of this context show."""
        return self.end_points[context is self.wrong]


def make_tls(folder: Path, hosts: Iterable[str], account: str, authority: trustme.CA | None = None) -> Tls:
    """Without an authority it is a new one."""
    authority = authority or trustme.CA(organization_name="Rehearsal farm")
    authority.cert_pem.write_to_path(ca_file := folder / "ca.pem")
    server = authority.issue_cert("127.0.0.1", "localhost", *hosts)
    nobody = authority.issue_cert(_NOBODY)
    client = authority.issue_cert(_CLIENT, common_name=account)
    return Tls(
        right=_context(authority, _write(server, folder / "server.pem")),
        wrong=_context(authority, _write(nobody, folder / f"{_NOBODY}.pem")),
        end_points=(_end_point(server), _end_point(nobody)),
        ca_file=ca_file,
        client=_write(client, folder / "client.pem"),
    )


def _write(certificate: trustme.LeafCert, path: Path) -> Path:
    path.touch(mode=0o600)
    certificate.private_key_and_cert_chain_pem.write_to_path(path)
    return path


def _end_point(certificate: trustme.LeafCert) -> bytes:
    """Certificates of trustme are signed with SHA-256, so that is the hash of the binding, too."""
    pem = certificate.cert_chain_pems[0].bytes().decode("ascii")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()


def _context(authority: trustme.CA, pair: Path) -> ssl.SSLContext:
    """A client may show a certificate of the same authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    context.verify_mode = ssl.CERT_OPTIONAL
    authority.configure_trust(context)
    return context
