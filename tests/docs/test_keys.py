"""Every key a steward may write is explained in the manual, and no key that does not exist."""

import re
from collections.abc import Mapping

import pytest
from pydantic import BaseModel

from models.configuration import limits, outgoing, site
from models.configuration.audiences import AudienceRule
from models.configuration.declarations import ConfidentialityRule, DeclarationRule
from models.configuration.module import ModuleRules
from models.configuration.periods import SitePeriod
from models.configuration.routes import MailRoute, RouteStep
from models.configuration.terms import TermsRules, TermsText
from models.configuration.windows import Period, Window
from models.schema import definition, duty
from models.schema.evolution import Convert, Merge, Split, Steps
from models.schema.fields import FIELD_TYPES, BaseField
from models.schema.fields.base import Access, Option, UniqueRule
from models.schema.panels import Beside, Boxes, Diagram, Lanes, Standing
from models.workflow.definition import (
    Ground,
    Lifecycle,
    MailCall,
    Measure,
    Party,
    ReviewDate,
    State,
    Transition,
    Workflow,
)
from tests.docs.reference import own_keys, pages

DESCRIBED: tuple[type[BaseModel], ...] = (
    definition.RecordType,
    definition.RowRule,
    definition.Numbering,
    definition.Applications,
    definition.Asking,
    duty.Duty,
    duty.Owning,
    duty.Attendance,
    duty.DutyMail,
    definition.PublicationRule,
    definition.PublicationMail,
    definition.Wording,
    definition.Page,
    definition.StepAnswers,
    definition.Lead,
    definition.Check,
    definition.Review,
    definition.ChecklistItem,
    definition.Reason,
    definition.Example,
    definition.ChoiceList,
    Option,
    BaseField,
    UniqueRule,
    Access,
    Workflow,
    Lifecycle,
    State,
    Transition,
    Ground,
    ReviewDate,
    MailCall,
    Measure,
    Party,
    SitePeriod,
    ModuleRules,
    site.SiteDefinition,
    site.SideWords,
    site.Sender,
    site.ServiceHours,
    site.ClosedDays,
    site.Retention,
    site.Drafts,
    site.Certificates,
    site.Losses,
    site.OperatorRole,
    site.Delegates,
    site.DutiesText,
    AudienceRule,
    MailRoute,
    RouteStep,
    Beside,
    Diagram,
    Boxes,
    Lanes,
    Standing,
    outgoing.MailRules,
    outgoing.DeadAfter,
    limits.Limits,
    limits.Allowed,
    limits.Stopping,
    TermsText,
    TermsRules,
    DeclarationRule,
    ConfidentialityRule,
    Window,
    Period,
    Steps,
    Split,
    Merge,
    Convert,
)


def documented(page: str) -> dict[str, set[str]]:
    """The keys explained under each ``<!-- keys: … -->`` mark."""
    marked = re.findall(r"<!-- keys: (\w+) -->\n((?:\|.*\n)+)", page)
    rows = {name: rows.splitlines()[2:] for name, rows in marked}
    return {
        name: {key for row in of for key in re.findall(r"`(\w+)`", row.split("|")[1])}
        for name, of in rows.items()
    }


def keys(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def undocumented(manual: Mapping[str, set[str]], model: type[BaseModel]) -> set[str]:
    return keys(model) ^ manual.get(model.__name__, set())


@pytest.fixture(scope="module")
def manual() -> dict[str, set[str]]:
    return documented("\n".join(path.read_text(encoding="utf-8") for path in pages()))


@pytest.mark.parametrize("model", DESCRIBED, ids=lambda model: model.__name__)
def test_every_key_is_explained(manual: dict[str, set[str]], model: type[BaseModel]) -> None:
    assert undocumented(manual, model) == set()


def test_every_key_of_a_field_type_is_explained(manual: dict[str, set[str]]) -> None:
    assert {key for kind in FIELD_TYPES for key in own_keys(kind)} == manual["own"]


def test_no_table_explains_something_unknown(manual: dict[str, set[str]]) -> None:
    assert manual.keys() == {model.__name__ for model in DESCRIBED} | {"own"}


def test_control_a_key_left_out_or_made_up_is_found() -> None:
    page = "<!-- keys: Sender -->\n| key | is |\n|---|---|\n| `name` | a name |\n| `colour` | a colour |\n"
    assert undocumented(documented(page), site.Sender) == {"address", "colour"}
