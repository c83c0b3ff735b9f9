"""Health and metrics: `/livez`, `/readyz` and `/metrics`, where app.yaml asks for them.

The ports are wrapped where the bot is put together (`service.py`); the core knows nothing of it. Without the section
`health` nothing is wrapped, no thread is started and no port is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.health.off import NoHealth

if TYPE_CHECKING:
    from app.config.health import HealthSettings
    from bot.audit.entry import Origin


def health_of(settings: HealthSettings | None, origin: Origin) -> NoHealth:
    """Return what wraps the ports and answers; without the section `health` nothing does."""
    if settings is None:
        return NoHealth()
    from app.health.service import Health  # noqa: PLC0415 - the library takes a while to load, and few commands need it

    return Health(settings.address(), origin)
