"""How operators that MongoDB refuses on some values are kept from it, so that the result is null instead."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.schema import days
from models.schema.expressions import settings_of
from models.schema.values import LEAST_WHOLE

Made = Any
"""A piece of a MongoDB aggregation expression."""


@dataclass(frozen=True, slots=True)
class Call:
    """An operator as it is written, and the names its arguments' values are bound to."""

    name: str
    operand: Any
    values: list[str]


def bound(arguments: Sequence[Made], build: Callable[[list[str]], Made]) -> Made:
    """`arguments` worked out once and named, for what names them several times."""
    return {
        "$let": {
            "vars": {f"v{place}": argument for place, argument in enumerate(arguments)},
            "in": build([f"$$v{place}" for place in range(len(arguments))]),
        }
    }


def _if(test: Made, then: Made, otherwise: Made = None) -> Made:
    return {"$cond": [test, then, {"$literal": otherwise} if not isinstance(otherwise, dict) else otherwise]}


def _all(tests: Sequence[Made]) -> Made:
    return {"$and": list(tests)}


def _is_text(name: str) -> Made:
    return {"$eq": [{"$type": name}, "string"]}


def _is_whole(name: str) -> Made:
    return {"$in": [{"$type": name}, ["int", "long"]]}


def _numeric(call: Call) -> Made:
    return _if(_all([{"$isNumber": value} for value in call.values]), {call.name: call.values})


def _quotient(call: Call) -> Made:
    there = [{"$isNumber": value} for value in call.values]
    return _if(_all([*there, {"$ne": [call.values[1], 0]}]), {call.name: call.values})


def _absolute(call: Call) -> Made:
    exact = _all([_is_whole(call.values[0]), {"$eq": [call.values[0], {"$literal": LEAST_WHOLE}]}])
    return _if(_all([{"$isNumber": call.values[0]}, {"$not": [exact]}]), {call.name: call.values[0]})


def _rounded(call: Call) -> Made:
    return _if(
        {"$isNumber": call.values[0]}, {call.name: [call.values[0], *settings_of(call.name, call.operand)]}
    )


def _counted(call: Call) -> Made:
    return _if({"$isArray": [call.values[0]]}, {call.name: call.values[0]})


def _contained(call: Call) -> Made:
    return _if({"$isArray": [call.values[1]]}, {call.name: call.values}, False)


def _joined(call: Call) -> Made:
    return _if(_all([_is_text(value) for value in call.values]), {call.name: call.values})


def _lowered(call: Call) -> Made:
    return _if(_is_text(call.values[0]), {call.name: call.values[0]}, "")


def _cut(call: Call) -> Made:
    return _if(
        _is_text(call.values[0]), {call.name: [call.values[0], *settings_of(call.name, call.operand)]}, ""
    )


def _measured(call: Call) -> Made:
    return _if(_is_text(call.values[0]), {call.name: call.values[0]})


def _read_day(value: str) -> Made:
    """A moment as it is, an ISO text's day, else null (``days.day_of``)."""

    def fits(pattern: str) -> Made:
        return {"$regexMatch": {"input": value, "regex": pattern}}

    day = _if(
        fits(r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}(T|\z)"),
        {"$substrCP": [value, 0, 10]},
        _if(fits(r"^[1-9][0-9]{3}-[0-9]{2}\z"), {"$concat": [value, "-01"]}),
    )
    parsed = {"dateString": day, "format": "%Y-%m-%d", "onError": None, "onNull": None}
    text = _if(_is_text(value), {"$dateFromString": parsed})
    return _if({"$eq": [{"$type": value}, "date"]}, {"$dateTrunc": {"date": value, "unit": "day"}}, text)


def _day_part(call: Call) -> Made:
    return bound([_read_day(call.values[0])], lambda found: {call.name: found[0]})


def _difference(call: Call) -> Made:
    return {
        call.name: {
            "startDate": _read_day(call.values[0]),
            "endDate": _read_day(call.values[1]),
            "unit": call.operand["unit"],
        }
    }


def _later(call: Call) -> Made:
    amount = call.values[1]
    within = {"$lte": [{"$abs": amount}, days.MAX_AMOUNT]}
    counted = _if(_is_whole(amount), _if({"$ne": [amount, {"$literal": LEAST_WHOLE}]}, within, False), False)

    def add(found: list[str]) -> Made:
        return {call.name: {"startDate": found[0], "unit": call.operand["unit"], "amount": amount}}

    def write(found: list[str]) -> Made:
        year = {"$year": found[0]}
        known = _all([{"$gte": [year, 1000]}, {"$lte": [year, 9999]}])
        return _if(known, {"$dateToString": {"date": found[0], "format": "%Y-%m-%d", "onNull": None}})

    return _if(counted, bound([_read_day(call.values[0])], lambda start: bound([add(start)], write)))


GUARDED: Final[Mapping[str, Callable[[Call], Made]]] = {
    **dict.fromkeys(("$add", "$subtract", "$multiply", "$floor", "$ceil"), _numeric),
    **dict.fromkeys(("$divide", "$mod"), _quotient),
    **dict.fromkeys(("$year", "$month"), _day_part),
    "$abs": _absolute,
    "$round": _rounded,
    "$size": _counted,
    "$in": _contained,
    "$concat": _joined,
    "$toLower": _lowered,
    "$substrCP": _cut,
    "$strLenCP": _measured,
    "$dateDiff": _difference,
    "$dateAdd": _later,
}
"""Operators MongoDB refuses on some values, and how they are kept from it."""
