"""Conditions of other systems as ours: one small grammar for JavaScript's and XPath's simple comparisons, and
JSON logic. What is not understood gives None, never a guess."""

import re
from collections.abc import Mapping
from typing import Any

Query = dict[str, Any]

LONGEST = 500
DEEPEST = 20

ANSWERED: Query = {"$nin": [None, "", 0, False]}
"""What counts as true in JavaScript; made to fit the type of its field later."""

_TOKENS = re.compile(
    r"\s*(?:(?P<name>\$\{\s*[\w.-]+\s*\}|(?:doc|data|row|frm\.doc)\.\w+)"
    r"|(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<operator>===|!==|==|!=|<=|>=|&&|\|\||<|>|=|!|\(|\)|\[|\]|,|\.includes|\+)"
    r"|(?P<word>[A-Za-z_][\w-]*))"
)
_ORDER = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EQUAL = ("=", "==", "===")
_UNEQUAL = ("!=", "!==")


class _Unknown(Exception):
    """Something the grammar has no word for."""


def read_condition(text: Any) -> Query | None:
    """``doc.a == "x" && doc.b``, ``${a} = 'x' and selected(${b}, 'y')`` and the like, over source names."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    try:
        reader = _Reader(_tokens(text))
        query = reader.either(0)
        return query if reader.at == len(reader.tokens) else None
    except _Unknown:
        return None


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise _Unknown
        at = match.end()
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
    return found


class _Reader:
    """Recursive descent: either, both, not, comparison."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> bool:
        if self.peek() in wanted and self.at < len(self.tokens):
            self.at += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise _Unknown

    def either(self, depth: int) -> Query:
        parts = [self.both(depth)]
        while self.take("||", "or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else {"$or": parts}

    def both(self, depth: int) -> Query:
        parts = [self.one(depth)]
        while self.take("&&", "and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else {"$and": parts}

    def one(self, depth: int) -> Query:
        if depth > DEEPEST:
            raise _Unknown
        if self.take("!", "not"):
            return {"$nor": [self.one(depth + 1)]}
        if self.take("("):
            query = self.either(depth + 1)
            self.need(")")
            return query
        if self.peek() in ("selected", "in_list"):
            return self.call()
        return self.comparison()

    def call(self) -> Query:
        """``selected(${a}, 'x')``, ``in_list(["x"], doc.a)``."""
        word = self.peek()
        self.at += 1
        self.need("(")
        first = self.operand()
        self.need(",")
        second = self.operand()
        self.need(")")
        name, value = (first, second) if word == "selected" else (second, first)
        if not isinstance(name, _Name):
            raise _Unknown
        return {name.name: {"$in": value}} if isinstance(value, list) else {name.name: value}

    def comparison(self) -> Query:
        left = self.operand()
        if self.take(".includes"):
            self.need("(")
            name = self.operand()
            self.need(")")
            if isinstance(name, _Name) and isinstance(left, list):
                return {name.name: {"$in": left}}
            raise _Unknown
        operator = self.peek()
        if operator not in (*_EQUAL, *_UNEQUAL, *_ORDER):
            if isinstance(left, _Name):
                return {left.name: dict(ANSWERED)}
            raise _Unknown
        self.at += 1
        right = self.operand()
        if isinstance(right, _Name) and not isinstance(left, _Name):
            left, right, operator = right, left, _TURNED.get(operator, operator)
        if not isinstance(left, _Name) or isinstance(right, _Name | list):
            raise _Unknown
        return _compared(left.name, operator, right)

    def operand(self) -> Any:
        if self.take("["):
            items = []
            while not self.take("]"):
                items.append(self.operand())
                if not self.take(",") and self.peek() != "]":
                    raise _Unknown
            return items
        if self.at >= len(self.tokens):
            raise _Unknown
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "name":
            return _Name(text.strip("${} ").rpartition(".")[2])
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        return self.constant(text)

    def constant(self, word: str) -> Any:
        constants = {"true": True, "false": False, "null": None, "undefined": None}
        if word not in constants:
            raise _Unknown
        if self.take("("):
            self.need(")")
        return constants[word]


class _Name:
    """A field of the source."""

    def __init__(self, name: str) -> None:
        self.name = name


def _compared(name: str, operator: str, value: Any) -> Query:
    if value == "":
        return {name: {"$in" if operator in _EQUAL else "$nin": [None, ""]}}
    if operator in _EQUAL:
        return {name: value}
    return {name: {"$ne": value}} if operator in _UNEQUAL else {name: {_ORDER[operator]: value}}


def read_json_logic(rule: Any, depth: int = 0) -> Query | None:
    """JSON logic (jsonlogic.com): ``and or ! == === != !== < <= > >= in`` over ``{"var": "data.name"}``."""
    if not isinstance(rule, Mapping) or len(rule) != 1 or depth > DEEPEST:
        return None
    operator, operands = next(iter(rule.items()))
    operands = operands if isinstance(operands, list) else [operands]
    if operator in ("and", "or", "!"):
        parts = [read_json_logic(part, depth + 1) for part in operands]
        if not parts or None in parts:
            return None
        return {{"and": "$and", "or": "$or", "!": "$nor"}[operator]: parts}
    if len(operands) != 2:
        return None
    left, right = operands
    if operator == "in" and (name := _variable(left)) and isinstance(right, list):
        return {name: {"$in": right}}
    if operator == "in" and (name := _variable(right)) and isinstance(left, str):
        return {name: left}
    known = (*_EQUAL, *_UNEQUAL, *_ORDER)
    name = _variable(left)
    if name is None or operator not in known or not isinstance(right, str | int | float | bool | None):
        return None
    return _compared(name, operator, right)


def _variable(node: Any) -> str | None:
    if isinstance(node, Mapping) and isinstance(node.get("var"), str):
        return str(node["var"]).rpartition(".")[2] or None
    return None
