"""Field types. Adding one is one small class and one line in ``FIELD_TYPES``."""

from typing import TYPE_CHECKING, Annotated, Union, get_args

from pydantic import Discriminator

from models.schema.fields.base import BaseField, shape_of
from models.schema.fields.choice import BooleanField, ChoiceField, ChoicesField, DeclarationField
from models.schema.fields.composed import AddressField, PersonNameField
from models.schema.fields.file import CertificateField, FileField, FilesField
from models.schema.fields.moment import DateField, DateTimeField, TimeField, YearMonthField
from models.schema.fields.number import DecimalField, IntegerField
from models.schema.fields.secret import SecretField
from models.schema.fields.structure import (
    AccountField,
    ComputedField,
    GroupField,
    GuideField,
    HeadingField,
    ReferenceField,
    TableField,
)
from models.schema.fields.text import (
    EmailField,
    LongTextField,
    MarkdownField,
    PhoneField,
    PostalCodeField,
    TextField,
    UrlField,
)

FIELD_TYPES: tuple[type[BaseField], ...] = (
    TextField,
    LongTextField,
    MarkdownField,
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
    DateTimeField,
    ChoiceField,
    ChoicesField,
    DeclarationField,
    AddressField,
    PersonNameField,
    FileField,
    FilesField,
    CertificateField,
    TableField,
    GroupField,
    ComputedField,
    ReferenceField,
    AccountField,
    SecretField,
    HeadingField,
    GuideField,
)

if TYPE_CHECKING:
    AnyField = BaseField
else:
    AnyField = Annotated[Union[FIELD_TYPES], Discriminator("type")]  # noqa: UP007
    """A field of any type, told apart by its ``type`` key."""

for _holder in (TableField, GroupField):
    _holder.model_rebuild(_types_namespace={"AnyField": AnyField})


def type_name(field_type: type[BaseField]) -> str:
    """The word a steward writes for this field type."""
    return str(get_args(field_type.model_fields["type"].annotation)[0])


TYPE_NAMES: tuple[str, ...] = tuple(type_name(field_type) for field_type in FIELD_TYPES)

__all__ = [
    "FIELD_TYPES",
    "TYPE_NAMES",
    "AnyField",
    "BaseField",
    "GroupField",
    "TableField",
    "shape_of",
    "type_name",
]
