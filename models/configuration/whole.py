"""Everything a site loads, once it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.configuration.mail import MailTemplate
from models.configuration.site import SiteDefinition
from models.configuration.terms import TermsText
from models.configuration.windows import Window
from models.language import Language, Text
from models.schema.definition import ChoiceList, RecordType
from models.workflow.definition import Lifecycle, Workflow


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
    areas: Mapping[str, Text] = field(default_factory=dict)
    """What the module of a record type is called, where that is not the first one."""

    def source_of(self, record_type: str) -> str:
        """The YAML a record type is written in; "" where it is not from a file."""
        path = self.files.get(("record_type", record_type))
        return path.read_text(encoding="utf-8") if path and path.exists() else ""

    @property
    def enabled_types(self) -> tuple[RecordType, ...]:
        """The record types that are switched on."""
        return tuple(kind for kind in self.record_types.values() if kind.enabled)
