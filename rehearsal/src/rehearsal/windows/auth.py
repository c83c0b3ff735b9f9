"""Authentication of a connection: Basic, a client certificate, NTLM, Kerberos, Negotiate.

NTLM and Negotiate take several requests, and what they find out, the person and the keys, belongs to the one TCP
connection they ran on. So there is one `Authenticator` a connection. pyspnego does the work; the farm only carries
tokens.
"""

import base64
import hmac
import os
import struct
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import spnego
from spnego._ntlm_raw.messages import Authenticate
from spnego.exceptions import BadBindingsError, SpnegoError

from rehearsal.windows.lockout import Attempts
from rehearsal.windows.names import Names
from rehearsal.windows.negotiation import NtlmAcceptor, bindings_of, kerberos_acceptor, negotiator
from rehearsal.windows.settings import Account, Method

CERTIFICATE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""The Authorization of a client that has shown its certificate in the TLS handshake."""
_ACCOUNTS = "NTLM_USER_FILE"
_ONE_FARM = Lock()
"""Two that start at once would each leave the accounts of the other out."""
_AUTHENTICATE = b"NTLMSSP\0\x03\0\0\0"
_OFFERS: dict[Method, tuple[str, ...]] = {
    "negotiate": ("Negotiate",),
    "kerberos": ("Negotiate", "Kerberos"),
    "ntlm": ("Negotiate", "NTLM"),
    "basic": ('Basic realm="WSMAN"',),
    "certificate": (),
}
_NO_TOKEN = (SpnegoError, ValueError, struct.error, LookupError, StopIteration, AttributeError)
"""How pyspnego meets a token that is none; SpnegoError also where Kerberos has no keytab.

AttributeError is that of a ticket for other keys than the host's: no context has begun, and it asks for its flags.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a host accepts. `trusts` is False where the account has another password than its clients use.

    Kerberos' tickets are for HTTP/`names.host`. `binds`: NTLM over TLS has to name the channel that it runs in.
    """

    account: Account
    names: Names
    methods: tuple[Method, ...] = ("negotiate", "ntlm")
    trusts: bool = True
    attempts: Attempts = field(default_factory=Attempts)
    binds: bool = False

    def offers(self) -> list[str]:
        """The values of WWW-Authenticate."""
        return list(dict.fromkeys(word for method in self.methods for word in _OFFERS[method]))

    def takes(self, scheme: str) -> bool:
        return any(offer.partition(" ")[0] == scheme for offer in self.offers())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The result of an Authorization header: a user, a challenge to answer, or a refusal (neither)."""

    user: str = ""
    challenge: str = ""


class Authenticator:
    """The authentication of one connection; its `keys` encrypt the bodies after NTLM, Kerberos or Negotiate."""

    def __init__(self, policy: Policy, end_point: bytes = b"") -> None:
        """`end_point` is the hash of the certificate that the connection has shown; empty without TLS."""
        self._policy = policy
        self._bindings = bindings_of(end_point) if policy.binds and end_point else None
        self._context: spnego.ContextProxy | None = None
        self._scheme = ""
        self._user = ""

    @property
    def keys(self) -> spnego.ContextProxy | None:
        return self._context if self._context and self._context.complete else None

    @property
    def scheme(self) -> str:
        """In which the keys were agreed on: NTLM, Kerberos or Negotiate."""
        return self._scheme

    def forget(self) -> None:
        """The connection is unauthenticated again."""
        self._context, self._scheme, self._user = None, "", ""

    def step(self, header: str, certified: str = "") -> Step:
        """An empty header stands for the user the connection already belongs to.

        `certified` is the common name of the client's certificate.
        """
        word, _, token = header.partition(" ")
        scheme = {"ntlm": "NTLM"}.get(word.lower(), word.title())
        match scheme:
            case "":
                return Step(user=self._user)
            case "Basic" if self._policy.takes(scheme):
                return self._check_basic(token)
            case _ if header == CERTIFICATE and "certificate" in self._policy.methods:
                is_right = self._policy.trusts and certified == self._policy.account.name
                is_taken = is_right and not self._policy.attempts.is_locked()
                return Step(user=self._policy.account.username) if is_taken else Step()
            case "Negotiate" | "Kerberos" | "NTLM" if self._policy.takes(scheme):
                return self._accept(scheme, token)
            case _:
                return Step()

    def _check_basic(self, token: str) -> Step:
        try:
            logon, _, password = base64.b64decode(token).decode().partition(":")
        except (Base64Error, UnicodeDecodeError):
            return Step()
        account = self._policy.account
        is_right = hmac.compare_digest(account.password.encode(), password.encode())
        is_taken = self._policy.names.knows(logon) and self._takes_password(is_right=is_right)
        return Step(user=account.username) if is_taken else Step()

    def _accept(self, scheme: str, token: str) -> Step:
        """One token of the handshake; a token after its end begins a new one, and so does another scheme."""
        data = b""
        try:
            if self._context is None or self._context.complete or scheme != self._scheme:
                self._user, self._scheme, self._context = "", scheme, _acceptor(self._policy, scheme)
            data = base64.b64decode(token)
            answer = self._context.step(data, channel_bindings=self._bindings)
        except BadBindingsError:
            self._context = None
            return Step()
        except _NO_TOKEN:
            self._context = None
            if self._policy.names.knows(_ntlm_logon(data)):
                self._takes_password(is_right=False)
            return Step()
        challenge = f"{scheme} {base64.b64encode(answer).decode()}" if answer else ""
        if not self._context.complete:
            return Step(challenge=challenge)
        if not self._is_the_account(self._context.client_principal or "", data):
            self._context = None
            return Step()
        self._user = self._policy.account.username
        return Step(user=self._user, challenge=challenge)

    def _is_the_account(self, logon: str, data: bytes) -> bool:
        """Not one of another farm in this process, or of the same realm. A ticket of Kerberos is no password."""
        if not self._policy.names.knows(logon):
            return False
        return self._takes_password(is_right=True) if _ntlm_logon(data) else self._policy.trusts

    def _takes_password(self, *, is_right: bool) -> bool:
        policy = self._policy
        return policy.attempts.try_password(policy.names.host, is_right=is_right and policy.trusts)


def _ntlm_logon(data: bytes) -> str:
    """Whose password the token proves or fails to prove; empty where it holds no AUTHENTICATE_MESSAGE of NTLM."""
    _, sign, rest = data.partition(_AUTHENTICATE)
    try:
        said = Authenticate.unpack(sign + rest) if sign else None
    except _NO_TOKEN:
        return ""
    if said is None or not said.user_name:
        return ""
    return f"{said.domain_name}\\{said.user_name}" if said.domain_name else said.user_name


def _acceptor(policy: Policy, scheme: str) -> spnego.ContextProxy:
    match scheme:
        case "NTLM":
            return NtlmAcceptor(policy.names)
        case "Kerberos":
            return kerberos_acceptor(policy.names)
        case _:
            return negotiator(policy.names, with_kerberos="kerberos" in policy.methods)


@contextmanager
def accounts_file(path: Path, logons: Iterable[str], password: str) -> Iterator[None]:
    """Pyspnego's acceptor looks accounts up in the file $NTLM_USER_FILE names; another farm's accounts stay known.

    Which of the spellings a host takes is its own affair; here they all stand.
    """
    with _ONE_FARM:
        before = os.environ.get(_ACCOUNTS)
        known = Path(before).read_text(encoding="utf-8") if before and Path(before).exists() else ""
        path.touch(mode=0o600)
        parted = (each.rpartition("\\") for each in sorted(logons))
        lines = [f"{domain}:{name}:{password}\n" for domain, _, name in parted]
        path.write_text("".join(lines) + known, encoding="utf-8")
        os.environ[_ACCOUNTS] = str(path)
    try:
        yield
    finally:
        with _ONE_FARM:
            if os.environ.get(_ACCOUNTS) == str(path):
                if before and Path(before).exists():
                    os.environ[_ACCOUNTS] = before
                else:
                    os.environ.pop(_ACCOUNTS)
