"""``module.yaml``: what a module folder is called, and what it leaves to another that describes the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from models.configuration.validation import build_part
from models.language import Text
from models.schema.definition import Part
from models.schema.finding import Finding
from models.schema.source import Source, read_source, spell

FILE = "module.yaml"


class ModuleRules(Part):
    """What a module says of itself. ``yields`` are things it describes for a site in which nobody else does,
    written ``concept.name`` or ``concept.*``: where an earlier module describes the same, that one holds."""

    name: str
    label: Text
    yields: tuple[str, ...] = ()


class ModuleFile(Part):
    """The file itself: one key, ``module``."""

    module: ModuleRules


@dataclass(frozen=True, slots=True)
class Module:
    """One module folder with what its ``module.yaml`` says; a folder without one yields nothing.
    `by_default`: what the program ships with, which yields to everything and is left out where unused."""

    folder: Path
    rules: ModuleRules | None = None
    source: Source | None = None
    by_default: bool = False
    described: set[tuple[str, str]] = field(default_factory=set)
    """What its files describe, by concept and name."""

    def yields(self, concept: str, name: str) -> bool:
        """Whether it leaves this to an earlier module that describes it too."""
        words = self.rules.yields if self.rules else ()
        return self.by_default or any(fnmatchcase(f"{concept}.{name}", word) for word in words)


def read_module(folder: Path) -> tuple[Module, list[Finding]]:
    """The module in `folder`. With findings where its ``module.yaml`` cannot be understood."""
    path = folder / FILE
    if not path.exists():
        return Module(folder), []
    source = read_source(path)
    if isinstance(source, Finding):
        return Module(folder), [source]
    part, findings = build_part(ModuleFile, source)
    return Module(folder, part.module if isinstance(part, ModuleFile) else None, source), findings


def check_modules(modules: list[Module], concepts: tuple[str, ...]) -> Iterator[Finding]:
    """T-E110 for something left to others that is none of `concepts`, T-E111 for something the module does
    not describe itself, T-E112 for two modules of one name."""
    names: dict[str, Path] = {}
    for module in modules:
        if module.rules is None or module.source is None:
            continue
        for index, word in enumerate(module.rules.yields):
            yield from _check_word(module, module.source, index, word, concepts)
        other = names.setdefault(module.rules.name, module.folder)
        if other != module.folder:
            values = {"name": module.rules.name, "other": spell(other)}
            yield module.source.finding("T-E112", ("module", "name"), **values)


def _check_word(
    module: Module, source: Source, index: int, word: str, concepts: tuple[str, ...]
) -> Iterator[Finding]:
    path = ("module", "yields", index)
    concept, _, name = word.partition(".")
    if concept not in concepts or not name:
        known = ", ".join(f"{each}.…" for each in concepts)
        yield source.finding("T-E110", path, name=word, known=known)
    elif not any(fnmatchcase(f"{kind}.{each}", word) for kind, each in module.described):
        yield source.finding("T-E111", path, name=word)
