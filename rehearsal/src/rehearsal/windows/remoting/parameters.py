"""The parameters of a command, bound as PowerShell's binder does it: by name, alias or position, typed and bounded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "int", "long", "switch", "texts", "ints", "objects"]
"""`objects`: of a type that crosses no wire, so nothing that a client can give is one."""
Given = Sequence[tuple[str | None, Any]]
"""What a client gives a command, in order; without a name it goes by position."""

_BITS: dict[Kind, int] = {"int": 31, "ints": 31, "long": 63}


class CommandError(Exception):
    """What ends a command: PowerShell's identifier, the same in every language, and words for people."""

    def __init__(self, identifier: str, words: str) -> None:
        super().__init__(words)
        self.identifier = identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`position` is its place without a name. `piped`: it is bound to a property with its name, or an alias of it.

    `accepts` says whether one value may be: a number in its range, a text of a length; nothing is none. `least` and
    `most` count the values of one that takes several. `apart`: other parameters that it does not go with.
    """

    name: str
    kind: Kind = "text"
    aliases: tuple[str, ...] = ()
    position: int | None = None
    mandatory: bool = False
    apart: tuple[str, ...] = ()
    least: int = 0
    most: int = 1000
    piped: bool = False
    accepts: Callable[[Any], bool] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name.lower(), *(each.lower() for each in self.aliases))


COMMON = (
    Parameter(name="Verbose", kind="switch", aliases=("vb",)),
    Parameter(name="Debug", kind="switch", aliases=("db",)),
    Parameter(name="ErrorAction", aliases=("ea",)),
    Parameter(name="WarningAction", aliases=("wa",)),
    Parameter(name="InformationAction", aliases=("infa",)),
    Parameter(name="ErrorVariable", aliases=("ev",)),
    Parameter(name="OutVariable", aliases=("ov",)),
    Parameter(name="OutBuffer", kind="int", aliases=("ob",)),
    Parameter(name="PipelineVariable", aliases=("pv",)),
)
"""What every command takes; none of it changes what the double does."""


def bind(
    parameters: Sequence[Parameter], given: Given, piped: Mapping[str, Any], *, is_whole: bool = True
) -> dict[str, Any]:
    """Values by the parameters' names; CommandError as PowerShell's binder has it.

    `piped` are the properties of the object that comes down the pipeline. Without `is_whole` more values follow.
    """
    bound = _bind_named(parameters, given)
    free = sorted((each for each in parameters if each.position is not None), key=lambda each: each.position or 0)
    for value in (value for name, value in given if name is None):
        place = next((each for each in free if each.name not in bound), None)
        if place is None:
            raise CommandError("PositionalParameterNotFound", f"No positional parameter accepts {str(value)[:40]!r}.")
        bound[place.name] = _checked(place, value)
    for each in parameters:
        if each.piped and each.name not in bound and (found := _property(each, piped)) is not None:
            bound[each.name] = _checked(each, found)
    missing = [each.name for each in parameters if each.mandatory and each.name not in bound]
    if missing and is_whole:
        raise CommandError("MissingMandatoryParameter", f"Missing mandatory parameters: {' '.join(missing)}.")
    return bound


def _bind_named(parameters: Sequence[Parameter], given: Given) -> dict[str, Any]:
    """Only what was given with a name. A value that cannot be is told before a name that is not there."""
    bound: dict[str, Any] = {}
    unknown: list[CommandError] = []
    for name, value in given:
        if name is None:
            continue
        try:
            wanted = _named(parameters, name)
        except CommandError as error:
            if error.identifier != "NamedParameterNotFound":
                raise
            unknown.append(error)
            continue
        if wanted.name in bound:
            raise CommandError("ParameterAlreadyBound", f"The parameter {wanted.name} is specified more than once.")
        bound[wanted.name] = _checked(wanted, value)
    if mixed := [each.name for each in parameters if each.name in bound and bound.keys() & set(each.apart)]:
        raise CommandError("AmbiguousParameterSet", f"These parameters do not go together: {', '.join(mixed)}.")
    if unknown:
        raise unknown[0]
    return bound


def _named(parameters: Sequence[Parameter], name: str) -> Parameter:
    """By its whole name, an alias, or a beginning that only one has."""
    wanted = name.lstrip("-").rstrip(":").lower()
    exact = [each for each in parameters if wanted in each.names]
    begun = [each for each in parameters if any(own.startswith(wanted) for own in each.names)]
    found = exact or begun
    if not wanted or not found:
        raise CommandError("NamedParameterNotFound", f"A parameter cannot be found that matches {name[:40]!r}.")
    if len(found) > 1:
        raise CommandError("AmbiguousParameter", f"The parameter name {name[:40]!r} is ambiguous.")
    return found[0]


def _property(parameter: Parameter, piped: Mapping[str, Any]) -> Any:
    own = {name.lower(): value for name, value in piped.items()}
    return next((own[name] for name in parameter.names if own.get(name) is not None), None)


def _checked(parameter: Parameter, value: Any) -> Any:
    accepts = parameter.accepts
    if parameter.kind in ("texts", "ints"):
        kind: Kind = "text" if parameter.kind == "texts" else "int"
        values = list(value) if isinstance(value, list | tuple) else [value]
        result: Any = [_turned(parameter, kind, each) for each in values if each is not None]
        is_right = parameter.least <= len(result) <= parameter.most and None not in values
        is_right = is_right and (accepts is None or all(map(accepts, result)))
    elif (value is None and accepts) or (parameter.kind == "objects" and value in (None, [])):
        result, is_right = None, False
    else:
        result = _turned(parameter, parameter.kind, value)
        is_right = accepts is None or accepts(result)
    if not is_right:
        raise CommandError(
            "ParameterArgumentValidationError", f"Cannot validate argument on parameter '{parameter.name}'."
        )
    return result


def _turned(parameter: Parameter, kind: Kind, value: Any) -> Any:
    """One value in the parameter's type."""
    match kind:
        case "switch" if value is None or isinstance(value, int):
            return value is None or bool(value)
        case "text" if value is None or isinstance(value, str | int):
            return "" if value is None else str(value)
        case "int" | "long" if value is None:
            raise CommandError("ParameterBindingFailed", f"Cannot bind parameter '{parameter.name}': it is null.")
        case "int" | "long" if (number := _number(value)) is not None:
            if -(2 ** _BITS[kind]) <= number < 2 ** _BITS[kind]:
                return number
    is_told = kind == "switch" or (isinstance(value, list) and kind != "objects")
    told = "" if is_told else "NoMessage"
    raise CommandError(
        f"CannotConvertArgument{told}", f"Cannot convert the value of parameter '{parameter.name}' to {kind}."
    )


def _number(value: Any) -> int | None:
    if isinstance(value, bool | int):
        return int(value)
    try:
        return int(value) if isinstance(value, str) and value.strip().isascii() else None
    except ValueError:
        return None
