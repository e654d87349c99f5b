"""The templates, one environment per language, built once."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forms.assets import asset
from models.language import Language, Text, translate
from models.markdown import to_html

TEMPLATES = Path(__file__).parent.parent / "templates"


@cache
def environment(language: Language) -> Environment:
    """Jinja2 with escaping on, undefined names refused, and ``_`` speaking `language`."""
    built = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    built.globals |= {"_": partial(_say, language), "language": language, "asset": asset}
    built.filters |= {"text": partial(_text, language), "markdown": to_html}
    return built


def _say(language: Language, msgid: str, **values: Any) -> str:
    return translate(msgid, language, **values)


def _text(language: Language, text: Text | str | None) -> str:
    return text(language) if isinstance(text, Text) else text or ""


@cache
def control_writer(language: Language) -> Callable[..., Markup]:
    """The macro that draws one control (``templates/controls.html``)."""
    return environment(language).get_template("controls.html").module.control  # type: ignore[attr-defined,no-any-return]
