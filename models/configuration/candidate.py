"""A record type that is only a text so far: read and looked at as if it stood among the site's files."""

from dataclasses import dataclass, replace
from pathlib import Path

from models.configuration.check import check_flows, check_record_type
from models.configuration.load import Configuration
from models.configuration.validation import build_part
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.schema.source import Source, parse

FILE = "record_type.yaml"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What became of the text: the definition, its options put in, unless it could not be understood; and
    every finding, errors first, each by line."""

    definition: RecordType | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stand against publishing it."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def read_candidate(text: str, configuration: Configuration, file: str = FILE) -> Candidate:
    """Parse `text`, hold it against the meta-schema, look at it beside the rest of `configuration`, in which
    a type of the same name counts as replaced. Never raises, whatever the text."""
    source = parse(Path(file), text)
    if isinstance(source, Finding):
        return Candidate(None, (source,))
    if not isinstance(source.value, dict) or "record_type" not in source.value:
        return Candidate(None, (source.finding("T-E006", (), known="record_type"),))
    part, findings = build_part(RecordType, source)
    if not isinstance(part, RecordType):
        return Candidate(None, _sorted(findings))
    kind = part.resolved(configuration.choices)
    return Candidate(kind, _sorted([*findings, *_look(kind, configuration, source)]))


def _look(kind: RecordType, configuration: Configuration, source: Source) -> list[Finding]:
    others = {name: other for name, other in configuration.record_types.items() if name != kind.name}
    beside = replace(configuration, record_types={**others, kind.name: kind})
    findings = [*check_record_type(beside, kind, source), *_broken(configuration, beside, source)]
    if any(other.collection == kind.collection for other in others.values()):
        findings.append(source.finding("T-E018", ("collection",), name=kind.collection))
    return findings


def _broken(before: Configuration, beside: Configuration, source: Source) -> list[Finding]:
    """What lifecycles and workflows would name in vain from then on: fields that are renamed, or gone."""
    known = {_said(finding) for finding in check_flows(before, source)}
    return [finding for finding in check_flows(beside, source) if _said(finding) not in known]


def _said(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.problem("en")


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.severity, finding.line, finding.code)))
