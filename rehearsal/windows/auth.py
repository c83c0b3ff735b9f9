"""Who is at the other end of a connection: Basic, a client certificate, NTLM, Kerberos, Negotiate.

NTLM and Negotiate take several requests, and what they find out, the person and the keys, belongs to the one TCP
connection they ran on. So there is one `Authenticator` a connection. pyspnego does the work; the farm only carries
tokens.
"""

import base64
import hmac
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import spnego
from spnego.exceptions import SpnegoError

from rehearsal.windows.settings import Account, Method

CERTIFICATE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
"""The Authorization of a client that has shown its certificate in the TLS handshake."""
_ACCOUNTS = "NTLM_USER_FILE"
_OFFERS: dict[Method, tuple[str, ...]] = {
    "negotiate": ("Negotiate",),
    "kerberos": ("Negotiate", "Kerberos"),
    "ntlm": ("NTLM",),
    "basic": ('Basic realm="WSMAN"',),
    "certificate": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a host accepts. `trusts` is False where the account has another password than everybody thinks.

    `host` is its name in the service principal that Kerberos' tickets are for.
    """

    account: Account
    methods: tuple[Method, ...] = ("negotiate", "ntlm")
    trusts: bool = True
    host: str = ""

    def offers(self) -> list[str]:
        """The values of WWW-Authenticate."""
        return list(dict.fromkeys(word for method in self.methods for word in _OFFERS[method]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an Authorization header led to: a person, a challenge that needs an answer, or a refusal (neither)."""

    user: str = ""
    challenge: str = ""


class Authenticator:
    """The authentication of one connection; `keys` seal its bodies once somebody is known by NTLM or Negotiate."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._context: spnego.ContextProxy | None = None
        self._user = ""

    @property
    def keys(self) -> spnego.ContextProxy | None:
        return self._context if self._context and self._context.complete else None

    def forget(self) -> None:
        """Nobody is known on this connection any more."""
        self._context, self._user = None, ""

    def step(self, header: str, certified: str = "") -> Step:
        """An empty header stands for whoever the connection already belongs to.

        `certified` is who the client's certificate is for.
        """
        scheme, _, token = header.partition(" ")
        match scheme.lower():
            case "":
                return Step(user=self._user)
            case "basic" if "basic" in self._policy.methods:
                return self._check_basic(token)
            case _ if header == CERTIFICATE and "certificate" in self._policy.methods:
                is_right = self._policy.trusts and certified == self._policy.account.name
                return Step(user=self._policy.account.username) if is_right else Step()
            case "negotiate" | "kerberos" if "kerberos" in self._policy.methods:
                return self._accept(scheme, token, "kerberos")
            case "negotiate" if "negotiate" in self._policy.methods:
                return self._accept(scheme, token, "negotiate")
            case "ntlm" if "ntlm" in self._policy.methods:
                return self._accept(scheme, token, "ntlm")
            case _:
                return Step()

    def _check_basic(self, token: str) -> Step:
        account = self._policy.account
        expected = base64.b64encode(f"{account.username}:{account.password}".encode()).decode()
        is_right = self._policy.trusts and hmac.compare_digest(expected, token)
        return Step(user=account.username) if is_right else Step()

    def _accept(self, scheme: str, token: str, protocol: str) -> Step:
        """One token of the handshake; a token after its end begins a new one."""
        if self._context is None or self._context.complete:
            self._context, self._user = _acceptor(self._policy, protocol), ""
        try:
            answer = self._context.step(base64.b64decode(token))
        except (SpnegoError, ValueError, struct.error):  # the last two: how pyspnego meets a token that is none
            self._context = None
            return Step()
        challenge = f"{scheme} {base64.b64encode(answer).decode()}" if answer else ""
        if not self._context.complete:
            return Step(challenge=challenge)
        if not self._policy.trusts or not self._is_the_account(self._context.client_principal):
            self._context = None
            return Step()
        self._user = self._policy.account.username
        return Step(user=self._user, challenge=challenge)

    def _is_the_account(self, principal: str | None) -> bool:
        """Not one of another farm in this process, or of the same realm."""
        account = self._policy.account
        return (principal or "").upper() in {account.username.upper(), account.principal.upper()} - {""}


def _acceptor(policy: Policy, protocol: str) -> spnego.ContextProxy:
    name = policy.host if protocol == "kerberos" else "unspecified"
    return spnego.server(hostname=name, service="HTTP", protocol=protocol)


@contextmanager
def accounts_file(path: Path, account: Account) -> Iterator[None]:
    """Pyspnego's acceptor looks accounts up in the file $NTLM_USER_FILE names; another farm's accounts stay known."""
    before = os.environ.get(_ACCOUNTS)
    known = Path(before).read_text(encoding="utf-8") if before and Path(before).exists() else ""
    domain, _, name = account.username.partition("\\")
    path.touch(mode=0o600)
    path.write_text(f"{domain}:{name}:{account.password}\n{known}", encoding="utf-8")
    os.environ[_ACCOUNTS] = str(path)
    try:
        yield
    finally:
        if os.environ.get(_ACCOUNTS) == str(path):
            os.environ.pop(_ACCOUNTS)
            if before and Path(before).exists():
                os.environ[_ACCOUNTS] = before
