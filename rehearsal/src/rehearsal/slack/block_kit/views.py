"""What Slack takes as a view, apart from its blocks. Source: docs.slack.dev/reference/views."""

from collections.abc import Mapping
from typing import Any, Final

from rehearsal.slack.block_kit.checker import check_fields, fault
from rehearsal.slack.block_kit.rules import Anything, Choice, Flag, Rule, Shape, Text, Words

BIGGEST_VIEW: Final = 250_000
_TITLE: Final = Text(24, mrkdwn=False)

_SHARED: Final[dict[str, Rule]] = {
    "type": Choice(("modal", "home")),
    "blocks": Anything(),
    "private_metadata": Words(3000, 0),
    "callback_id": Words(255, 0),
    "external_id": Words(255, 0),
}
_SHAPES: Final = {
    "home": Shape(_SHARED, ("type", "blocks")),
    "modal": Shape(
        {
            **_SHARED,
            "title": _TITLE,
            "submit": _TITLE,
            "close": _TITLE,
            "clear_on_close": Flag(),
            "notify_on_close": Flag(),
            "submit_disabled": Flag(),
        },
        ("type", "blocks", "title"),
    ),
}


def check_view(body: Any, kind: str) -> list[str]:
    """Every fault outside the blocks; empty when there is none."""
    if not isinstance(body, Mapping):
        return [fault("must provide an object", "/view")]
    if body.get("type") != kind:
        return [fault(f"must be one of: {kind}", "/view/type")]
    faults = list(check_fields(body, _SHAPES[kind], "/view"))
    if not isinstance(body.get("blocks"), list):
        return [*faults, fault("must provide an array", "/view/blocks")]
    inputs = any(isinstance(block, Mapping) and block.get("type") == "input" for block in body["blocks"])
    if kind == "modal" and inputs and "submit" not in body:
        faults.append(fault("missing required field: submit", "/view"))
    return faults
