"""A condition as MongoDB has to be given it, so that it selects what the Python evaluator selects.

Field paths get the prefix under which documents keep answers, variables become constants, a number with a
point becomes an exact decimal, patterns are written for PCRE. In ``$expr`` each operator that would raise on
some value is guarded: where MongoDB would refuse, the result is null, as in ``expressions``."""

from collections.abc import Mapping
from typing import Any

from models.schema.conditions import compile_condition
from models.schema.database_guards import GUARDED, Call, Made, bound
from models.schema.expressions import arguments_of, one_operator, variable
from models.schema.matching import is_plain, is_variable
from models.schema.patterns import write_pattern
from models.schema.values import constant


def for_database(
    query: Mapping[str, Any], variables: Mapping[str, Any], prefix: str = "data."
) -> dict[str, Any]:
    """`query` for ``find``, ``$match`` or ``count_documents`` over documents that keep answers under
    `prefix`.

    Decimals in it are Python's: the collection needs the codec of ``models.documents``. Raises Problem when
    the query is outside the language."""
    compile_condition(query)
    return _Translator(variables, prefix).query(query)


def expression_for_database(formula: Any, variables: Mapping[str, Any], prefix: str = "data.") -> Any:
    """A formula for ``$project`` or ``$set``, like ``for_database``. Raises Problem."""
    compile_condition({"$expr": formula})
    return _Translator(variables, prefix).expression(formula)


class _Translator:
    """Translates a query known to be in the language."""

    def __init__(self, variables: Mapping[str, Any], prefix: str) -> None:
        self.variables, self.prefix = variables, prefix

    def query(self, query: Mapping[str, Any]) -> dict[str, Any]:
        return self.clauses(query, self.prefix)

    def clauses(self, query: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        return dict(self.clause(key, value, prefix) for key, value in query.items())

    def clause(self, key: str, value: Any, prefix: str) -> tuple[str, Any]:
        if key in ("$and", "$or", "$nor"):
            return key, [self.clauses(part, prefix) for part in value]
        if key == "$expr":
            return key, self.expression(value)
        return prefix + key, self.operators(value)

    def operators(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or is_plain(value):
            return {"$eq": self.constant(value)}
        return {name: self.operand(name, operand) for name, operand in value.items()}

    def operand(self, name: str, operand: Any) -> Any:
        if name == "$not":
            return self.operators(operand)
        if name == "$elemMatch":
            return self.element(operand)
        if name == "$regex":
            return write_pattern(operand, "database")
        if name == "$exists":
            return bool(operand)
        if isinstance(operand, list):
            return [self.constant(item) for item in operand]
        if name in ("$in", "$nin"):
            found = self.constant(operand)
            return found if isinstance(found, list) else []
        return self.constant(operand)

    def element(self, operand: Mapping[str, Any]) -> dict[str, Any]:
        by_value = bool(operand) and all(key.startswith("$") for key in operand)
        if by_value and not operand.keys() & {"$and", "$or", "$nor"}:
            return self.operators(operand)
        return self.clauses(operand, "")

    def constant(self, operand: Any) -> Any:
        return variable(operand)(self.variables)

    def expression(self, node: Any) -> Made:
        if is_variable(node):
            return {"$literal": self.constant(node)}
        if isinstance(node, str) and node.startswith("$"):
            return f"${self.prefix}{node[1:]}"
        if isinstance(node, list):
            return [self.expression(part) for part in node]
        if not isinstance(node, Mapping):
            return {"$literal": constant(node)}
        name, operand = one_operator(node)
        if name == "$literal":
            return {"$literal": constant(operand)}
        arguments = [self.expression(part) for part in arguments_of(name, operand)]
        return _operator(name, operand, arguments)


def _operator(name: str, operand: Any, arguments: list[Made]) -> Made:
    if name in GUARDED:
        return bound(arguments, lambda names: GUARDED[name](Call(name, operand, names)))
    if name in ("$sum", "$min", "$max", "$avg") and len(arguments) == 1:
        return {name: arguments[0]} if not isinstance(arguments[0], list) else {name: [arguments[0]]}
    return {name: arguments}
