"""One computer under two names: a protection or a rule that knows one of them would not hold for the other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from itertools import combinations
from typing import TYPE_CHECKING

from app.config.problems import Problem
from bot.domain.conditions import may_be_like
from bot.domain.inventory import MOST_HOSTS, admits, expand, is_name, is_numeric, is_pattern, overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Computer, Settings
    from app.config.yaml_file import Location

_DOORS = frozenset({5985, 5986})
_OPEN_END = (
    "`{}` has to end in letters of its own, like *.corp.example: "
    "* and ? stand for no dot, and not for a whole last part."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of the inventory, where it leads and where it stands."""

    name: str
    address: str
    port: int
    machine: str
    where: Location

    @property
    def known_as(self) -> tuple[str, ...]:
        return (self.name, self.address) if self.address != self.name else (self.name,)


def fault_in_computer(computer: Computer) -> tuple[str, str]:
    """Return the key and the sentence of what is wrong with one entry alone; two empty texts when nothing is."""
    if bool(computer.name) == bool(computer.match):
        return "", "a computer has either a name or a match."
    if computer.match:
        return _fault_in_match(computer)
    names = list(expand(computer.name))
    if not names or not all(is_name(name) for name in names):
        return "", f"`{computer.name}` is no name of a computer and no range like rds-[01-40]."
    if wrong := next(filter(None, map(_fault_in_address, names)), ""):
        return "", wrong
    if len(names) > MOST_HOSTS:
        return "", f"`{computer.name}` names more than {MOST_HOSTS:,} computers."
    if computer.address and len(names) > 1:
        return "address", f"`{computer.name}` and one address would be one computer under {len(names)} names."
    if computer.address and (wrong := _fault_in_address(computer.address)):
        return "address", wrong
    return _fault_in_machine(computer, len(names))


def _fault_in_machine(computer: Computer, names: int) -> tuple[str, str]:
    """A machine that no host can name would have every answer of the computer refused."""
    if computer.machine and names > 1:
        return "machine", f"`{computer.name}` and one machine would be one computer under {names} names."
    if computer.machine and (not is_name(computer.machine) or is_numeric(computer.machine)):
        return "machine", f"no computer calls itself `{computer.machine}`: write what `hostname` prints there."
    return "", ""


def _fault_in_match(computer: Computer) -> tuple[str, str]:
    if not computer.match.rpartition(".")[2].strip("*?"):
        return "match", _OPEN_END.format(computer.match)
    if not is_name(computer.match.replace("*", "a").replace("?", "a")) or is_numeric(computer.match):
        return "match", f"`{computer.match}` can match no name of a computer."
    if computer.address:
        return "address", f"`{computer.match}` and one address would be one computer under many names."
    if computer.machine:
        return "machine", f"`{computer.match}` and one machine would be one computer under many names."
    return "", ""


def _fault_in_address(text: str) -> str:
    """An address in another spelling would be another address for whoever compares the two."""
    if ":" in text or "[" in text:
        try:
            address = IPv6Address(text.strip("[]"))
        except AddressValueError:
            return f"`{text}` is no address."
        wanted = str(address.ipv4_mapped or f"[{address}]")
        return "" if text == wanted else f"`{text}` has to be written `{wanted}`."
    if not is_name(text):
        return f"`{text}` is no name and no address of a computer."
    if not is_numeric(text):
        return ""
    try:
        IPv4Address(text)
    except AddressValueError:
        return f"`{text}` is no address: write four numbers without zeros before them, like 10.0.0.5."
    return ""


def entries(settings: Settings) -> tuple[Entry, ...]:
    """Each name of the inventory. Entries that are wrong alone are left out."""
    return tuple(
        Entry(
            name, computer.address or name, settings.way_to(computer).real_port, computer.machine, ("computers", index)
        )
        for index, computer in enumerate(settings.computers)
        if computer.name and not any(fault_in_computer(computer))
        for name in expand(computer.name)
    )


def twice(settings: Settings) -> Iterator[Problem]:
    """Two entries that are one computer, or one name: which of them counts would be chance."""
    found = entries(settings)
    alike: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        for known in dict.fromkeys(map(_first_label, entry.known_as)):
            alike[known].append(entry)
    said: set[tuple[Location, Location]] = set()
    for one, other in (pair for group in alike.values() for pair in combinations(group, 2)):
        sentence = _why_one(one, other)
        if sentence and (one.where, other.where) not in said:
            said.add((one.where, other.where))
            yield Problem(where=other.where, message=f"{sentence} ({_place(one.where)}). Keep one of them.")


def _why_one(one: Entry, other: Entry) -> str:
    pair = f"`{other.name}` and `{one.name}`"
    if one.name == other.name:
        return f"`{other.name}` stands there a second time"
    if one.name.lower() == other.name.lower():
        return f"{pair} differ in letter case only"
    if any(_is_short_of(a, b) or _is_short_of(b, a) for a in one.known_as for b in other.known_as):
        return f"{pair} are the short and the full name of one computer"
    if one.port != other.port and not {one.port, other.port} <= _DOORS:
        return ""
    if _canonical(one.address) == _canonical(other.address):
        return f"{pair} lead to one address"
    is_named_so = any(_canonical(a) == _canonical(b) for a in one.known_as for b in other.known_as)
    return f"{pair}: the address of one is the name of the other" if is_named_so else ""


def second_names(settings: Settings) -> Iterator[Problem]:
    """Patterns that let another name in of a computer that is listed, or that another pattern lets in."""
    listed = [(name, entry) for entry in entries(settings) for name in entry.known_as]
    for index, match in matches(settings):
        where: Location = ("computers", index, "match")
        for name, entry in listed:
            if _lets_other_name_in(match, name, entry):
                known = f"`{entry.name}`" if name == entry.name else f"`{entry.name}`, whose address is `{name}`"
                message = f"`{match}` lets a second name in for {known} ({_place(entry.where)})."
                yield Problem(where=where, message=f"{message} What is said of one name does not hold for the other.")
                break
        for before, earlier in matches(settings):
            if before < index and (sentence := _why_one_pattern(match, earlier)):
                yield Problem(where=where, message=f"{sentence} ({_place(('computers', before))}).")


def _lets_other_name_in(match: str, name: str, entry: Entry) -> bool:
    if is_numeric(name) or ":" in name:
        return False
    if name != entry.name and admits(match, name):
        return True
    if name != entry.name and admits(match, entry.name) and _first_label(name) == _first_label(entry.name):
        return False
    is_short, is_full_match = "." not in name, "." in match
    first = match.partition(".")[0]
    return is_short == is_full_match and overlap(name.partition(".")[0], first)


def _why_one_pattern(match: str, earlier: str) -> str:
    if match.lower() == earlier.lower():
        return f"`{match}` stands there a second time"
    if ("." in match) != ("." in earlier) and _first_labels_overlap(match, earlier):
        return f"`{match}` and `{earlier}` let the short and the full name of one computer in"
    return ""


def matches(settings: Settings) -> list[tuple[int, str]]:
    """The patterns that can match something, and their places."""
    return [
        (index, computer.match)
        for index, computer in enumerate(settings.computers)
        if computer.match and not any(fault_in_computer(computer))
    ]


def groups(settings: Settings) -> Iterator[Problem]:
    """Names of groups that mean two things, or can be typed by nobody."""
    names = {entry.name.lower(): entry for entry in entries(settings)}
    known: dict[str, str] = {}
    for group, members in settings.groups.items():
        where: Location = ("groups", group)
        if not group or set(group) & set(" ,*?:\"'\\") or not group.isprintable():
            yield Problem(where=where, message=f"`{group}` is no name that can be typed behind `group:`.")
        if not members:
            yield Problem(where=where, message="needs at least one entry.")
        if entry := names.get(group.lower()):
            message = f"the group `{group}` is called like the computer `{entry.name}` ({_place(entry.where)})."
            yield Problem(where=where, message=message)
        if group.lower() in known:
            other = known[group.lower()]
            yield Problem(where=where, message=f"the groups `{group}` and `{other}` differ in letter case only.")
        known[group.lower()] = group


def odd(settings: Settings) -> Iterator[Problem]:
    """What may be meant so, and is more often a slip. `policy check` names it."""
    found = entries(settings)
    for one, other in combinations_of_one_label(found):
        pair = f"`{other.name}` and `{one.name}`"
        if _canonical(one.address) == _canonical(other.address):
            if not (one.machine and other.machine):  # who says what each calls itself says that they are two
                message = (
                    f"{pair} lead to one address by two ports: are they two computers? Then say `machine` of each."
                )
                yield Problem(where=other.where, message=message)
        elif one.name.lower() != other.name.lower() and "." in one.name and "." in other.name:
            yield Problem(where=other.where, message=f"{pair} have one first name: are they two computers?")
    yield from _one_machine(found)
    for index, match in matches(settings):
        where: Location = ("computers", index, "match")
        if own := next((entry for entry in found if admits(match, entry.name)), None):
            message = f"`{match}` also fits `{own.name}`, whose own entry counts ({_place(own.where)})."
            yield Problem(where=where, message=message)
        for before, earlier in matches(settings):
            if before < index and match.count(".") == earlier.count(".") and _all_labels_overlap(match, earlier):
                message = (
                    f"`{match}` and `{earlier}` fit the same names; the first counts ({_place(('computers', before))})."
                )
                yield Problem(where=where, message=message)
    for group in settings.groups:
        if like := next((match for _, match in matches(settings) if admits(match, group)), ""):
            yield Problem(
                where=("groups", group), message=f"`{like}` lets a computer in that is called like the group."
            )


def is_any_name_of_one(settings: Settings, said: str) -> bool:
    """Whether a protection means a computer by any of its names: listed, reported, with a domain or without."""
    label, dot, _ = said.partition(".")
    selectors = (said, label) if dot and not is_pattern(label) else (said,)
    known = [name for entry in entries(settings) for name in (entry.name, entry.machine)]
    known += [name.partition(".")[0] for name in known if not is_numeric(name)]
    lets_in = [part for _, match in matches(settings) for part in (match, match.partition(".")[0])]
    is_listed = any(may_be_like(selector, name) for selector in selectors for name in known if name)
    return is_listed or any(overlap(selector, part) for selector in selectors for part in lets_in)


def _one_machine(found: tuple[Entry, ...]) -> Iterator[Problem]:
    """Two entries of which one says that it is the other's machine. The bot acts there once, under both names."""
    first: dict[str, Entry] = {}
    for entry in found:
        for name in dict.fromkeys((entry.machine or entry.name).lower().split(".")[:1]):
            other = first.setdefault(name, entry)
            if other is not entry and (entry.machine or other.machine):
                message = f"`{entry.name}` and `{other.name}` are one machine, `{entry.machine or other.machine}`."
                yield Problem(where=entry.where, message=message)


def combinations_of_one_label(found: tuple[Entry, ...]) -> Iterator[tuple[Entry, Entry]]:
    alike: dict[str, dict[Entry, None]] = defaultdict(dict)
    for entry in found:
        for known in entry.known_as:
            alike[_first_label(known)][entry] = None
    for group in alike.values():
        yield from combinations(group, 2)


def _first_label(name: str) -> str:
    canonical = _canonical(name)
    return canonical if is_numeric(canonical) or ":" in canonical else canonical.partition(".")[0]


def _canonical(address: str) -> str:
    """One text for each way to write an address of the bot's own machine, or a name."""
    text = address.lower()
    is_own = text in ("localhost", "[::1]") or (is_numeric(text) and text.startswith("127."))
    return "127.0.0.1" if is_own else text


def _is_short_of(short: str, full: str) -> bool:
    is_one_label = "." not in short and ":" not in short and not is_numeric(full) and ":" not in full
    return is_one_label and "." in full and full.lower().partition(".")[0] == short.lower()


def _first_labels_overlap(one: str, other: str) -> bool:
    return overlap(one.partition(".")[0], other.partition(".")[0])


def _all_labels_overlap(one: str, other: str) -> bool:
    return all(overlap(a, b) for a, b in zip(one.split("."), other.split("."), strict=True))


def _place(where: Location) -> str:
    return ".".join(str(part) for part in where)
