"""Reading a site's configuration: module folders become one immutable Configuration, or findings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.configuration.defaults import FOLDER, only_used
from models.configuration.mail import MailTemplate, read_template
from models.configuration.merging import merged
from models.configuration.module import FILE, Module, ModuleFile, check_modules, read_module
from models.configuration.periods import with_periods
from models.configuration.site import SiteFile
from models.configuration.terms import TermsText, read_terms
from models.configuration.validation import build_part
from models.configuration.whole import Configuration as Configuration
from models.configuration.windows import Window
from models.errors import ConfigurationError
from models.language import Language, Text
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
    "module": ModuleFile,
}
"""The first key of a file says what it describes."""

LEFT = ("record_type", "choices", "workflow", "lifecycle", "window", "mail", "terms")
"""What a module can leave to another, by name."""


@dataclass
class Reading:
    """What has been read so far, with the source of every named thing."""

    parts: dict[str, dict[str, Part]] = field(default_factory=lambda: {name: {} for name in CONCEPTS})
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    mail: dict[tuple[str, Language], MailTemplate] = field(default_factory=dict)
    terms: list[TermsText] = field(default_factory=list)
    sites: list[Source] = field(default_factory=list)
    owners: dict[tuple[str, str], Module] = field(default_factory=dict)
    """The module a named thing comes from."""
    defaults: Source | None = None
    """The ``site.yaml`` shipped with the program."""
    modules: list[Module] = field(default_factory=list)
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
    """Read and check `modules`, and behind them what is shipped with the program; the configuration is None
    when a file could not be understood at all."""
    reading = Reading()
    for folder in modules:
        _read_folder(folder, reading)
    _read_files(Module(FOLDER, by_default=True), reading)
    reading.findings += check_modules(reading.modules, LEFT)
    _build_site(reading, spell(modules[0]) if modules else "")
    if any(finding.severity == "error" for finding in reading.findings):
        return None, _sorted(reading.findings)
    configuration, sources = only_used(_assemble(reading, tuple(modules)), reading.sources)
    return configuration, _sorted([*reading.findings, *check(configuration, sources)])


def _build_site(reading: Reading, first: str) -> None:
    """The site of all modules together; T-E025 where none of them describes it."""
    if not reading.sites:
        if not reading.findings:
            reading.findings.append(Finding("T-E025", first, 1))
        return
    source = merged(reading.sites, reading.defaults)
    part, findings = build_part(SiteFile, source)
    reading.findings += findings
    if part is not None:
        reading.parts["site"]["site"] = part
        reading.sources["site", "site"] = source


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.severity, f.file, f.line, f.code)))


def _read_folder(folder: Path, reading: Reading) -> None:
    if not folder.is_dir():
        reading.findings.append(Finding("T-E029", spell(folder), 1))
        return
    module, findings = read_module(folder)
    reading.findings += findings
    reading.modules.append(module)
    _read_files(module, reading)


def _read_files(module: Module, reading: Reading) -> None:
    folder = module.folder
    for path in sorted(folder.rglob("*.yaml")):
        if "demo" not in path.relative_to(folder).parts and path != folder / FILE:
            _read_part(path, module, reading)
    for path in sorted(folder.rglob("*.yml")):
        reading.findings.append(Finding("T-W014", spell(path), 1, {"name": path.name}))
    for path in sorted(folder.glob("mail/*.*.md")):
        _read_mail(path, module, reading)
    for path in sorted(folder.glob("terms/*.md")):
        text = read_terms(path)
        if isinstance(text, Finding):
            reading.findings.append(text)
        else:
            _keep_terms(text, module, reading)


def _read_part(path: Path, module: Module, reading: Reading) -> None:
    source = read_source(path)
    if isinstance(source, Finding):
        reading.findings.append(source)
        return
    concept = str(next(iter(source.value), "")) if isinstance(source.value, Mapping) else ""
    if concept == "site":
        _keep_site(source, module, reading)
        return
    if concept not in CONCEPTS or concept == "module":
        reading.findings.append(source.finding("T-E006", (), known=", ".join(CONCEPTS)))
        return
    part, findings = build_part(CONCEPTS[concept], source)
    reading.findings += findings
    if part is not None:
        _keep(concept, part, source, module, reading)


def _keep_site(source: Source, module: Module, reading: Reading) -> None:
    if module.by_default:
        reading.defaults = source
    else:
        reading.sites.append(source)


def _keep(concept: str, part: Part, source: Source, module: Module, reading: Reading) -> None:
    name = str(getattr(part, concept))
    module.described.add((concept, name))
    first = reading.sources.get((concept, name))
    if first is None:
        reading.parts[concept][name] = part
        reading.sources[concept, name] = source
        reading.owners[concept, name] = module
        return
    owner = reading.owners[concept, name]
    if owner is module or first.value != source.value:
        for code in _clash(owner, module, concept, name):
            reading.findings.append(source.finding(code, (concept,), name=name, other=spell(first.path)))


def _clash(owner: Module, module: Module, concept: str, name: str) -> Iterator[str]:
    """What is wrong with a thing `module` describes otherwise than `owner` before it: T-E113 where the two
    stand the wrong way round, else T-E007; nothing where it leaves the thing to others."""
    if owner is module or not module.yields(concept, name):
        yield "T-E113" if owner is not module and owner.yields(concept, name) else "T-E007"


def _keep_terms(text: TermsText, module: Module, reading: Reading) -> None:
    """A module that leaves these terms to another leaves all their versions."""
    known = any(("terms", text.terms) in other.described for other in reading.modules if other is not module)
    module.described.add(("terms", text.terms))
    if not (known and module.yields("terms", text.terms)):
        reading.terms.append(text)


def _read_mail(path: Path, module: Module, reading: Reading) -> None:
    template, findings = read_template(path)
    reading.findings += findings
    if template is None:
        return
    module.described.add(("mail", template.name))
    first = reading.mail.setdefault((template.name, template.language), template)
    owner = reading.owners.setdefault(("mail", path.name), module)
    for code in _clash(owner, module, "mail", template.name) if first.text != template.text else ():
        values = {"name": template.name, "other": spell(first.path)}
        reading.findings.append(Finding(code, spell(path), 1, values))


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
        workflows={
            n: with_periods(p, site.site.periods)
            for n, p in reading.parts["workflow"].items()
            if isinstance(p, Workflow)
        },
        lifecycles={
            n: with_periods(p, site.site.periods)
            for n, p in reading.parts["lifecycle"].items()
            if isinstance(p, Lifecycle)
        },
        mail=reading.mail,
        terms=tuple(sorted(reading.terms, key=lambda text: text.effective_from)),
        modules=modules,
        files={key: source.path for key, source in reading.sources.items()},
        windows={n: p for n, p in reading.parts["window"].items() if isinstance(p, Window)},
        areas=dict(_areas(reading)),
    )


def _areas(reading: Reading) -> Iterator[tuple[str, Text]]:
    """The record types of the modules behind the first, with what their module is called."""
    for name in reading.parts["record_type"]:
        owner = reading.owners["record_type", name]
        if owner.rules is not None and owner is not reading.modules[0]:
            yield name, owner.rules.label
