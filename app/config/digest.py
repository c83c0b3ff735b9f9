"""The section `digest` of app.yaml: a weekly summary of the audit log, for a channel."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from app.config.policy import ChannelId, Section
from bot.workflow.digest import DigestPlan

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError("write the name of a zone: UTC, Europe/Berlin") from exc
    return value


class DigestSettings(Section):
    """Where and when the digest is sent. Without the section there is none."""

    channel: ChannelId = Field(min_length=1)
    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    hour: int = Field(default=8, ge=0, le=23)
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"

    def plan(self) -> DigestPlan:
        """Return the plan of the core."""
        return DigestPlan(channel=self.channel, weekday=DAYS.index(self.day), hour=self.hour, zone=ZoneInfo(self.zone))
