"""A YAML file, read; what is wrong with it is said in a sentence, with the path and the line."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml


class YamlFileError(ValueError):
    """The file cannot be used. The message names the path, the cause and what to do."""


def read_yaml(path: Path) -> Any:
    """Return what stands in the file. Raises YamlFileError when it is no YAML."""
    try:
        found = yaml.safe_load(_text_of(path))
    except IsADirectoryError as exc:
        raise YamlFileError(f"{path} is a folder. Name a file in it.") from exc
    except OSError as exc:
        raise YamlFileError(f"{path} cannot be read: {exc.strerror}. Name another file.") from exc
    except UnicodeDecodeError as exc:
        raise YamlFileError(f"{path} is no text in UTF-8. Save it as UTF-8.") from exc
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f" at line {mark.line + 1}" if mark else ""
        raise YamlFileError(f"{path} is no YAML{place}: {exc.problem or exc.context}.") from exc
    except yaml.YAMLError as exc:
        raise YamlFileError(f"{path} is no YAML: it has a control character in it.") from exc
    except YamlFileError:
        raise
    except (ValueError, RecursionError, OverflowError) as exc:
        raise YamlFileError(f"{path} is no YAML that can be read: {exc}. Put such a value in quotes.") from exc
    if found is None:
        raise YamlFileError(f"{path} is empty. Copy the one that ships and change it.")
    return found


def _text_of(path: Path) -> str:
    if path.exists() and not (path.is_file() or path.is_dir()):  # it may have no end, or never a begin
        raise YamlFileError(f"{path} is a pipe or a device. Name a file.")
    return path.read_text(encoding="utf-8")


def told(path: Path, errors: Iterable[Any]) -> str:
    """Return the faults that pydantic found, each with its place in the file."""
    lines = [f"  {_place(each['loc'])}: {each['msg'].removeprefix('Value error, ')}" for each in errors]
    return "\n".join([f"{path} has {len(lines)} fault{'s' if len(lines) > 1 else ''}:", *lines])


def _place(location: tuple[int | str, ...]) -> str:
    return " > ".join(str(part) for part in location) or "the file"
