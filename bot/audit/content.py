"""What is decided about a request, as one digest: its `content`.

The content has two halves. The head's half covers who asked, where, what, with every switch, and what it takes; the
hosts' half covers the frozen targets of each host. So whoever knows the hosts' half from a signed entry reckons the
content anew from the head alone. The seal of a host binds its targets to the content.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.audit.canonical import canonical, digest
from bot.domain.later import LATER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request, Target
    from bot.domain.session import Session

KEPT = 64
"""How many heads' halves are kept after they were reckoned."""

KEPT_HOSTS = 4_000
"""The same for the digests of hosts: those of a large fleet."""


def content_of(request: Request) -> str:
    """Return the content, 64 hexadecimal digits, from the head of the request and the hosts' half that it holds."""
    return digest([_head_half(request), request.hosts_half])


def hosts_half(request: Request) -> str:
    """Return the hosts' half of a request that was read whole, 64 hexadecimal digits; empty before the survey."""
    digests = sorted(_digests(request).items())
    return digest([[host, digest] for host, digest in digests]) if digests else ""


def _head_half(request: Request) -> str:
    """Cover everything that does not change after the survey but by a person's choice.

    Progress (verdicts, drawings, dates) is not covered.
    """
    return _digest_of_values(
        (
            request.id,
            request.command,
            request.text,
            request.actor,
            request.place,
            request.asked_at,
            request.action.value,
            request.ask,
            request.requirement,
        )
    )


@lru_cache(maxsize=KEPT)
def _digest_of_values(values: tuple[object, ...]) -> str:
    """The ask names every host, so its digest is kept: each host's steps take the one of their request anew."""
    return digest(_plain(values))


def _digests(request: Request) -> dict[str, str]:
    """Return the digest of each host's targets, by host. Every host of the survey has one, also without a target."""
    here: defaultdict[str, list[Target]] = defaultdict(list)
    for target in request.targets:
        here[target.session.host].append(target)
    hosts = dict.fromkeys((*(look.host for look in request.surveys), *here))
    return {host: _of_targets(here[host]) for host in hosts}


def _of_targets(targets: Sequence[Target]) -> str:
    """Cover what the survey froze: each session as it was seen, and whose text warns it."""
    in_order = sorted(targets, key=lambda each: each.key)
    return _digest_of_frozen(tuple((target.session, target.own_warning) for target in in_order))


@lru_cache(maxsize=KEPT_HOSTS)
def _digest_of_frozen(targets: tuple[tuple[Session, bool], ...]) -> str:
    """A host's digest is reckoned with the survey, at the start and at the host's own steps, so it is kept."""
    return digest([[_plain(session), own_warning] for session, own_warning in targets])


def with_seals(request: Request, key: bytes) -> Request:
    """Return a request that was read whole with its hosts' half and the seal of each of its hosts."""
    halved = replace(request, hosts_half=hosts_half(request))
    seals = seals_of(halved, key)
    return replace(halved, surveys=tuple(replace(look, seal=seals[look.host]) for look in request.surveys))


def seals_of(request: Request, key: bytes) -> dict[str, str]:
    """Return the seal of each host in this part of the request: an HMAC over id, content, host and targets."""
    content = content_of(request)
    return {
        host: hmac.new(key, canonical([request.id, content, host, digest]), hashlib.sha256).hexdigest()
        for host, digest in _digests(request).items()
    }


def _plain(value: object) -> object:
    """Return a frozen value as lists, texts and numbers, each with the name of its class.

    A field that came later is left out while it says nothing: a release without it signs the same.
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        said = ((each, getattr(value, each.name)) for each in fields(value))
        named = {each.name: _plain(of) for each, of in said if not (each.metadata.get(LATER) and of == each.default)}
        return [type(value).__name__, named]
    return value
