"""Modals and the home tab."""

import json
from typing import Any

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.block_kit.blocks import find_view_faults
from rehearsal.slack.block_kit.views import BIGGEST_VIEW, check_view
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.serializers import Json, view_json


def open_view(context: Context, arguments: Arguments) -> Json:
    body = read_view(arguments, "modal")
    person = context.trigger_ids.spend(arguments.needed("trigger_id"))
    return {"view": view_json(context.views.open(person, body), context.store.settings)}


def push_view(context: Context, arguments: Arguments) -> Json:
    body = read_view(arguments, "modal")
    person = context.trigger_ids.spend(arguments.needed("trigger_id"))
    return {"view": view_json(context.views.push(person, body), context.store.settings)}


def update_view(context: Context, arguments: Arguments) -> Json:
    view = context.views.find(arguments.text("view_id") or arguments.needed("external_id"))
    body = read_view(arguments, view.body["type"])
    return {"view": view_json(context.views.update(view, body, arguments.text("hash")), context.store.settings)}


def publish_view(context: Context, arguments: Arguments) -> Json:
    person = context.store.people.get(arguments.needed("user_id"))
    if person is None or person.deleted or person.is_bot:
        raise SlackError("invalid_arguments", ("invalid `user_id`",))
    body = read_view(arguments, "home")
    return {"view": view_json(context.views.publish(person.id, body, arguments.text("hash")), context.store.settings)}


def read_view(arguments: Arguments, kind: str) -> Json:
    """What Slack would take as a view of this kind; raises SlackError in its words for the rest."""
    return check_body(arguments.mapping("view"), kind)


def check_body(body: Any, kind: str) -> Json:
    """Raises SlackError: invalid_arguments (which names the place), view_too_large."""
    faults = check_view(body, kind) or find_view_faults(body["blocks"], kind)
    if faults:
        raise SlackError("invalid_arguments", tuple(faults))
    if len(json.dumps(body)) > BIGGEST_VIEW:
        raise SlackError("view_too_large")
    checked: Json = body
    return checked


METHODS = {
    "views.open": Method(run=open_view),
    "views.push": Method(run=push_view),
    "views.update": Method(run=update_view),
    "views.publish": Method(run=publish_view),
}
