"""The tables of the manual, made from the code they describe. ``python -m tests.docs.reference`` writes them.

A page marks where a table stands: ``<!-- generated: settings -->`` … ``<!-- end: settings -->``."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from app.database import Timeouts
from app.settings import ROOT, Settings
from models import errors
from models.access import HOLDERS
from models.configuration.mail import LINKS, PLACEHOLDERS
from models.grants import PERMISSIONS
from models.language import translate
from models.schema.fields import FIELD_TYPES, BaseField, type_name
from models.schema.fields.file import KINDS
from models.schema.finding import CODES
from models.schema.formats import FORMATS
from models.services import delivery, links, passwords, resuming, sessions, signing, stepping_up
from models.workflow.definition import NEEDS, PEOPLE
from models.workflow.effects import EFFECTS, LIFECYCLE_EFFECTS, Effect

MANUAL = ROOT / "docs" / "manual"

Cells = tuple[str, ...]


def table(heads: Cells, rows: Iterable[Cells]) -> str:
    """A Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings() -> str:
    """Every setting, from ``app/settings.py``."""
    rows = (
        (f"`{env(n)}`", default_of(f.default), f.description or "") for n, f in Settings.model_fields.items()
    )
    return table(("setting", "default", "what it does"), rows)


def env(name: str) -> str:
    """The environment variable of a setting."""
    return f"{Settings.model_config.get('env_prefix', '')}{name}".upper()


def default_of(value: Any) -> str:
    """A default as somebody would type it; paths are relative to the program's folder."""
    if value is PydanticUndefined:
        return "must be given"
    if isinstance(value, SecretStr):
        return default_of(value.get_secret_value())
    if isinstance(value, tuple):
        return ", ".join(default_of(item) for item in value) or "none"
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}`"
    return (
        "none" if value in (None, "", {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    )


def findings() -> str:
    """Every code of the checker, from ``models/schema/finding.py``."""
    rows = (
        (
            name,
            code.severity,
            f"{code.problem} {code.remedy}",
            _japanese(code.problem) + _japanese(code.remedy),
        )
        for name, code in CODES.items()
    )
    return table(("code", "is", "in English", "日本語"), rows)


def _japanese(msgid: str) -> str:
    return translate(msgid, "ja")


def permissions() -> str:
    """The permission table, from ``models/permissions.py``."""
    rows = ((f"`{name}`", row.allows, ", ".join(sorted(row.holders))) for name, row in PERMISSIONS.items())
    return table(("permission", "allows to", "who has it"), rows)


def holders() -> str:
    """Every word of ``access``, from ``models/access.py``."""
    return table(("word", "means", "日本語"), ((f"`{w}`", who("en"), who.ja) for w, who in HOLDERS.items()))


def placeholders() -> str:
    """What a mail may say, from ``models/configuration/mail.py``."""
    kinds = {name: "a link" if name in LINKS else "" for name in PLACEHOLDERS}
    rows = ((f"`{{{name}}}`", stands_for.msgid, kinds[name]) for name, stands_for in PLACEHOLDERS.items())
    return table(("placeholder", "stands for", "is"), rows)


def field_types() -> str:
    """Every field type, from the classes in ``models/schema/fields``."""
    rows = (
        (f"`{type_name(kind)}`", first_paragraph(kind), ", ".join(f"`{key}`" for key in own_keys(kind)))
        for kind in FIELD_TYPES
    )
    return table(("type", "is", "keys of its own"), rows)


def own_keys(kind: type[BaseField]) -> Mapping[str, Any]:
    """The keys a field type adds to the common ones, with their defaults."""
    return {
        info.alias or name: info.default
        for name, info in kind.model_fields.items()
        if name not in BaseField.model_fields
    }


def first_paragraph(described: object) -> str:
    """The first paragraph of a docstring, as Markdown in one line."""
    paragraph = (inspect.getdoc(described) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def formats() -> str:
    """The named formats of text fields, from ``models/schema/formats.py``."""
    rows = (
        (f"`{f.name}`", f"{f.label} {_japanese(f.label)}", f.description, f"`{f.example}`")
        for f in FORMATS.values()
    )
    return table(("format", "is", "asks for", "example"), rows)


def file_kinds() -> str:
    """The kinds of file that may be accepted."""
    return table(("ending", "served as"), ((f"`{name}`", types[0]) for name, types in KINDS.items()))


def effects() -> str:
    """What a transition of a workflow can do, from ``models/workflow/effects.py``."""
    return _effects(EFFECTS)


def lifecycle_effects() -> str:
    """What a transition of a lifecycle can do, from ``models/workflow/effects.py``."""
    return _effects(LIFECYCLE_EFFECTS)


def _effects(known: Mapping[str, Effect]) -> str:
    rows = (
        (f"`{name}`", effect.does, ", ".join(f"`{key}`" for key in effect.parameters) or "none")
        for name, effect in known.items()
    )
    return table(("effect", "does", "parameters"), rows)


def people() -> str:
    """Whom ``by`` may name, and what ``needs`` may ask for."""
    return f"People besides the site's roles: {_listed(PEOPLE)}. What `needs` may ask for: {_listed(NEEDS)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def error_codes() -> str:
    """Every expected failure, from ``models/errors``."""
    rows = (
        (kind.code, str(kind.status), kind.message, _japanese(kind.message), first_paragraph(kind))
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.TorokuError)
    )
    return table(("code", "status", "in English", "日本語", "when"), rows)


def limits() -> str:
    """How long things live and how often they may be tried, from the services."""
    lengths = passwords.PASSWORD_LENGTH
    rows: list[Cells] = [
        ("a signed-in session without a request", spell(sessions.IDLE)),
        ("any session", spell(sessions.ABSOLUTE)),
        *((f"a link to {name.replace('_', ' ')}", spell(time)) for name, time in links.LIFETIMES.items()),
        ("links mailed for one application", f"{resuming.LINKS_AN_HOUR} an hour"),
        ("links asked for to one mail address", f"{resuming.ADDRESS_LINKS_AN_HOUR} an hour"),
        ("links asked for from one network address", f"{resuming.NETWORK_LINKS_AN_HOUR} an hour"),
        ("a password", f"{lengths.start} to {lengths.stop - 1} characters"),
        ("failed sign-ins in a row until an operator's account is locked", str(signing.FAILURES)),
        ("failed sign-ins in a row until an account of the staff is locked", str(signing.ATTEMPTS)),
        ("signing in, or confirming, counts as proof for sensitive acts", spell(stepping_up.RECENT)),
        (
            "waits between attempts to send a mail",
            ", ".join(spell(timedelta(seconds=s)) for s in delivery.DELAYS),
        ),
    ]
    waits = Timeouts()
    rows += [
        ("looking for the database's primary", spell(timedelta(seconds=waits.selection))),
        ("one transaction, all its attempts", spell(timedelta(seconds=waits.transaction))),
        ("a worker's hold on a mail", spell(delivery.LEASE)),
    ]
    return table(("what", "limit"), rows)


def spell(time: timedelta) -> str:
    """A duration in its largest whole unit."""
    for seconds, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(int(time.total_seconds()), seconds)
        if count and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "0 seconds"


BLOCKS: Mapping[str, Callable[[], str]] = {
    made.__name__: made
    for made in (
        settings,
        findings,
        permissions,
        holders,
        placeholders,
        field_types,
        formats,
        file_kinds,
        effects,
        lifecycle_effects,
        people,
        error_codes,
        limits,
    )
}
"""Every generated table by the name its marks use."""

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def fill(page: str) -> str:
    """`page` with every table made anew. Raises KeyError for a table nobody makes."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n\n{found[3]}", page)


def pages() -> Iterator[Path]:
    """The pages of the manual."""
    yield from sorted(MANUAL.glob("*.md"))


def write() -> None:
    """Write every page whose tables are not those of the code."""
    for path in pages():
        page = path.read_text(encoding="utf-8")
        if (filled := fill(page)) != page:
            path.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    write()
