"""The operator's form as it will be, drawn from a definition that is not published. Nothing can be sent."""

from collections.abc import Mapping
from typing import Any

from forms.render.control import Filling, page_controls, write_controls
from forms.render.environment import environment
from forms.render.held import Keeper
from forms.render.plan import plan_form
from models.language import Language
from models.schema.compiled import CompiledType, compile_type
from models.schema.definition import RecordType
from models.schema.reading import Reading, read_data


def draw_form(definition: RecordType, language: Language, answers: Mapping[str, Any]) -> str:
    """A whole HTML document: every page of the form that `answers` (typed values, as an example gives them)
    lead to, one below the other, filled in with them; for a frame that runs no script and sends no form."""
    compiled = compile_type(definition)
    reading = read_data(compiled, answers, {})
    filling = _filling(compiled, answers, reading, language)
    drawn = [
        (page, write_controls(controls, language))
        for page in plan_form(definition, language).pages
        if (controls := list(page_controls(page, filling)))
    ]
    template = environment(language).get_template("preview.html")
    return template.render(type_label=definition.label(language), pages=drawn)


def _filling(
    compiled: CompiledType, answers: Mapping[str, Any], reading: Reading, language: Language
) -> Filling:
    fields = compiled.level.fields
    shown = frozenset(n for n, field in fields.items() if _is_shown(compiled, n, reading, field.asked))
    locked = frozenset(n for n, field in fields.items() if field.read_only)
    typed = {
        n: field.unparse(reading.data.get(n, answers.get(n))) for n, field in fields.items() if field.stored
    }
    return Filling(
        language, compiled.level, typed, reading, shown, shown - locked, Keeper(_unsigned, "preview")
    )


def _is_shown(compiled: CompiledType, name: str, reading: Reading, asked: bool) -> bool:
    if asked:
        return name not in reading.hidden
    rule = compiled.level.shown.get(name)
    return rule is None or rule(reading.data, {})


def _unsigned(purpose: str, text: str) -> str:
    """Nothing a preview carries is ever taken back, so nothing is signed."""
    del purpose, text
    return ""
