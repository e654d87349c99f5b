"""The configuration's own valid example as answers, moved to days on which it is valid now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.errors import ConfigurationError
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.fields.file import CertificateField
from models.schema.reading import read_answers

WEEKS = 60
"""How far the example's dates are moved before it is given up: holidays pass within a few."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form filled in: what was typed, and what it comes to."""

    definition: RecordType
    answers: Mapping[str, Any]
    data: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the client certificate in the answers; "" without one."""
        known = (f.name for f in self.definition.fields if isinstance(f, CertificateField))
        found = next((self.answers[name] for name in known if name in self.answers), None)
        return str(found.get("fingerprint", "")) if isinstance(found, Mapping) else ""


def fill_in(definition: RecordType, today: date) -> Filled:
    """The first valid example of a type. Raises ConfigurationError when none can be used now."""
    example = next((known for known in definition.examples if known.can_be_sent), None)
    if example is None:
        raise ConfigurationError(message=f"{definition.name}: no valid example to measure with.")
    asked = [target for target in definition.fields if target.asked and target.stored]
    for days in _shifts(example.variables, today):
        given = _moved(example.given, days)
        answers = {t.name: t.unparse(given[t.name]) for t in asked if given.get(t.name) is not None}
        variables = {**example.variables, "TODAY": today.isoformat()}
        reading = read_answers(compile_type(definition), answers, variables)
        if not reading.errors:
            return Filled(definition, answers, reading.data)
    raise ConfigurationError(message=f"{definition.name}: the valid example is not valid now.")


def _shifts(variables: Mapping[str, Any], today: date) -> Iterator[timedelta]:
    """Whole weeks, so that weekdays stay: none at first, then from the day the example was written for."""
    written = date.fromisoformat(str(variables.get("TODAY", today.isoformat())))
    first = max((today - written).days // 7, 0)
    yield timedelta()
    yield from (timedelta(weeks=first + more) for more in range(1, WEEKS))


def _moved(value: Any, by: timedelta) -> Any:
    """`value` with every ISO date in it moved."""
    if isinstance(value, Mapping):
        return {name: _moved(part, by) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_moved(part, by) for part in value]
    if isinstance(value, str) and value[4:5] == value[7:8] == "-":
        return _moved_day(value, by)
    return value + by if isinstance(value, date) else value


def _moved_day(text: str, by: timedelta) -> str:
    try:
        return (date.fromisoformat(text[:10]) + by).isoformat() + text[10:]
    except ValueError:
        return text
