"""What a pool of PowerShell remoting has behind it: the Python double, or the server of a real engine."""

from collections.abc import Callable
from typing import Protocol

POOL = "00000000-0000-0000-0000-000000000000"
"""In the place of a pipeline's id: the pool itself."""

Say = Callable[[str, bytes], None]
"""Takes what an endpoint says about a pipeline, or about the pool: whole fragments. Nothing: it has ended for good."""


class Endpoint(Protocol):
    """Takes fragments and says fragments; ids of pipelines are in small letters."""

    def open(self, pipeline: str) -> None:
        """A pipeline begins; its first fragments follow."""

    def take(self, pipeline: str, data: bytes, *, prompted: bool = False) -> None:
        """`prompted`: an answer to a call of the host."""

    def stop(self, pipeline: str) -> None:
        """Ctrl+C: the pipeline ends when it can, and says so."""

    def forget(self, pipeline: str) -> None:
        """Nobody waits for it any more."""

    def close(self) -> None: ...


Opener = Callable[[str, Say], Endpoint]
"""Opens the endpoint with this name; raises the Fault to answer instead."""
