"""What all behaviours of a host have in common."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Behaviour(BaseModel):
    """One behaviour and its options; `name` is its key in YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str]
