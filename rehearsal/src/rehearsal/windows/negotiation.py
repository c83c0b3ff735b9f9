"""What pyspnego leaves to be said: an NTLM challenge in a Windows host's own words, and NTLM or Kerberos by choice.

pyspnego names the machine it runs on in its challenge, and takes what is inside Negotiate from what is installed on
that machine. Here each context is told both by its host, so that many hosts live in one process. The two classes rest
on inner names of pyspnego. Where a release renames one, the tests of the wire say so: tests/test_ntlm_wire.py.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module

import spnego
from spnego._context import GSSMech
from spnego._negotiate import NegotiateProxy
from spnego._ntlm import NTLMProxy
from spnego._ntlm_raw.messages import (
    Authenticate,
    AvId,
    Challenge,
    FileTime,
    NegotiateFlags,
    NTClientChallengeV2,
    TargetInfo,
    Version,
)
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadBindingsError, SpnegoError

from rehearsal.windows.names import Names

_WINDOWS = Version(major=10, minor=0, build=17763)
_SERVICE = "HTTP"
_SHORT_RESPONSE = 24
"""Bytes of a response of NTLM version 1, which has no room for a channel."""
_KERBEROS = ("gssapi", "krb5")


class KerberosMissingError(RuntimeError):
    """A host wants Kerberos, and this machine does not speak it; the message says what to install."""


def require_kerberos(hosts: list[str]) -> None:
    """KerberosMissingError when there are such hosts, and a module of pyspnego's or a library of theirs is not here."""
    try:
        for module in _KERBEROS if hosts else ():
            import_module(module)
    except ImportError as error:
        raise KerberosMissingError(
            f"{', '.join(hosts)} in the farm's file: kerberos, which this machine does not speak. "
            "Install libkrb5-dev, gcc and python3-dev (apt-get install), then the extra: make kerberos"
        ) from error


class NtlmAcceptor(NTLMProxy):
    """[MS-NLMP] 3.2.5.1.1: a member of a domain names the domain as the target, a host without one itself."""

    def __init__(self, names: Names) -> None:
        super().__init__(hostname="unspecified", service=_SERVICE, usage="accept")
        self._names = names

    def step(
        self, in_token: bytes | None = None, *, channel_bindings: GssChannelBindings | None = None
    ) -> bytes | None:
        """The challenge is replaced as a whole, also where the client's answer to it is checked."""
        if channel_bindings and self._temp_challenge is not None:
            _require_bindings(in_token or b"")
        answer = super().step(in_token, channel_bindings=channel_bindings)
        if answer is None or self._temp_challenge is None:
            return answer
        self._temp_challenge = self._in_our_words(self._temp_challenge)
        return self._temp_challenge.pack()

    def _in_our_words(self, challenge: Challenge) -> Challenge:
        flags = challenge.flags
        if self._names.forest:
            flags = flags & ~NegotiateFlags.target_type_server | NegotiateFlags.target_type_domain
        return Challenge(
            flags,
            challenge.server_challenge,
            target_name=self._names.domain,
            target_info=_target_info(self._names),
            version=_WINDOWS if flags & NegotiateFlags.version else None,
        )


def bindings_of(end_point: bytes) -> GssChannelBindings:
    """RFC 5929, section 4: the hash of the server's certificate."""
    return GssChannelBindings(application_data=b"tls-server-end-point:" + end_point)


def _require_bindings(token: bytes) -> None:
    """BadBindingsError for an AUTHENTICATE_MESSAGE that names no channel; pyspnego compares the one that is named.

    [MS-NLMP] 2.2.2.1: sixteen zeros stand for none.
    """
    response = Authenticate.unpack(token).nt_challenge_response or b""
    named = NTClientChallengeV2.unpack(response[16:]).av_pairs if len(response) > _SHORT_RESPONSE else {}
    if not any(named.get(AvId.channel_bindings) or b""):
        raise BadBindingsError(context_msg="The response names no channel, and this host demands one")


def _target_info(names: Names) -> TargetInfo:
    """In the order of Windows."""
    told = TargetInfo()
    told[AvId.nb_domain_name] = names.domain
    told[AvId.nb_computer_name] = names.computer
    told[AvId.dns_domain_name] = names.dns_domain
    told[AvId.dns_computer_name] = names.dns_computer
    if names.forest:
        told[AvId.dns_tree_name] = names.forest
    told[AvId.timestamp] = FileTime.now()
    return told


class Negotiator(NegotiateProxy):
    """SPNEGO, or a bare token of one mechanism: with the acceptors it is given and no others, the best one first."""

    def __init__(self, acceptors: Mapping[GSSMech, Callable[[], spnego.ContextProxy]]) -> None:
        super().__init__(hostname="unspecified", service=_SERVICE, usage="accept")
        self._acceptors = acceptors
        self._has_guessed_wrong = False

    def _preferred_mech_list(self) -> list[GSSMech]:
        return list(self._available_contexts or self._acceptors)

    def _rebuild_context_list(
        self, mech_types: list[str] | None = None, channel_bindings: GssChannelBindings | None = None
    ) -> list[str]:
        """Where nothing is left, pyspnego finds no common mechanism and says so."""
        self._available_contexts = {}
        for mech, make in self._acceptors.items():
            if mech_types is None or any(self._is_same_mech(mech, oid) for oid in mech_types):
                with suppress(SpnegoError):  # Kerberos without a keytab
                    self._available_contexts[mech] = make()
        made = super()._rebuild_context_list(mech_types=mech_types, channel_bindings=channel_bindings)
        self._has_guessed_wrong = bool(mech_types) and not self._is_same_mech(
            self._chosen_mech, (mech_types or [""])[0]
        )
        return made

    def _step_spnego_input(
        self, in_token: bytes | None = None, channel_bindings: GssChannelBindings | None = None
    ) -> tuple[bytes | None, bytes | None, bool]:
        """RFC 4178 4.2.1: a first token of a mechanism that the host does not take counts for nothing."""
        token, mic, is_spnego = super()._step_spnego_input(in_token=in_token, channel_bindings=channel_bindings)
        if self._has_guessed_wrong:
            self._has_guessed_wrong, token = False, None
        return token, mic, is_spnego


def kerberos_acceptor(names: Names) -> spnego.ContextProxy:
    return spnego.server(hostname=names.host, service=_SERVICE, protocol="kerberos")


def negotiator(names: Names, *, with_kerberos: bool) -> Negotiator:
    acceptors: dict[GSSMech, Callable[[], spnego.ContextProxy]] = {}
    if with_kerberos:
        acceptors[GSSMech.kerberos] = lambda: kerberos_acceptor(names)
    acceptors[GSSMech.ntlm] = lambda: NtlmAcceptor(names)
    return Negotiator(acceptors)
