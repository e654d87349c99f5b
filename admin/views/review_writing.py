"""Drawing answers fast: most of an answer's markup is the same for every application, and drawn once."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from admin.language import say
from admin.views.review_answers import Answer, place_label
from models.language import Language
from models.schema.definition import RecordType
from models.services.checks import CheckResult

MARK = "\ufffc"
"""Stands for the answer's text while the markup around it is drawn; no text of ours holds it."""

MOST_KEPT = 4096

Macro = Callable[..., Markup]
Key = tuple[RecordType, str, Language, bool]

_around: OrderedDict[Key, tuple[Markup, Markup]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Writer:
    """Draws the answers of one application with the template's own macro; answers that nothing was found,
    changed or remarked at come from the markup kept for their field."""

    definition: RecordType
    spoken: Language
    writes: bool

    def __call__(self, macro: Macro, answer: Answer) -> Markup:
        """One answer."""
        if not _is_plain(answer):
            return macro(answer)
        key = self.definition, answer.name, self.spoken, self.writes
        kept = _around.get(key)
        if kept is None:
            before, _, after = macro(replace(answer, text=MARK)).partition(MARK)
            kept = _around[key] = before, after
            if len(_around) > MOST_KEPT:
                _around.popitem(last=False)
        return kept[0] + escape(answer.text) + kept[1]


def _is_plain(answer: Answer) -> bool:
    return not (answer.wide or answer.changed or answer.typed or answer.remarks or answer.findings)


def written_checks(
    found: list[CheckResult], definition: RecordType, spoken: Language
) -> tuple[Markup, Markup]:
    """The checks that fail and those that hold, as the items of two lists."""
    items: dict[bool, list[str]] = {True: [], False: []}
    begun = {True: _begun("r-ok", "✓", say("holds")), False: _begun("r-bad", "✗", say("does not hold"))}
    for check in found:
        name = check.path.partition(".")[0]
        message = escape(check.message(spoken))
        told = f'<a href="#{name}">{message}</a>' if name in definition.by_name else message
        place = place_label(definition, check.path, spoken) if "." in check.path else ""
        around = f" ({escape(place)})" if place else ""
        items[check.ok].append(f"{begun[check.ok]} {told}{around} <code>{escape(check.rule)}</code></li>")
    return Markup("".join(items[False])), Markup("".join(items[True]))  # noqa: S704 - every part is escaped


def _begun(style: str, sign: str, words: str) -> str:
    """How every line of a list begins."""
    said = f'<span aria-hidden="true">{sign}</span><span class="a-hidden">{escape(words)}</span>'
    return f'<li class="{style}">{said}'
