"""The files of the modules' ``demo`` folders: rows by kind, from all files of all modules, in their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from models.configuration.whole import Configuration
from models.errors import ConfigurationError
from models.schema.finding import Finding
from models.schema.source import read_source

Kind = Literal["accounts", "records", "applications", "notices"]
"""What the first key of a demo file says its rows are."""

KINDS: tuple[Kind, ...] = ("accounts", "records", "applications", "notices")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoRows:
    """All rows, by kind. ``foreign`` are the positions of records of a type another module describes: they
    are written for the type of their own module."""

    rows: Mapping[Kind, list[Row]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    foreign: set[int] = field(default_factory=set)


def read_demo(configuration: Configuration) -> DemoRows:
    """Everything in the ``demo`` folders of the modules. Raises ConfigurationError naming a file that cannot
    be understood."""
    found = DemoRows()
    for module in configuration.modules:
        for path in sorted((module / "demo").glob("*.yaml")):
            kind, rows = _read(path)
            for row in rows:
                if kind == "records" and not _is_own(configuration, module, row):
                    found.foreign.add(len(found.rows[kind]))
                found.rows[kind].append(row)
    return found


def _read(path: Path) -> tuple[Kind, list[Row]]:
    source = read_source(path)
    if isinstance(source, Finding):
        raise ConfigurationError((source,))
    value = source.value if isinstance(source.value, Mapping) else {}
    for kind in KINDS:
        if value.get("demo") == kind and isinstance(value.get(kind), list):
            return kind, value[kind]
    raise ConfigurationError((source.finding("T-E006", (), known=_listed()),))


def _listed() -> str:
    return ", ".join(f"demo: {kind}" for kind in KINDS)


def _is_own(configuration: Configuration, module: Path, row: Row) -> bool:
    path = configuration.files.get(("record_type", str(row.get("record_type"))))
    return path is not None and path.is_relative_to(module)
