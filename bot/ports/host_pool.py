"""The port to the threads in which many hosts are contacted side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

Answer = TypeVar("Answer")


class HostPool(Protocol):
    """The threads that all requests share for looks and warnings."""

    def each(
        self,
        request_id: str,
        hosts: Sequence[str],
        call: Callable[[str], Answer],
        *,
        last: Collection[str] = frozenset(),
    ) -> list[Answer]:
        """Call `call` with each host, side by side, and return the answers in the order of the hosts.

        It is fair: a request with few hosts does not wait for one with many. The calls at the hosts of `last` begin
        when no other call of any request can begin. What `call` raises is raised here, after all calls have ended.
        """
        ...
