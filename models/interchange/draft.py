"""A record type in the making: fields under names of ours, and an account of what came along."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.errors import ImportRefused
from models.language import Message
from models.schema.expressions import Problem
from models.schema.patterns import compile_pattern

Field = dict[str, Any]

FIELDS = 400
"""Most fields of one form."""

DEPTH = 4
"""Names deep a field may stand, as the linter counts."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one rule of one field of the source; no reason means that it was carried over."""

    path: str
    rule: str
    reason: Message | None = None


@dataclass
class Draft:
    """What is known so far. ``names`` leads from the names of the source to ours."""

    name: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] | None = None
    fields: list[Field] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    title: str = ""
    """The source's name of the field whose answer names a record."""
    count: int = 0
    paths: dict[int, str] = field(default_factory=dict)
    """Where each field (by ``id``) stands in the source."""

    def begin(
        self, path: str, source: str, type_name: str, label: Mapping[str, str], taken: set[str]
    ) -> Field:
        """A new field under a name that is free among `taken`. Raises ImportRefused past the limit."""
        self.count += 1
        if self.count > FIELDS:
            raise ImportRefused("The form has more than {limit} fields.", limit=FIELDS)
        name = free_name(source, taken)
        taken.add(name)
        self.names.setdefault(source, name)
        self.carried(path, f"type {type_name}")
        begun: Field = {"name": name, "type": type_name, "label": dict(label)}
        self.paths[id(begun)] = path
        return begun

    def carried(self, path: str, rule: str) -> None:
        """Note that a rule came along."""
        self.lines.append(Line(path, rule))

    def left(self, path: str, rule: str, reason: Message) -> None:
        """Note that a rule did not, and why."""
        self.lines.append(Line(path, rule, reason))

    def put(self, path: str, target: Field, key: str, value: Any) -> None:
        """Give a field a key; nothing happens for None."""
        if value is not None:
            target[key] = value
            self.carried(path, key)

    def take_back(self, path: str, rule: str, reason: Message) -> None:
        """Note that a rule, or with ``type`` the whole field, did not come along after all."""
        whole = rule.startswith("type")
        self.lines = [
            line
            for line in self.lines
            if line.reason is not None or line.path != path or not (whole or line.rule == rule)
        ]
        self.lines.append(Line(path, rule, reason))

    def pattern(self, path: str, target: Field, text: Any) -> None:
        """Give a field a regular expression, if it can be one of ours."""
        if not isinstance(text, str) or not text:
            return
        plain = text.removeprefix("^").removesuffix("$")
        try:
            compile_pattern(plain, whole=True)
        except Problem as problem:
            reason = Message("The pattern cannot be used: {problem}.", {"problem": str(problem)})
            self.left(path, "pattern", reason)
            return
        whole = text.startswith("^") and text.endswith("$")
        self.put(path, target, "pattern", plain if whole else f"[^\\n]*(?:{plain})[^\\n]*")

    def options(self, path: str, target: Field, found: list[tuple[str, Mapping[str, str]]]) -> bool:
        """Give a choice its options: codes with labels, each code once. Without any it becomes a text."""
        codes = {code: dict(label) for code, label in found if code}
        if not codes:
            target["type"] = "text"
            self.left(path, "options", Message("The options are not in the file; the field became a text."))
            return False
        target["options"] = [{"code": code, "label": label} for code, label in codes.items()]
        self.carried(path, f"{len(codes)} options")
        return True

    def condition(
        self, path: str, target: Field, key: str, query: Mapping[str, Any] | None, told: str
    ) -> None:
        """Give a field a condition (over names of the source, put into ours later), if it was understood."""
        if query:
            self.put(path, target, key, dict(query))
        elif query is None:
            self.left(path, key, beyond(told))


def beyond(told: str) -> Message:
    """A condition nobody here understands."""
    return Message("The condition is beyond what can be translated: {told}", {"told": told[:120]})


def both(text: Any) -> dict[str, str]:
    """One text for both languages: which one it is in, a file rarely says."""
    plain = " ".join(str(text).split())[:500] if text is not None else ""
    return {"ja": plain, "en": plain}


def free_name(text: str, taken: set[str] | frozenset[str] = frozenset()) -> str:
    """A name of ours for `text`: lower case, digits, single underscores; numbered where it is taken."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower())
    name = "_".join(parts)[:50].strip("_")
    name = name if name[:1].isalpha() else f"field_{name}".strip("_")
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def renamed(query: Any, names: Mapping[str, str]) -> Any:
    """A condition with the names of the source put into ours."""
    if isinstance(query, list):
        return [renamed(part, names) for part in query]
    if not isinstance(query, Mapping):
        return query
    return {
        key if key.startswith("$") else names.get(key, key): renamed(value, names)
        for key, value in query.items()
    }


def every(fields: list[Field]) -> Iterator[Field]:
    """Every field, those inside others included."""
    for each in fields:
        yield each
        yield from every(each.get("fields", []))
