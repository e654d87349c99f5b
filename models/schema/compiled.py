"""A record type made ready to run: its pydantic model and its conditions, compiled once per version."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from models.schema.conditions import Condition, compile_condition, fields_in
from models.schema.definition import Check, RecordType
from models.schema.expressions import Expression, compile_expression
from models.schema.fields import BaseField, TableField
from models.schema.fields.structure import ComputedField

Rules = Mapping[str, Condition]
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class CompiledFields:
    """The rules of one level: the record itself, or the rows of one table."""

    fields: Mapping[str, BaseField]
    shown: Rules
    required: Rules
    formulas: Mapping[str, Expression]
    tables: Mapping[str, "CompiledFields"]


@dataclass(frozen=True)
class CompiledCheck:
    """A check with its condition compiled and the fields it reads."""

    check: Check
    must: Condition
    when: Condition | None
    reads: frozenset[str]


@dataclass(frozen=True)
class CompiledType:
    """A record type ready to read answers (``models.schema.reading``)."""

    definition: RecordType
    model: type[BaseModel]
    level: CompiledFields
    checks: tuple[CompiledCheck, ...]


def compile_type(definition: RecordType) -> CompiledType:
    """Compile `definition`; cached by its checksum, so each published version is compiled once.

    Raises ``expressions.Problem`` when a condition is outside the language (``check`` reports it first)."""
    return _compile(_Keyed(definition))


class _Keyed:
    """A definition that hashes by its checksum."""

    def __init__(self, definition: RecordType) -> None:
        self.definition = definition

    def __hash__(self) -> int:
        return hash(self.definition.checksum)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.definition.checksum == self.definition.checksum


@lru_cache(maxsize=256)
def _compile(keyed: _Keyed) -> CompiledType:
    definition = keyed.definition
    return CompiledType(
        definition,
        build_model(definition.name, definition.fields),
        compile_fields(definition.fields),
        tuple(_compile_check(check) for check in definition.checks),
    )


def build_model(name: str, fields: tuple[BaseField, ...]) -> type[BaseModel]:
    """A strict pydantic model of `fields`, every one optional: what is required depends on conditions."""
    stored = {field.name: (_optional(field), None) for field in fields if field.stored}
    title = f"{name.title().replace('_', '')}Data"
    model: type[BaseModel] = create_model(title, __config__=STRICT, **stored)  # type: ignore[call-overload]
    return model


def _optional(field: BaseField) -> Any:
    if isinstance(field, TableField):
        row = build_model(field.name, field.fields)
        rows = Annotated[list[row], Field(max_length=field.max_rows)]  # type: ignore[valid-type]
        return rows | None
    return field.value_type() | None if isinstance(field.value_type(), type) else _or_none(field.value_type())


def _or_none(value_type: Any) -> Any:
    return value_type | None if value_type is not Any else Any


def compile_fields(fields: tuple[BaseField, ...]) -> CompiledFields:
    """Compile the conditions and formulas of one level."""
    return CompiledFields(
        fields={field.name: field for field in fields},
        shown={f.name: compile_condition(f.show_when) for f in fields if f.show_when is not None},
        required={f.name: compile_condition(f.required_when) for f in fields if f.required_when is not None},
        formulas={f.name: compile_expression(f.value) for f in fields if isinstance(f, ComputedField)},
        tables={f.name: compile_fields(f.fields) for f in fields if isinstance(f, TableField)},
    )


def _compile_check(check: Check) -> CompiledCheck:
    reads = {path.split(".")[0] for query in (check.must, check.when or {}) for path in fields_in(query)}
    return CompiledCheck(
        check,
        compile_condition(check.must),
        compile_condition(check.when) if check.when is not None else None,
        frozenset(reads | {check.at.split(".")[0]}),
    )
