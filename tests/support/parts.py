"""Parts of a request without a database: what a ledger reads of one, and what it keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from bot.domain.part import Extent
from bot.domain.request import Counts, counts_of

if TYPE_CHECKING:
    from bot.domain.part import Part
    from bot.domain.request import Request


def hosts_in(request: Request, part: Part) -> frozenset[str]:
    """Return the names of the hosts of this part of the request."""
    match part.extent:
        case Extent.WHOLE:
            return frozenset(look.host for look in request.surveys) | frozenset(t.session.host for t in request.targets)
        case Extent.HEAD:
            return frozenset()
        case Extent.HOST:
            return frozenset((part.host,))
        case Extent.UNSURE:
            return frozenset(target.session.host for target in request.unsure_targets)
    assert_never(part.extent)


def taken(request: Request, part: Part) -> Request:
    """Return the part of a request that was read whole."""
    if part.extent is Extent.WHOLE and request.elsewhere == Counts():
        return request
    hosts = hosts_in(request, part)
    targets = tuple(target for target in request.targets if target.session.host in hosts)
    surveys = tuple(look for look in request.surveys if look.host in hosts)
    elsewhere = counts_of(request.targets) - counts_of(targets)
    return replace(request, targets=targets, surveys=surveys, elsewhere=elsewhere)


def put_back(whole: Request, part: Request) -> Request:
    """Return the whole request with the values of a part of it that has changed meanwhile."""
    targets = {target.key: target for target in part.targets}
    surveys = {look.host: look for look in part.surveys}
    return replace(
        part,
        targets=tuple(targets.get(target.key, target) for target in whole.targets),
        surveys=tuple(surveys.get(look.host, look) for look in whole.surveys),
        elsewhere=whole.elsewhere,
    )
