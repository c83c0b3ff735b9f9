"""The Web API's methods. What does not stand here is `unknown_method`."""

from rehearsal.slack.context import Method
from rehearsal.slack.methods import chat, conversations, directory, files, session, views

METHODS: dict[str, Method] = {
    **session.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **directory.METHODS,
    **files.METHODS,
    **views.METHODS,
}

SCOPES = tuple(
    sorted({"commands", "app_mentions:read"} | {scope for method in METHODS.values() for scope in method.scopes})
)
"""Every scope that there is here: those of the methods, and the two for commands and mentions."""
