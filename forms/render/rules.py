"""What a page tells the browser of its rules, and tells everybody in words.

The script (``forms/static/rules.js``) shows, hides, requires and computes at once what the server will decide
again. It is given the rules of this page's fields, the answers they read and nothing else."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from markupsafe import Markup

from models.language import Language, translate
from models.schema.browser_query import extended, for_browser
from models.schema.conditions import fields_in
from models.schema.definition import RecordType, walk
from models.schema.expressions import paths_in
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField, UploadField
from models.schema.fields.structure import ComputedField
from models.schema.values import MISSING, value_at
from models.schema.words import describe, labels_read

Node = dict[str, Any]


@dataclass(frozen=True)
class Reason:
    """One field of a page that depends on others, and how, in words."""

    label: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class PageRules:
    """The rules of one page in one language; ``fields`` is what the script is given of every field."""

    fields: Mapping[str, Node]
    reads: frozenset[str]
    variables: frozenset[str]
    reasons: tuple[Reason, ...]
    texts: Mapping[str, str]

    def write(self, data: Mapping[str, Any], variables: Mapping[str, Any]) -> Markup:
        """The data block for the script: not run, and no text in it can end it (HTML, “script”)."""
        answers = {name: extended(data[name]) for name in sorted(self.reads & data.keys())}
        begin, end = self._around
        told = f'{_spell(answers)},"variables":{_spell(_used(self.variables, variables))}'
        return Markup(f"{begin}{told}{end}")  # noqa: S704

    @cached_property
    def _around(self) -> tuple[str, str]:
        """What stands before the answers and after the variables: the same for everybody."""
        begin = f'<script type="application/json" id="rules">{{"fields":{_spell(self.fields)},"answers":'
        return begin, f',"texts":{_spell(self.texts)}}}</script>'


def _spell(told: Any) -> str:
    """JSON in which nothing can be taken for markup."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def page_rules(definition: RecordType, names: Sequence[str], language: Language) -> PageRules | None:
    """The rules of the page that asks the fields `names`; None when nothing on it depends on anything."""
    return _page_rules(definition, tuple(names), language)


@lru_cache(maxsize=1024)
def _page_rules(definition: RecordType, names: tuple[str, ...], language: Language) -> PageRules | None:
    fields = tuple(definition.by_name[name] for name in names if name in definition.by_name)
    rules = [rule for _, part in walk(fields) for rule in _rules_of(part)]
    if not rules:
        return None
    read = {path.split(".")[0] for rule in rules for path in fields_in(rule)}
    return PageRules(
        {target.name: _node(target, language) for target in fields},
        frozenset(name for name in read if _is_told(definition.by_name.get(name))),
        frozenset(name for rule in rules for name in _variables_in(rule)),
        tuple(_reasons(definition, fields, language)),
        {"required": translate("Required", language), "optional": translate("Optional", language)},
    )


def _rules_of(target: BaseField) -> Iterator[Mapping[str, Any]]:
    """The conditions of one field, its formula as one of them."""
    for rule in (target.show_when, target.required_when, target.read_only_when):
        if rule is not None:
            yield rule
    if isinstance(target, ComputedField):
        yield {"$expr": target.value}


def _is_told(target: BaseField | None) -> bool:
    """Whether an answer may be put into the page: never a secret, nor where an upload is kept."""
    return (
        target is not None
        and not target.confidential
        and not isinstance(target, UploadField | CertificateField)
    )


def _node(target: BaseField, language: Language) -> Node:
    """What the script has to know of one field: how to read its controls, and its rules."""
    node: Node = {"type": target.type}
    if target.show_when is not None:
        node["show"] = for_browser(target.show_when)
    if target.required_when is not None and not target.required:
        node["require"] = for_browser(target.required_when)
    if isinstance(target, ComputedField):
        node["value"] = for_browser(target.value)
        node["unit"] = str(target.unit or "")
        if target.options:
            node["labels"] = {option.code: option.label(language) for option in target.options}
    if target.parts:
        node["rows"] = target.repeats
        node["parts"] = {part.name: _node(part, language) for part in target.parts}
    return node


def _variables_in(node: Any) -> Iterator[str]:
    if isinstance(node, str) and node.startswith("$$"):
        yield node[2:]
    for part in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _variables_in(part)


def _used(names: frozenset[str], variables: Mapping[str, Any]) -> Node:
    """Of all variables those a rule of the page names."""
    found: Node = {}
    for name in sorted(names):
        path = name.split(".")
        value = value_at(variables, path)
        level = found
        for step in path[:-1]:
            level = level.setdefault(step, {})
        if value is not MISSING and isinstance(level, dict):
            level[path[-1]] = extended(value)
    return found


def _reasons(definition: RecordType, fields: tuple[BaseField, ...], language: Language) -> Iterator[Reason]:
    for path, target in walk(fields):
        words = tuple(_reason(_Speaker(definition, language, path[:-1]), target))
        if words:
            yield Reason(target.label(language) or target.name, words)


@dataclass(frozen=True)
class _Speaker:
    """Says rules of fields that stand in the tables and groups `within`."""

    definition: RecordType
    language: Language
    within: tuple[str, ...]

    def rule(self, query: Mapping[str, Any]) -> str:
        return describe(query, self.definition, self.language, self.within)

    def labels(self, formula: Any) -> str:
        found = labels_read(paths_in(formula), self.definition, self.language, self.within)
        return ("、" if self.language == "ja" else ", ").join(found)


def _reason(speaker: _Speaker, target: BaseField) -> Iterator[str]:
    shown, required, language = target.show_when, target.required_when, speaker.language
    if shown is not None and shown == required:
        yield translate("Asked, and required, when {rule}.", language, rule=speaker.rule(shown))
    else:
        if shown is not None:
            yield translate("Asked when {rule}.", language, rule=speaker.rule(shown))
        if required is not None:
            yield translate("Required when {rule}.", language, rule=speaker.rule(required))
    if target.read_only_when is not None:
        rule = speaker.rule(target.read_only_when)
        yield translate("Cannot be changed when {rule}.", language, rule=rule)
    if isinstance(target, ComputedField):
        yield translate("Calculated from {labels}.", language, labels=speaker.labels(target.value))


def because(
    definition: RecordType, target: BaseField, language: Language, within: tuple[str, ...] = ()
) -> str:
    """Why a field is required although it is not always; "" where no rule says so."""
    if target.required or target.required_when is None:
        return ""
    rule = describe(target.required_when, definition, language, within)
    return translate("Required because {rule}.", language, rule=rule)
