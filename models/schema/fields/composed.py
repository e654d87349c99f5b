"""Groups whose parts are fixed: addresses and names of persons."""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Literal

from models.language import Language, Text
from models.schema.fields.base import BaseField
from models.schema.fields.choice import ChoiceField
from models.schema.fields.prefectures import PREFECTURES
from models.schema.fields.structure import CombinedField
from models.schema.fields.text import PostalCodeField, TextField


class AddressField(CombinedField):
    """A Japanese address: ``{postal_code, prefecture, city, street, building}``. The prefecture is one of the
    47 (their English names in lower case, in the order of JIS X 0401); all parts but the building must be
    there once one is."""

    matchable: ClassVar[bool] = True

    type: Literal["address"]

    @property
    def parts(self) -> tuple[BaseField, ...]:
        return _ADDRESS

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, Mapping):
            return ""
        told = {part.name: part.show(value.get(part.name), language) for part in _ADDRESS}
        code = f"〒{told['postal_code']}" if told["postal_code"] else ""
        gap = "" if language == "ja" else " "
        place = gap.join(told[name] for name in ("prefecture", "city", "street") if told[name])
        return " ".join(text for text in (code, place, told["building"]) if text)

    def order_path(self, path: str) -> str:
        """Addresses are filtered by their prefecture."""
        return f"{path}.prefecture"


_ADDRESS: tuple[BaseField, ...] = (
    PostalCodeField(
        name="postal_code", type="postal_code", label=Text(ja="郵便番号", en="Postal code"), required=True
    ),
    ChoiceField(
        name="prefecture",
        type="choice",
        label=Text(ja="都道府県", en="Prefecture"),
        required=True,
        options=PREFECTURES,
    ),
    TextField(
        name="city",
        type="text",
        label=Text(ja="市区町村", en="City, ward, town or village"),
        required=True,
        max_length=100,
    ),
    TextField(
        name="street",
        type="text",
        label=Text(ja="町名・番地", en="Street and number"),
        required=True,
        max_length=200,
    ),
    TextField(
        name="building",
        type="text",
        label=Text(ja="建物名・部屋番号", en="Building and room"),
        max_length=200,
    ),
)


class PersonNameField(CombinedField):
    """The name of a person: ``{family, given, family_kana, given_kana}``; the readings are turned into
    full-width katakana. With ``kana: false`` the readings are not asked for."""

    orderable: ClassVar[bool] = True
    matchable: ClassVar[bool] = True

    type: Literal["person_name"]
    kana: bool = True

    @property
    def parts(self) -> tuple[BaseField, ...]:
        return _name_parts(self.kana)

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, Mapping):
            return ""
        name = _joined(value, "family", "given")
        reading = _joined(value, "family_kana", "given_kana")
        if not reading:
            return name
        return f"{name}（{reading}）" if language == "ja" else f"{name} ({reading})"

    def order_path(self, path: str) -> str:
        """Names are ordered by how they are read, where that is known: characters have no order of their
        own that people expect."""
        return f"{path}.family_kana" if self.kana else f"{path}.family"


def _joined(value: Mapping[str, Any], *names: str) -> str:
    return " ".join(str(value[name]) for name in names if value.get(name))


@cache
def _name_parts(kana: bool) -> tuple[BaseField, ...]:
    written = (
        TextField(
            name="family", type="text", label=Text(ja="姓", en="Family name"), required=True, max_length=50
        ),
        TextField(
            name="given", type="text", label=Text(ja="名", en="Given name"), required=True, max_length=50
        ),
    )
    read = (
        _kana("family_kana", Text(ja="セイ", en="Family name in katakana")),
        _kana("given_kana", Text(ja="メイ", en="Given name in katakana")),
    )
    return (*written, *read) if kana else written


def _kana(name: str, label: Text) -> TextField:
    return TextField(name=name, type="text", label=label, required=True, max_length=50, format="kana")
