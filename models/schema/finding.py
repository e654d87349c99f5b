"""What is wrong with a configuration: coded, placed, with a remedy. The table is the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from models.language import DEFAULT_LANGUAGE, Language, translate

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """One kind of finding: what is wrong, and what would be right (English message ids)."""

    problem: str
    remedy: str
    severity: Severity = "error"


CODES: dict[str, Code] = {
    "T-E001": Code(
        "This is not valid YAML: {problem}.", "Correct the file near this line; check indentation and quotes."
    ),
    "T-E002": Code("A key is written twice: {problem}.", "Keep one of the two."),
    "T-E003": Code("Unknown key “{key}”.", "Did you mean “{suggestion}”? Known keys: {known}."),
    "T-E004": Code("The key “{key}” is missing.", "Add “{key}:”."),
    "T-E005": Code(
        "“{key}” has a value that cannot be used: {problem}.",
        "Give a value of the kind the manual shows for this key.",
    ),
    "T-E006": Code("This file does not say what it describes.", "Begin with one of: {known}."),
    "T-E007": Code("“{name}” is described twice, also in {other}.", "Rename one of them or remove one file."),
    "T-E008": Code("Unknown field type “{key}”.", "Use one of: {known}."),
    "T-E009": Code(
        "The name “{name}” cannot be used.",
        "Use lower-case letters, digits and single underscores, beginning with a letter.",
    ),
    "T-E010": Code(
        "The choice list “{name}” does not exist.", "Add choices/{name}.yaml, or use one of: {known}."
    ),
    "T-E011": Code("The field “{name}” does not exist.", "Use one of: {known}."),
    "T-E012": Code("The format “{name}” does not exist.", "Use one of: {known}."),
    "T-E013": Code(
        "The workflow “{name}” does not exist.", "Add workflows/{name}.yaml, or use one of: {known}."
    ),
    "T-E014": Code(
        "The lifecycle “{name}” does not exist.", "Add lifecycles/{name}.yaml, or use one of: {known}."
    ),
    "T-E015": Code("The effect “{name}” does not exist.", "Use one of: {known}."),
    "T-E016": Code(
        "The mail template “{name}” does not exist in “{language}”.", "Add mail/{name}.{language}.md."
    ),
    "T-E017": Code("The placeholder “{name}” does not exist.", "Use one of: {known}."),
    "T-E018": Code("The name “{name}” is used twice here.", "Give each a name of its own."),
    "T-E019": Code("The condition cannot be used: {problem}.", "See the manual's chapter on conditions."),
    "T-E020": Code("The state “{name}” does not exist.", "Use one of: {known}."),
    "T-E021": Code(
        "Nobody can leave the state “{name}”, and it is not final.",
        "Add a transition from it, or “final: true”.",
    ),
    "T-E022": Code(
        "The example does not hold: expected {expected}, found {found}.",
        "Correct the example or the rule it shows.",
    ),
    "T-E023": Code("The record type “{name}” does not exist.", "Use one of: {known}."),
    "T-E024": Code("The option “{name}” is not in the choice list “{choices}”.", "Use one of: {known}."),
    "T-E025": Code("The site is not described.", "Add site.yaml to one of the modules."),
    "T-E026": Code("“{name}” is neither a person of the workflow nor a role.", "Use one of: {known}."),
    "T-E027": Code("The need “{name}” does not exist.", "Use one of: {known}."),
    "T-E028": Code("The field “{name}” is on no page.", "Add it to a page, or leave “pages” out."),
    "T-E029": Code(
        "The module folder does not exist.",
        "Check TOROKU_CONFIG; its entries are folders separated by commas.",
    ),
    "T-E030": Code(
        "A field of type “{name}” cannot be inside a table.",
        "Ask for it beside the table, once per application.",
    ),
    "T-E031": Code(
        "Records can be deleted, but the lifecycle “{name}” has no state that is not live.",
        "Add a state with “live: false” to it, or leave “delete” out of “kinds”.",
    ),
    "T-W001": Code("The English text is missing.", "Add “en:”.", "warning"),
    "T-W002": Code(
        "The field “{name}” does not say whether it holds personal data.",
        "Add “personal: yes”, “possibly” or “no”.",
        "warning",
    ),
}
"""Every code the checks can report, in the order of the manual's table."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at one place. `str()` is ``file:line: CODE problem remedy``."""

    code: str
    file: str
    line: int
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    def problem(self, language: Language) -> str:
        return translate(CODES[self.code].problem, language, **self.values)

    def remedy(self, language: Language) -> str:
        return translate(CODES[self.code].remedy, language, **self.values)

    def say(self, language: Language) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.problem(language)} {self.remedy(language)}"

    def __str__(self) -> str:
        return self.say(DEFAULT_LANGUAGE)
