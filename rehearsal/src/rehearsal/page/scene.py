"""What a written scene tells those who watch it on the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Step `step` of `steps`; `now` says what is being done, `say` what to look at."""

    title: str
    say: str
    now: str
    step: int
    steps: int
    is_over: bool = False
