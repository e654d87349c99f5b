"""Conditions, formulas and values as the browser's evaluator takes them (``forms/static/evaluator.js``)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from models.schema.patterns import write_pattern
from models.schema.values import constant, moment

SAFE: Final = 2**53
"""Whole numbers below are exact in JSON as JavaScript reads it."""


def for_browser(query: Any) -> Any:
    """A condition or formula of the language as plain JSON values: patterns written for ECMAScript, constants
    typed; variables stay names."""
    if isinstance(query, Mapping):
        return {
            key: write_pattern(value, "browser") if key == "$regex" else for_browser(value)
            for key, value in query.items()
        }
    if isinstance(query, list | tuple):
        return [for_browser(part) for part in query]
    return extended(constant(query))


def extended(value: Any) -> Any:
    """`value` as JSON that keeps its type (MongoDB Extended JSON: ``{"$numberDecimal": "0.1"}``)."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if -SAFE < value < SAFE else {"$numberLong": str(value)}
    if isinstance(value, Decimal):
        return {"$numberDecimal": str(value)}
    if isinstance(value, float):
        return {"$numberDouble": repr(value)}
    if isinstance(value, datetime):
        return {"$date": moment(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): extended(part) for key, part in value.items()}
    return [extended(part) for part in value]
