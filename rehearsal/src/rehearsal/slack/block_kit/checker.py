"""Checks a JSON value by a rule and names each fault and its place in Slack's own words."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from rehearsal.slack.block_kit.rules import Anything, Choice, Flag, Many, Record, Rule, Shape, Text, Typed, Whole, Words
from rehearsal.slack.block_kit.shapes import BLOCKS, ELEMENTS, RECORDS

TEXT_EXTRAS = {"plain_text": {"emoji"}, "mrkdwn": {"verbatim"}}


def fault(words: str, where: str) -> str:
    return f"{words} [json-pointer:{where}]"


def check_block(value: Any, where: str) -> Iterator[str]:
    """Every fault of one block, in the order of its fields."""
    yield from _check_typed(value, BLOCKS, tuple(BLOCKS), where)


def check(value: Any, rule: Rule, where: str) -> Iterator[str]:
    match rule:
        case Words():
            yield from _check_words(value, rule, where)
        case Text():
            yield from _check_text(value, rule, where)
        case Choice(of=choices):
            if value not in choices:
                yield fault(f"must be one of: {', '.join(choices)}", where)
        case Flag():
            if not isinstance(value, bool):
                yield fault("must be a boolean", where)
        case Whole():
            yield from _check_number(value, rule, where)
        case Typed(of=kinds):
            yield from _check_typed(value, ELEMENTS, kinds, where)
        case Record(shape=name):
            yield from _check_shape(value, RECORDS[name], where)
        case Many():
            yield from _check_many(value, rule, where)
        case Anything():
            pass
        case _:
            assert_never(rule)


def _check_words(value: Any, rule: Words, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield fault("must provide a string", where)
    elif len(value) < rule.shortest:
        yield fault(f"must be more than {rule.shortest - 1} characters", where)
    elif len(value) > rule.longest:
        yield fault(f"must be less than {rule.longest + 1} characters", where)


def _check_number(value: Any, rule: Whole, where: str) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield fault("must provide a number", where)
    elif not rule.least <= value <= rule.most:
        yield fault(f"must be between {rule.least} and {rule.most}", where)


def _check_text(value: Any, rule: Text, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield fault("must provide an object", where)
        return
    kind = value.get("type")
    if kind != "plain_text" and not (rule.mrkdwn and kind == "mrkdwn"):
        yield fault(f"unsupported type: {kind}", f"{where}/type")
        return
    extras = TEXT_EXTRAS[kind]
    fields: dict[str, Rule] = {"text": Words(rule.longest), **{extra: Flag() for extra in extras}}
    yield from check_fields(value, Shape(fields, ("text",)), where)


def _check_typed(value: Any, shapes: Mapping[str, Shape], kinds: tuple[str, ...], where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield fault("must provide an object", where)
    elif "type" not in value:
        yield fault("missing required field: type", where)
    elif value["type"] not in kinds:
        yield fault(f"unsupported type: {value['type']}", f"{where}/type")
    else:
        yield from check_fields(value, shapes[value["type"]], where)


def _check_shape(value: Any, shape: Shape, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield fault("must provide an object", where)
    elif "type" in value:
        yield fault("invalid additional property: type", where)
    else:
        yield from check_fields(value, shape, where)


def check_fields(value: Mapping[str, Any], shape: Shape, where: str) -> Iterator[str]:
    for name in shape.needs:
        if name not in value:
            yield fault(f"missing required field: {name}", where)
    if shape.needs_one_of and not any(name in value for name in shape.needs_one_of):
        yield fault(f"missing required field: one of {', '.join(shape.needs_one_of)}", where)
    for name, inner in value.items():
        if name in shape.fields:
            yield from check(inner, shape.fields[name], f"{where}/{name}")
        elif name != "type":
            yield fault(f"invalid additional property: {name}", where)


def _check_many(value: Any, rule: Many, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield fault("must provide an array", where)
        return
    if len(value) < rule.least:
        yield fault(f"no less than {rule.least} items allowed", where)
    if len(value) > rule.most:
        yield fault(f"no more than {rule.most} items allowed", where)
        return
    for index, item in enumerate(value):
        yield from check(item, rule.of, f"{where}/{index}")
