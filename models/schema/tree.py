"""A YAML text as plain values, and the line of each. Read event by event (by libyaml where PyYAML has it), so
that no text, however made, costs more than its size: nesting, values and aliases are counted as they come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped]
from yaml.events import (  # type: ignore[import-untyped]
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from models.schema.scalars import NumberTooLarge, read_scalar

MAX_DEPTH = 60
"""Levels of nesting a file may have; the deepest shipped has eleven."""

MAX_VALUES = 120_000
"""Values a file may stand for, those behind an alias counted at each place it is used."""

TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Only its parser is used: nothing is ever constructed by a tag."""


class Refused(Exception):
    """A text that is not taken: the code of the finding, its line (from 1) and its values."""

    def __init__(self, code: str, line: int, **values: Any) -> None:
        self.code = code
        self.line = line
        self.values: Mapping[str, Any] = values
        super().__init__(code)


@dataclass(slots=True)
class Mark:
    """The line a value begins on (its key's, if it has one), and the marks inside it by key or position."""

    line: int
    inner: dict[str, "Mark"] = field(default_factory=dict)


@dataclass(slots=True)
class Tree:
    """A parsed text."""

    value: Any
    mark: Mark


@dataclass(slots=True)
class _Node:
    """A value with its mark, and how many values it stands for."""

    value: Any
    mark: Mark
    weight: int = 1


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; ``key`` is the key that waits for its value."""

    node: _Node
    anchor: str | None
    key: tuple[str, int] | None = None


def read_tree(text: str) -> Tree:
    """Parse one document. Raises Refused (T-E001, T-E002, T-E035 to T-E040)."""
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=Loader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Refused("T-E001", mark.line + 1 if mark else 1, problem=_first_line(error.problem)) from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise Refused("T-E001", line, problem=_first_line(error.reason)) from error
    except yaml.YAMLError as error:
        raise Refused("T-E001", 1, problem=_first_line(str(error))) from error
    return Tree(reader.root.value, reader.root.mark)


def _first_line(problem: str | None) -> str:
    return next(iter((problem or "").splitlines()), "")


class _Reader:
    """Puts values together as events come."""

    def __init__(self) -> None:
        self.root = _Node(None, Mark(1))
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = 0
        self._count = 0

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._begin(event, line)
        elif isinstance(event, CollectionEndEvent):
            self._end()
        elif isinstance(event, AliasEvent):
            self._alias(event, line)
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise Refused("T-E040", line)

    def _scalar(self, event: ScalarEvent, line: int) -> None:
        self._check_tag(event, line)
        if self._waits_for_key():
            self._open[-1].key = self._new_key(event, line)
            return
        node = _Node(self._value(event, line), Mark(line, _NOTHING))
        self._remember(event, node)
        self._put(node, line)

    def _value(self, event: ScalarEvent, line: int) -> Any:
        if event.tag is not None or not event.implicit[0]:
            return event.value
        try:
            return read_scalar(event.value)
        except NumberTooLarge as error:
            raise Refused("T-E039", line, name=event.value[:40]) from error

    def _new_key(self, event: ScalarEvent, line: int) -> tuple[str, int]:
        if event.value == "<<" and event.implicit[0]:
            raise Refused("T-E038", line, name="<<")
        key: str = event.value
        if key in self._open[-1].node.value:
            raise Refused("T-E002", line, problem=f"“{key[:60]}”")
        return key, line

    def _begin(self, event: MappingStartEvent | SequenceStartEvent, line: int) -> None:
        self._check_tag(event, line)
        if self._waits_for_key():
            raise Refused("T-E038", line, name="? …")
        if len(self._open) >= MAX_DEPTH:
            raise Refused("T-E035", line, limit=MAX_DEPTH)
        empty: Any = {} if isinstance(event, MappingStartEvent) else []
        self._open.append(_Open(_Node(empty, Mark(line)), event.anchor))
        self._add(1, line)

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = done.node
        self._place(done.node, done.node.mark.line)

    def _alias(self, event: AliasEvent, line: int) -> None:
        if any(container.anchor == event.anchor for container in self._open):
            raise Refused("T-E037", line, name=event.anchor)
        node = self._anchors.get(event.anchor)
        if node is None:
            raise Refused("T-E001", line, problem=f"undefined alias {event.anchor}")
        if self._waits_for_key():
            raise Refused("T-E038", line, name=f"*{event.anchor}")
        self._put(_Node(node.value, Mark(line, _NOTHING), node.weight), line)

    def _put(self, node: _Node, line: int) -> None:
        self._add(node.weight, line)
        self._place(node, line)

    def _add(self, weight: int, line: int) -> None:
        self._count += weight
        if self._count > MAX_VALUES:
            raise Refused("T-E036", line, limit=MAX_VALUES)

    def _place(self, node: _Node, line: int) -> None:
        if not self._open:
            self.root = node
            return
        container = self._open[-1]
        container.node.weight += node.weight
        if container.key is not None:
            name, node.mark.line = container.key
            container.node.value[name] = node.value
            container.key = None
        else:
            name = str(len(container.node.value))
            container.node.value.append(node.value)
        container.node.mark.inner[name] = node.mark

    def _waits_for_key(self) -> bool:
        return bool(self._open) and self._open[-1].key is None and isinstance(self._open[-1].node.value, dict)

    def _remember(self, event: NodeEvent, node: _Node) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node

    def _check_tag(self, event: Any, line: int) -> None:
        if event.tag is not None and not (isinstance(event, ScalarEvent) and event.tag in TEXT_TAGS):
            raise Refused("T-E038", line, name=event.tag.replace("tag:yaml.org,2002:", "!!")[:80])


_NOTHING: dict[str, Mark] = {}
"""Shared by every mark that has none inside."""
