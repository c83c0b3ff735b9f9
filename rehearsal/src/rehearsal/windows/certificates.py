"""The farm's own certificate authority, made at start: HTTPS that a client can really verify."""

import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALID = timedelta(days=7)


_NOBODY = "another-host.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """`right` has one certificate for all hosts, `wrong` one for another host. The paths are for clients.

    `client` is a certificate with its key, for the account.
    """

    right: ssl.SSLContext
    wrong: ssl.SSLContext
    ca_file: Path
    client: Path


def make_certificates(folder: Path, hosts: Iterable[str], account: str) -> Certificates:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _build("Rehearsal farm CA", authority_key.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(_usage(signs=True), critical=True)
    root = authority.sign(authority_key, hashes.SHA256())

    ca_file = folder / "ca.pem"
    ca_file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    issuer = _Issuer(folder=folder, key=authority_key, name=root.subject)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    right = issuer.issue("server", [loopback, *map(x509.DNSName, ["localhost", *hosts])])
    wrong = issuer.issue(_NOBODY, [x509.DNSName(_NOBODY)])
    client = issuer.issue(account, [x509.DNSName(account)])
    return Certificates(right=_context(right, ca_file), wrong=_context(wrong, ca_file), ca_file=ca_file, client=client)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issuer:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    def issue(self, name: str, names: list[x509.GeneralName]) -> Path:
        """A file with a new key and its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _build(name, key.public_key(), issuer=self.name)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        pair = self.folder / f"{name}.pem"
        pair.touch(mode=0o600)
        leaf = builder.sign(self.key, hashes.SHA256())
        pair.write_bytes(_pem(key) + leaf.public_bytes(serialization.Encoding.PEM))
        return pair


def _context(pair: Path, ca_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(ca_file)
    return context


def _build(name: str, key: ec.EllipticCurvePublicKey, issuer: x509.Name | None = None) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
