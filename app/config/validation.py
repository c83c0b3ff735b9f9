"""Whether the values of a file make settings: the sections alone, and together; of secrets, those that are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from app.config import checks, problems
from app.config.findings import Fault, refusal
from app.config.secrets import secret_at

if TYPE_CHECKING:
    from pathlib import Path

    from app.config.problems import Problem
    from app.config.secrets import Secret
    from app.config.settings import Settings
    from app.config.yaml_file import Location, YamlFile

_PLACEHOLDERS: dict[str, object] = {
    "team": "T00",
    "computers": ["-"],
    "rules": [{"name": "-", "who": ["U00"], "may": ["list"]}],
}
"""Values in place of broken sections, while the other sections are checked."""


def checked(model: type[Settings], file: YamlFile, secrets: frozenset[Secret]) -> tuple[Settings | None, list[Fault]]:
    """Return the settings, None when a section is broken, and all faults of the values, the sections and between them.

    What is wrong because a secret is not here is no fault, and nothing is said of the secrets that nobody uses.
    """
    settings, found = _validated(model, _used(file.values, secrets))
    faults = [
        Fault(file.line_of(each.where), each.key, each.message, each.kind, each.meant)
        for each in found
        if secret_at(each.where) in {None, *secrets} and not any(one.concerns(each.where) for one in file.wanted)
    ]
    return settings, [*file.faults, *faults]


def _used(value: Any, secrets: frozenset[Secret], where: Location = ()) -> Any:
    """Return the values with an empty text for each secret that nobody uses."""
    match value:
        case _ if secret_at(where) not in {None, *secrets}:
            return ""
        case dict():
            return {key: _used(each, secrets, (*where, key)) for key, each in value.items()}
        case list():
            return [_used(each, secrets, (*where, index)) for index, each in enumerate(value)]
        case _:
            return value


def _validated(model: type[Settings], values: dict[str, object]) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, None when a section is broken, and all problems of the sections and between them."""
    try:
        settings = model.model_validate(values)
    except ValidationError as exc:
        found = list(problems.of_all(exc.errors(include_url=False), model))  # what was written is compared, never shown
        at_top = (each.meant for each in found if len(each.where) == 1)
        broken = frozenset([*(str(each.where[0]) for each in found), *at_top])
        sound = {key: value for key, value in values.items() if key not in broken}
        return None, [*found, *checks.unsafe(model.model_validate(_PLACEHOLDERS | sound), broken)]
    return settings, list(checks.unsafe(settings))


def secret_alone(path: Path, file: YamlFile, key: str, default: str, instead: str) -> SecretStr:
    """Return one secret of the file. Raises `SettingsError` with `instead` when it is none."""
    said = file.values.get(key, default)
    missing = [each.fault for each in file.wanted if each.where == (key,)]
    if missing or not isinstance(said, str) or not said:
        raise refusal(path, missing or [Fault(file.line_of((key,)), key, instead)])
    return SecretStr(said)
