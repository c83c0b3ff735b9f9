"""What a written scene tells those who watch it on the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Step `step` of `steps`. `now` is what happens, `message` what to look at."""

    title: str
    message: str
    now: str
    step: int
    steps: int
    is_over: bool = False
