"""Every English message id in the source: what Python hands to a message, and what templates say."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, nodes

from models import errors
from models.schema.formats import message_ids
from models.workflow.effects import EFFECTS, LIFECYCLE_EFFECTS

ROOT = Path(__file__).parent.parent
FLOORS = ("models", "app", "forms")
"""The folders that speak through ``models/locale``; the admin has a catalogue of its own."""

PAGES = "forms/templates"
"""The templates that do; those of the measurements speak to nobody."""

ERRORS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
}

PLACES: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(ERRORS, (0,)),
    "ConfigurationError": (1,),
    "AnswersInvalid": (1,),
    **dict.fromkeys(("Message", "Said", "_", "say", "_say", "translate"), (0,)),
    "refuse": (1,),
    "ValueRefused": (0,),
    "flaw": (1,),
    "Code": (0, 1),
}
"""The positional arguments that are message ids, by the name of what is called."""

Place = str
"""``file:line``."""


@dataclass(frozen=True)
class Module:
    """One parsed Python file, with every value that is ever assigned to a name in it."""

    path: Path
    tree: ast.Module
    assigned: Mapping[str, list[ast.expr]]


@cache
def all_msgids(root: Path = ROOT) -> dict[str, Place]:
    """Every message id below `root`, with one place that uses it."""
    found: dict[str, Place] = {}
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*.py")):
            found |= dict(python_msgids(path))
    for path in sorted((root / PAGES).rglob("*.html")):
        found |= dict(template_msgids(path))
    if root == ROOT:
        found |= dict.fromkeys(message_ids(), "models/schema/formats.py")
        effects = [*EFFECTS.values(), *LIFECYCLE_EFFECTS.values()]
        found |= dict.fromkeys((effect.does for effect in effects), "models/workflow/effects.py")
        found |= dict.fromkeys((getattr(errors, name).message for name in ERRORS), "models/errors")
    return found


def python_msgids(path: Path) -> Iterator[tuple[str, Place]]:
    """The message ids of one Python file."""
    module = read_module(path)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            for argument in _message_arguments(node):
                for msgid in _spelled(argument, module, frozenset(), direct=True):
                    yield msgid, f"{path}:{node.lineno}"


def template_msgids(path: Path) -> Iterator[tuple[str, Place]]:
    """The message ids of one Jinja template: every text in the first argument of ``_( … )``."""
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and call.args:
            first = call.args[0]
            texts = [first] if isinstance(first, nodes.Const) else list(first.find_all(nodes.Const))
            for text in texts:
                if isinstance(text.value, str) and (text is first or is_for_people(text.value)):
                    yield text.value, f"{path}:{call.lineno}"


def read_module(path: Path) -> Module:
    """Parse one file and note what its names are assigned."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        assigned.setdefault(name.id, []).append(node.value)
    return Module(path, tree, assigned)


def _message_arguments(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in PLACES:
        return
    for place in PLACES[name]:
        if place < len(call.args):
            yield call.args[place]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in ("message", "msgid"))


def _spelled(node: ast.expr, module: Module, seen: frozenset[str], *, direct: bool) -> Iterator[str]:
    """The texts an expression can stand for; names are followed to what they are assigned."""
    composed = {
        id(piece) for part in ast.walk(node) if isinstance(part, ast.JoinedStr) for piece in part.values
    }
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in composed:
            if is_for_people(part.value) or (direct and part is node):
                yield part.value
        elif isinstance(part, ast.Name) and part.id not in seen:
            for value in module.assigned.get(part.id, []):
                yield from _spelled(value, module, seen | {part.id}, direct=False)
            yield from _imported(part.id, module)


def _imported(name: str, module: Module) -> Iterator[str]:
    """The text of a constant that comes from another module of ours."""
    for node in module.tree.body:
        if (
            isinstance(node, ast.ImportFrom)
            and name.isupper()
            and name in {alias.name for alias in node.names}
        ):
            value: Any = getattr(importlib.import_module(node.module or ""), name, None)
            if isinstance(value, str) and is_for_people(value):
                yield value


def is_for_people(text: str) -> bool:
    """Whether a text found beside others reads like words for people: a sentence, or one capitalised word."""
    return (
        re.fullmatch("[A-Z][a-z]+", text) is not None or re.search("[A-Za-z}”] [A-Za-z{“]", text) is not None
    )
