"""``map``: options get other codes."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.language import Message
from models.schema.evolution import server
from models.schema.evolution.entry import Steps
from models.schema.evolution.places import containers, join, name_of, parent_of
from models.schema.evolution.step import Problem, Shape, Stages, Step, Undone
from models.schema.evolution.work import Work
from models.schema.fields.base import BaseField
from models.schema.fields.choice import ListedField

Codes = Mapping[str, str | None]


class Mapped(Step):
    """For one choice and for several. The old code stays in the attic: two may have become one, and which
    records had it before cannot be seen from the new one."""

    name = "map"

    def apply(self, work: Work, entry: Steps) -> None:
        for path, codes in entry.map.items():
            for place, container in containers(work.data, parent_of(path)):
                value, at = container.get(name_of(path)), join(place, name_of(path))
                if entry.backwards and (kept := work.recall("map", at, value)):
                    container[name_of(path)] = kept["value"]
                elif (became := _mapped(value, codes)) != value:
                    work.keep(at, value, became=became)
                    container[name_of(path)] = became

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.map:
            undone.keys["map"] = {
                path: _back(codes, undone.old.get(path)) for path, codes in entry.map.items()
            }

    def stages(self, entry: Steps, labels: Mapping[str, Any]) -> Stages | None:
        if any("." in path for path in entry.map):
            return None
        return [stage for path, codes in entry.map.items() for stage in _stages(path, codes, entry, labels)]

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        yield from shape.unknown(list(entry.map))
        for path, codes in entry.map.items():
            field = shape.new.get(path)
            if field is None:
                continue
            if not isinstance(field, ListedField):
                yield path, Message("only choices have options to map")
                continue
            for code in codes.values():
                if code is not None and field.options and field.option(code) is None:
                    yield path, Message("the new definition has no option “{code}”", {"code": code})


def _mapped(value: Any, codes: Codes) -> Any:
    if isinstance(value, str):
        return codes.get(value, value)
    if not isinstance(value, list) or not any(isinstance(code, str) and code in codes for code in value):
        return value
    found = [codes.get(code, code) for code in value]
    return list(dict.fromkeys(code for code in found if code is not None)) or None


def _back(codes: Codes, field: BaseField | None) -> dict[str, str]:
    """The way back for codes only one came to; the others are in the attic."""
    known = {option.code for option in field.options} if isinstance(field, ListedField) else set()
    ways = list(codes.values())
    return {
        new: old
        for old, new in codes.items()
        if new is not None and ways.count(new) == 1 and (new not in known or new in codes)
    }


def _stages(path: str, codes: Codes, entry: Steps, labels: Mapping[str, Any]) -> Stages:
    """The new value is worked out beside the old one, and the attic filled where they differ."""
    value, beside = f"$data.{path}", "$evolving"
    several = {"$map": {"input": value, "as": "code", "in": _code("$$code", codes)}}
    once = {
        "$reduce": {
            "input": {"$filter": {"input": several, "as": "code", "cond": {"$ne": ["$$code", None]}}},
            "initialValue": [],
            "in": {
                "$cond": [
                    {"$in": ["$$this", "$$value"]},
                    "$$value",
                    {"$concatArrays": ["$$value", ["$$this"]]},
                ]
            },
        }
    }
    touched = {"$gt": [{"$size": {"$setIntersection": [value, [_literal(code) for code in codes]]}}, 0]}
    listed = {"$cond": [touched, {"$cond": [{"$eq": [once, []]}, None, once]}, value]}
    new = {"$cond": [{"$isArray": value}, listed, _code(value, codes)]}
    differs = {"$and": [server.is_there(value), {"$ne": [value, beside]}]}
    keep = server.kept(path, value, entry, "map", labels, became=beside)
    return [
        {"$set": {"evolving": new}},
        {"$set": {**server.attic([server.only_if(differs, keep)]), f"data.{path}": _or_gone(value, beside)}},
        {"$unset": "evolving"},
    ]


def _or_gone(value: str, beside: str) -> Any:
    """The new value; nothing where nothing was."""
    return server.when_there(value, beside, "$$REMOVE")


def _code(value: Any, codes: Codes) -> Any:
    branches = [
        {"case": {"$eq": [value, _literal(old)]}, "then": _literal(new)} for old, new in codes.items()
    ]
    return {"$switch": {"branches": branches, "default": value}}


def _literal(value: Any) -> Any:
    return {"$literal": value}
