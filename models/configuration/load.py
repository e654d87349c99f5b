"""Reading a site's configuration: module folders become one immutable Configuration, or findings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.configuration.mail import MailTemplate, read_template
from models.configuration.site import SiteDefinition, SiteFile
from models.configuration.terms import TermsText, read_terms
from models.configuration.validation import build_part
from models.configuration.windows import Window
from models.errors import ConfigurationError
from models.language import Language
from models.schema.definition import ChoiceList, Part, RecordType
from models.schema.finding import Finding
from models.schema.source import Source, read_source, spell
from models.workflow.definition import Lifecycle, Workflow

CONCEPTS: Mapping[str, type[Part]] = {
    "record_type": RecordType,
    "choices": ChoiceList,
    "workflow": Workflow,
    "lifecycle": Lifecycle,
    "window": Window,
    "site": SiteFile,
}
"""The first key of a file says what it describes."""


@dataclass(frozen=True)
class Configuration:
    """Everything a site loads, by name. Record types hold the options of their choice lists."""

    site: SiteDefinition
    record_types: Mapping[str, RecordType]
    choices: Mapping[str, ChoiceList]
    workflows: Mapping[str, Workflow]
    lifecycles: Mapping[str, Lifecycle]
    mail: Mapping[tuple[str, Language], MailTemplate]
    terms: tuple[TermsText, ...]
    modules: tuple[Path, ...]
    files: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    """The file of every named thing, by concept and name."""
    windows: Mapping[str, Window] = field(default_factory=dict)

    def source_of(self, record_type: str) -> str:
        """The YAML a record type is written in; "" where it is not from a file."""
        path = self.files.get(("record_type", record_type))
        return path.read_text(encoding="utf-8") if path and path.exists() else ""

    @property
    def enabled_types(self) -> tuple[RecordType, ...]:
        """The record types that are switched on."""
        return tuple(kind for kind in self.record_types.values() if kind.enabled)


@dataclass
class Reading:
    """What has been read so far, with the source of every named thing."""

    parts: dict[str, dict[str, Part]] = field(default_factory=lambda: {name: {} for name in CONCEPTS})
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    mail: dict[tuple[str, Language], MailTemplate] = field(default_factory=dict)
    terms: list[TermsText] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


Checker = Callable[[Configuration, Mapping[tuple[str, str], Source]], Iterator[Finding]]


def load_configuration(modules: Sequence[Path], check: Checker) -> Configuration:
    """Read `modules` in order and check them with `check` (``models.configuration.check.check``).

    Raises ConfigurationError with every finding of severity error."""
    configuration, findings = examine(modules, check)
    errors = tuple(finding for finding in findings if finding.severity == "error")
    if configuration is None or errors:
        raise ConfigurationError(errors)
    return configuration


def examine(modules: Sequence[Path], check: Checker) -> tuple[Configuration | None, tuple[Finding, ...]]:
    """Read and check `modules`; the configuration is None when a file could not be understood at all."""
    reading = Reading()
    for module in modules:
        _read_module(module, reading)
    if not reading.parts["site"] and not reading.findings:
        reading.findings.append(Finding("T-E025", spell(modules[0]) if modules else "", 1))
    if any(finding.severity == "error" for finding in reading.findings):
        return None, _sorted(reading.findings)
    configuration = _assemble(reading, tuple(modules))
    return configuration, _sorted([*reading.findings, *check(configuration, reading.sources)])


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.severity, f.file, f.line, f.code)))


def _read_module(module: Path, reading: Reading) -> None:
    if not module.is_dir():
        reading.findings.append(Finding("T-E029", spell(module), 1))
        return
    for path in sorted(module.rglob("*.yaml")):
        if "demo" not in path.relative_to(module).parts:
            _read_part(path, reading)
    for path in sorted(module.glob("mail/*.*.md")):
        _read_mail(path, reading)
    for path in sorted(module.glob("terms/*.md")):
        text = read_terms(path)
        if isinstance(text, Finding):
            reading.findings.append(text)
        else:
            reading.terms.append(text)


def _read_part(path: Path, reading: Reading) -> None:
    source = read_source(path)
    if isinstance(source, Finding):
        reading.findings.append(source)
        return
    concept = str(next(iter(source.value), "")) if isinstance(source.value, Mapping) else ""
    if concept not in CONCEPTS:
        reading.findings.append(source.finding("T-E006", (), known=", ".join(CONCEPTS)))
        return
    part, findings = build_part(CONCEPTS[concept], source)
    reading.findings += findings
    if part is not None:
        _keep(concept, part, source, reading)


def _keep(concept: str, part: Part, source: Source, reading: Reading) -> None:
    name = "site" if concept == "site" else str(getattr(part, concept))
    first = reading.sources.get((concept, name))
    if first is not None and concept != "site":
        reading.findings.append(source.finding("T-E007", (concept,), name=name, other=spell(first.path)))
        return
    reading.parts[concept].setdefault(name, part)
    reading.sources.setdefault((concept, name), source)


def _read_mail(path: Path, reading: Reading) -> None:
    template, findings = read_template(path)
    reading.findings += findings
    if template is not None:
        reading.mail[template.name, template.language] = template


def _assemble(reading: Reading, modules: tuple[Path, ...]) -> Configuration:
    lists = {n: p for n, p in reading.parts["choices"].items() if isinstance(p, ChoiceList)}
    site = reading.parts["site"]["site"]
    assert isinstance(site, SiteFile)  # noqa: S101 - the concept names the class
    kinds = {
        n: p.resolved(lists) for n, p in reading.parts["record_type"].items() if isinstance(p, RecordType)
    }
    return Configuration(
        site=site.site,
        record_types=kinds,
        choices=lists,
        workflows={n: p for n, p in reading.parts["workflow"].items() if isinstance(p, Workflow)},
        lifecycles={n: p for n, p in reading.parts["lifecycle"].items() if isinstance(p, Lifecycle)},
        mail=reading.mail,
        terms=tuple(sorted(reading.terms, key=lambda text: text.effective_from)),
        modules=modules,
        files={key: source.path for key, source in reading.sources.items()},
        windows={n: p for n, p in reading.parts["window"].items() if isinstance(p, Window)},
    )
