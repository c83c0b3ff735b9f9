"""Modals and the home tab."""

import json
from typing import Any, Final

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.block_kit.blocks import find_view_faults
from rehearsal.slack.block_kit.views import BIGGEST_VIEW, check_view
from rehearsal.slack.context import Method, Site
from rehearsal.slack.errors import SlackError
from rehearsal.slack.serializers import Json, draw_view

BOTH: Final = ("modal", "home")


def open_view(site: Site, arguments: Arguments) -> Json:
    body = read_view(arguments, "modal")
    person = site.grants.spend_trigger(arguments.needed("trigger_id"))
    return {"view": draw_view(site.views.open(person, body), site.store.cast)}


def push_view(site: Site, arguments: Arguments) -> Json:
    body = read_view(arguments, "modal")
    person = site.grants.spend_trigger(arguments.needed("trigger_id"))
    return {"view": draw_view(site.views.push(person, body), site.store.cast)}


def update_view(site: Site, arguments: Arguments) -> Json:
    view = site.views.find(arguments.text("view_id") or arguments.needed("external_id"))
    body = read_view(arguments, view.body["type"])
    return {"view": draw_view(site.views.update(view, body, arguments.text("hash")), site.store.cast)}


def publish_view(site: Site, arguments: Arguments) -> Json:
    person = site.store.people.get(arguments.needed("user_id"))
    if person is None or person.deleted or person.is_bot:
        raise SlackError("invalid_arguments", ("invalid `user_id`",))
    body = read_view(arguments, "home")
    return {"view": draw_view(site.views.publish(person.id, body, arguments.text("hash")), site.store.cast)}


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
