"""Field types. Adding one is one small class and one line in ``FIELD_TYPES``."""

from typing import TYPE_CHECKING, Annotated, Union, get_args

from pydantic import Discriminator

from models.schema.fields.base import BaseField
from models.schema.fields.choice import BooleanField, ChoiceField, ChoicesField, DeclarationField
from models.schema.fields.file import CertificateField, FileField
from models.schema.fields.moment import DateField, TimeField, YearMonthField
from models.schema.fields.number import DecimalField, IntegerField
from models.schema.fields.structure import ComputedField, GuideField, ReferenceField, TableField
from models.schema.fields.text import (
    EmailField,
    LongTextField,
    PhoneField,
    PostalCodeField,
    TextField,
    UrlField,
)

FIELD_TYPES: tuple[type[BaseField], ...] = (
    TextField,
    LongTextField,
    EmailField,
    PhoneField,
    PostalCodeField,
    UrlField,
    IntegerField,
    DecimalField,
    BooleanField,
    DateField,
    YearMonthField,
    TimeField,
    ChoiceField,
    ChoicesField,
    DeclarationField,
    FileField,
    CertificateField,
    TableField,
    ComputedField,
    ReferenceField,
    GuideField,
)

if TYPE_CHECKING:
    AnyField = BaseField
else:
    AnyField = Annotated[Union[FIELD_TYPES], Discriminator("type")]  # noqa: UP007
    """A field of any type, told apart by its ``type`` key."""

TableField.model_rebuild(_types_namespace={"AnyField": AnyField})


def type_name(field_type: type[BaseField]) -> str:
    """The word a steward writes for this field type."""
    return str(get_args(field_type.model_fields["type"].annotation)[0])


TYPE_NAMES: tuple[str, ...] = tuple(type_name(field_type) for field_type in FIELD_TYPES)

__all__ = ["FIELD_TYPES", "TYPE_NAMES", "AnyField", "BaseField", "TableField", "type_name"]
