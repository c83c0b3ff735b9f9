"""The section `digest` of app.yaml: a weekly summary of the audit log, for a channel."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from app.config.policy import ChannelId, Section
from app.config.zones import zone_named
from bot.workflow.digest import DigestPlan

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _zone(value: str) -> str:
    zone_named(value)
    return value


class DigestSettings(Section):
    """Where and when the digest is sent. Without the section there is none."""

    channel: ChannelId = Field(min_length=1)
    day: Day = "monday"
    hour: int = Field(default=8, ge=0, le=23)
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"

    def plan(self) -> DigestPlan:
        """Return the plan of the core."""
        weekday = get_args(Day).index(self.day)
        return DigestPlan(channel=self.channel, weekday=weekday, hour=self.hour, zone=zone_named(self.zone))
