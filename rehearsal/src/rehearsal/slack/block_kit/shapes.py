"""Block Kit as data: every block, element and object that the rehearsal takes in a message, with its limits.

Source: docs.slack.dev/reference/block-kit (blocks, block elements, composition objects), read with what
`slack_sdk.models` validates. A type that does not stand here is refused, as Slack refuses a type it does not know.
"""

from typing import Final

from rehearsal.slack.block_kit.rules import Anything, Choice, Flag, Many, Record, Rule, Shape, Text, Typed, Whole, Words

MOST_BLOCKS: Final = 50
MOST_VIEW_BLOCKS: Final = 100
NOT_IN_VIEWS: Final = {"modal": ("table", "markdown"), "home": ("markdown",)}
MOST_CHARACTERS: Final = 13_200
"""Of all texts of one message together. Undocumented; reported in slackapi/bolt-js#2509."""
MOST_MARKDOWN: Final = 12_000
"""Of all markdown blocks of one message together."""

_ID: Final = Words(255)
_URL: Final = Words(3000)
_STYLE: Final = Choice(("primary", "danger"))
_PLACEHOLDER: Final = Text(150, mrkdwn=False)
_OPTION: Final = Record("option")
_OPTIONS: Final = Many(_OPTION, 100)
_MULTI: Final = Whole(1, 100)


def _element(needs: tuple[str, ...] = (), **fields: Rule) -> Shape:
    return Shape({"action_id": _ID, "confirm": Record("confirm"), "focus_on_load": Flag(), **fields}, needs)


def _menu(**fields: Rule) -> Shape:
    return _element((), placeholder=_PLACEHOLDER, **fields)


def _static_menu(**fields: Rule) -> Shape:
    groups = Many(Record("option_group"), 100)
    return Shape(_menu(options=_OPTIONS, option_groups=groups, **fields).fields, (), ("options", "option_groups"))


def _field(**fields: Rule) -> Shape:
    return _element((), placeholder=_PLACEHOLDER, dispatch_action_config=Anything(), **fields)


def _block(needs: tuple[str, ...] = (), needs_one_of: tuple[str, ...] = (), **fields: Rule) -> Shape:
    return Shape({"block_id": _ID, **fields}, needs, needs_one_of)


BUTTONS: Final = ("button",)
MENUS: Final = tuple(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
PICKERS: Final = ("overflow", "datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons")
FIELDS: Final = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
TEXTS: Final = ("plain_text", "mrkdwn")
ACTIONS: Final = BUTTONS + MENUS + PICKERS

BLOCKS: Final[dict[str, Shape]] = {
    "actions": _block(("elements",), elements=Many(Typed(ACTIONS), 25)),
    "context": _block(("elements",), elements=Many(Typed(("image", *TEXTS)), 10)),
    "divider": _block(),
    "header": _block(("text",), text=Text(150, mrkdwn=False)),
    "image": _block(
        ("alt_text",),
        ("image_url", "slack_file"),
        image_url=_URL,
        slack_file=Anything(),
        alt_text=Words(2000),
        title=Text(2000, mrkdwn=False),
    ),
    "input": _block(
        ("label", "element"),
        label=Text(2000, mrkdwn=False),
        hint=Text(2000, mrkdwn=False),
        element=Typed((*FIELDS, *MENUS, *(picker for picker in PICKERS if picker != "overflow"))),
        optional=Flag(),
        dispatch_action=Flag(),
    ),
    "markdown": _block(("text",), text=Words(MOST_MARKDOWN)),
    "rich_text": _block(
        ("elements",),
        elements=Many(
            Typed(("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")), 1000
        ),
    ),
    "section": _block(
        (),
        ("text", "fields"),
        text=Text(3000),
        fields=Many(Text(2000), 10),
        accessory=Typed((*ACTIONS, "image")),
        expand=Flag(),
    ),
    "table": _block(
        ("rows",),
        rows=Many(Many(Typed(("raw_text", "rich_text")), 20), 100),
        column_settings=Many(Record("column_setting"), 20),
    ),
}

ELEMENTS: Final[dict[str, Shape]] = {
    "button": _element(
        ("text",),
        text=Text(75, mrkdwn=False),
        value=Words(2000),
        url=_URL,
        style=_STYLE,
        accessibility_label=Words(75),
    ),
    "static_select": _static_menu(initial_option=_OPTION),
    "multi_static_select": _static_menu(initial_options=_OPTIONS, max_selected_items=_MULTI),
    "external_select": _menu(initial_option=_OPTION, min_query_length=Whole(0, 1000)),
    "multi_external_select": _menu(
        initial_options=_OPTIONS, min_query_length=Whole(0, 1000), max_selected_items=_MULTI
    ),
    "users_select": _menu(initial_user=Words(20)),
    "multi_users_select": _menu(initial_users=Many(Words(20), 100), max_selected_items=_MULTI),
    "conversations_select": _menu(
        initial_conversation=Words(20),
        default_to_current_conversation=Flag(),
        response_url_enabled=Flag(),
        filter=Anything(),
    ),
    "multi_conversations_select": _menu(
        initial_conversations=Many(Words(20), 100),
        default_to_current_conversation=Flag(),
        filter=Anything(),
        max_selected_items=_MULTI,
    ),
    "channels_select": _menu(initial_channel=Words(20), response_url_enabled=Flag()),
    "multi_channels_select": _menu(initial_channels=Many(Words(20), 100), max_selected_items=_MULTI),
    "overflow": _element(("options",), options=Many(Record("overflow_option"), 5)),
    "datepicker": _menu(initial_date=Words(10, 10)),
    "timepicker": _menu(initial_time=Words(5, 5), timezone=Words(100)),
    "datetimepicker": _element(initial_date_time=Whole(1_000_000_000, 9_999_999_999)),
    "checkboxes": _element(
        ("options",), options=Many(Record("rich_option"), 10), initial_options=Many(Record("rich_option"), 10)
    ),
    "radio_buttons": _element(
        ("options",), options=Many(Record("rich_option"), 10), initial_option=Record("rich_option")
    ),
    "plain_text_input": _field(
        initial_value=Words(3000, 0), multiline=Flag(), min_length=Whole(0, 3000), max_length=Whole(1, 3000)
    ),
    "email_text_input": _field(initial_value=Words(3000, 0)),
    "url_text_input": _field(initial_value=Words(3000, 0)),
    "number_input": _field(
        initial_value=Words(100), is_decimal_allowed=Flag(), min_value=Words(100), max_value=Words(100)
    ),
    "image": Shape(
        {"image_url": _URL, "slack_file": Anything(), "alt_text": Words(2000)},
        ("alt_text",),
        ("image_url", "slack_file"),
    ),
    "plain_text": Shape({"text": Words(3000), "emoji": Flag()}, ("text",)),
    "mrkdwn": Shape({"text": Words(3000), "verbatim": Flag()}, ("text",)),
    "raw_text": Shape({"text": Words(3000)}, ("text",)),
    "rich_text": BLOCKS["rich_text"],
    "rich_text_section": Shape({"elements": Anything()}, ("elements",)),
    "rich_text_list": Shape(
        {
            "elements": Anything(),
            "style": Choice(("bullet", "ordered")),
            "indent": Whole(0, 8),
            "offset": Whole(0, 100_000),
            "border": Whole(0, 1),
        },
        ("elements", "style"),
    ),
    "rich_text_preformatted": Shape({"elements": Anything(), "border": Whole(0, 1)}, ("elements",)),
    "rich_text_quote": Shape({"elements": Anything(), "border": Whole(0, 1)}, ("elements",)),
}

_OPTION_FIELDS: Final[dict[str, Rule]] = {"value": Words(150), "description": Text(75, mrkdwn=False)}

RECORDS: Final[dict[str, Shape]] = {
    "confirm": Shape(
        {
            "title": Text(100, mrkdwn=False),
            "text": Text(300),
            "confirm": Text(30, mrkdwn=False),
            "deny": Text(30, mrkdwn=False),
            "style": _STYLE,
        },
        ("title", "text", "confirm", "deny"),
    ),
    "option": Shape({"text": Text(75, mrkdwn=False), **_OPTION_FIELDS}, ("text", "value")),
    "overflow_option": Shape({"text": Text(75, mrkdwn=False), "url": _URL, **_OPTION_FIELDS}, ("text", "value")),
    "rich_option": Shape({**_OPTION_FIELDS, "text": Text(75), "description": Text(75)}, ("text", "value")),
    "option_group": Shape({"label": Text(75, mrkdwn=False), "options": _OPTIONS}, ("label", "options")),
    "column_setting": Shape({"align": Choice(("left", "center", "right")), "is_wrapped": Flag()}),
}
