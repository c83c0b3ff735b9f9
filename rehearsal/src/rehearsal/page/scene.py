"""The state of a written scene, as the page shows it."""

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
