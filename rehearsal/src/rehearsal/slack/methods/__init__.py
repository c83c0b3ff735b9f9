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

SCOPES = tuple(sorted({scope for method in METHODS.values() for scope in method.scopes}))
"""Every scope that a method asks for. With `commands` and `app_mentions:read` an app may do all that there is."""
