"""Named validators: how a text of a known kind is tidied and checked (``format:`` of a text field).

Each format normalises what people type and paste (width, hyphens, kana) and says, as an English message id,
what is wrong with the result. Patterns are anchored by ``fullmatch``, use ``[0-9]`` rather than ``\\d``
(which would take other scripts' digits) and hold no nested repetition, so checking is linear in the text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal
from unicodedata import category, normalize

InputMode = Literal["text", "numeric", "tel"]

HYPHEN_LIKE: Final = "\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u2501\u30fc"
_TO_HYPHEN = dict.fromkeys(map(ord, HYPHEN_LIKE), "-")
_TO_UPPER = {lower: lower - 0x20 for lower in range(ord("a"), ord("z") + 1)}
_TO_KATAKANA = {hiragana: hiragana + 0x60 for hiragana in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_HALF_WIDTH = {ord(normalize("NFKC", chr(code))): code for code in range(0xFF61, 0xFFA0)}
_ZENGIN = dict(zip(map(ord, "ァィゥェォッャュョヮヵヶヲ・"), "アイウエオツヤユヨワカケオ.", strict=True))


def fold(text: str, table: Mapping[int, int | str]) -> str:
    """`text` in NFKC with `table` applied and invisible characters gone.

    NFKC runs again at the end because removing or replacing a character may bring a letter and a combining
    mark together; without it a second pass would still change the text. ASCII is in NFKC already."""
    if text.isascii() and (plain := text.translate(table)).isascii():
        return plain
    folded = normalize("NFKC", text).translate(table)
    return normalize("NFKC", "".join(c for c in folded if category(c) != "Cf"))


def squeeze(text: str) -> str:
    """`text` without any white space."""
    return fold("".join(text.split()), {})


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a format may be told: the parameter `name` holds a choice field, whose chosen option's `attribute`
    is handed to ``check_with`` under the key `resolved`."""

    name: str
    attribute: str
    resolved: str


class Format:
    """One named validator. Subclasses set the attributes and, where needed, override the two methods."""

    name: ClassVar[str]
    label: ClassVar[str]
    """English message id naming the kind of text."""
    description: ClassVar[str]
    """English message id of the sentence that says what is required."""
    problem: ClassVar[str]
    """English message id said when the pattern does not fit."""
    pattern: ClassVar[str]
    """The normalised text, in the syntax Python and ECMAScript share (for ``pattern`` and JSON Schema)."""
    alphabet: ClassVar[str] = ""
    """The characters it is made of, as a class of a regular expression; "" where that says little."""
    example: ClassVar[str]
    input_mode: ClassVar[InputMode] = "text"
    max_length: ClassVar[int | None] = None
    """Room (characters) the control should give, spaces and hyphens included: more than the stored text."""
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    further_problems: ClassVar[tuple[str, ...]] = ()
    """The other message ids ``check`` or ``check_with`` may return."""
    folding: ClassVar[Mapping[int, int | str]] = {}

    def normalise(self, text: str) -> str:
        """`text` as it is stored. Doing it twice changes nothing more."""
        return squeeze(fold(text, self.folding))

    def check(self, text: str) -> str | None:
        """What is wrong with the normalised `text`, as an English message id; None when it is right."""
        return None if re.fullmatch(self.pattern, text) else self.problem

    def stray(self, text: str) -> list[str]:
        """The characters of the normalised `text` that never stand in one of these."""
        fits = re.compile(self.alphabet or ".").fullmatch
        return [c for c in dict.fromkeys(text) if not fits(c)] if self.alphabet else []

    def check_with(self, text: str, parameters: Mapping[str, object]) -> str | None:
        """`check`, with the values the format's parameters stand for in this form (see Parameter)."""
        del parameters
        return self.check(text)


class Digits(Format):
    """A base for numbers of a fixed length; hyphens typed for reading are dropped."""

    input_mode: ClassVar[InputMode] = "numeric"
    alphabet: ClassVar[str] = "[0-9]"
    folding: ClassVar[Mapping[int, int | str]] = _TO_HYPHEN

    def normalise(self, text: str) -> str:
        if text.isascii() and text.isdigit():
            return text
        return squeeze(super().normalise(text).replace("-", ""))


class CorporateNumber(Digits):
    """法人番号. 13 digits; the first is 9 − (Σ Pn·Qn mod 9) over the other twelve, n counted from the right,
    Qn = 1 for odd n and 2 for even n (法人番号の指定等に関する省令, 平成26年財務省令第70号, 第2条; 国税庁).

    A changed digit is always noticed except 0 for 9 or 9 for 0 among the twelve (equal modulo 9)."""

    name = "corporate_number"
    label = "Corporate number"
    description = "13 digits; the first digit is a check digit over the other twelve."
    problem = "Enter the corporate number as 13 digits."
    wrong_check_digit = "The check digit does not fit. Please compare with the published corporate number."
    further_problems = (wrong_check_digit,)
    pattern = "[1-9][0-9]{12}"
    example = "7999901000001"
    max_length = 20

    def check(self, text: str) -> str | None:
        if problem := super().check(text):
            return problem
        return None if int(text[0]) == check_digit(text[1:]) else self.wrong_check_digit


def check_digit(base: str) -> int:
    """The check digit (1–9) of a corporate number's twelve base digits."""
    weighted = sum(map(int, base[::-2])) + 2 * sum(map(int, base[-2::-2]))
    return 9 - weighted % 9


class InvoiceNumber(Digits):
    """適格請求書発行事業者登録番号. T and 13 digits (国税庁). Corporations use their corporate number; sole
    proprietors get a number outside that scheme, so only the shape is checked here."""

    name = "invoice_number"
    label = "Qualified invoice issuer number"
    description = "The letter T and 13 digits; for a corporation the digits are its corporate number."
    problem = "Enter the letter T and 13 digits."
    pattern = "T[0-9]{13}"
    alphabet = "[T0-9]"
    example = "T7999901000001"
    input_mode = "text"
    max_length = 20
    folding = {**_TO_HYPHEN, **_TO_UPPER}


class OperatorCode(Format):
    """事業者コード. Four capitals or digits (電力広域的運営推進機関). Plan files append one digit for the
    area (“XXXX6” is Kansai); it is no part of the code and is dropped when pasted along."""

    name = "operator_code"
    label = "Operator code"
    description = "4 digits or capital letters; a fifth digit for the area is left out."
    problem = "Enter the operator code as 4 digits or capital letters."
    pattern = "[0-9A-Z]{4}"
    alphabet = "[0-9A-Z]"
    example = "9A01"
    max_length = 10
    folding = _TO_UPPER

    def normalise(self, text: str) -> str:
        code = super().normalise(text)
        return code[:4] if re.fullmatch("[0-9A-Z]{4}[1-9]", code) else code


class GridCode(Format):
    """系統コード. Five capitals or digits (電力広域的運営推進機関)."""

    name = "grid_code"
    label = "Grid code"
    description = "5 digits or capital letters."
    problem = "Enter the grid code as 5 digits or capital letters."
    pattern = "[0-9A-Z]{5}"
    alphabet = "[0-9A-Z]"
    example = "3G0A1"
    max_length = 10
    folding = _TO_UPPER


class SupplyPoint(Digits):
    """受電地点特定番号・供給地点特定番号. 22 digits, the first two being the area (01 Hokkaido … 09 Kyushu,
    10 Okinawa), by the rule shared by the general transmission utilities. With ``area`` the two must be that
    area's."""

    name = "supply_point_22"
    label = "Supply point number"
    description = "22 digits; the first two are the area (01 to 10)."
    problem = "Enter the number as 22 digits."
    unknown_area = "The first two digits must be an area from 01 to 10."
    other_area = "The first two digits do not fit the area chosen."
    further_problems = (unknown_area, other_area)
    pattern = "[0-9]{22}"
    example = "0300000000000000000001"
    max_length = 40
    parameters = (Parameter("area", "supply_point_prefix", "area_prefix"),)

    def check(self, text: str) -> str | None:
        if problem := super().check(text):
            return problem
        return None if 1 <= int(text[:2]) <= 10 else self.unknown_area

    def check_with(self, text: str, parameters: Mapping[str, object]) -> str | None:
        prefix = parameters.get("area_prefix")
        if (problem := self.check(text)) or prefix is None:
            return problem
        return None if text.startswith(str(prefix)) else self.other_area


class Phone(Format):
    """Japanese telephone number with hyphens: 10 digits, or 11 for mobile, IP and 0800 numbers
    (電気通信番号計画, 総務省). ``+81`` becomes 0; brackets and spaces become hyphens; hyphens are put in
    where the number's first digits fix their places."""

    name = "jp_phone"
    label = "Telephone number"
    description = "10 or 11 digits with hyphens, beginning with 0."
    problem = "Enter the telephone number with hyphens, such as 03-0000-1234."
    pattern = "0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}"
    example = "03-0000-1234"
    input_mode = "tel"
    max_length = 30
    folding = {**_TO_HYPHEN, **dict.fromkeys(map(ord, "()"), "-")}

    def normalise(self, text: str) -> str:
        hyphened = re.sub(r"[\s-]+", "-", fold(text, self.folding)).strip("-")
        number = re.sub(r"^\+81-?(?:0-?)?", "0", hyphened)
        if mobile := re.fullmatch("(0[5-9]0)([1-9][0-9]{3})([0-9]{4})", number):
            return "-".join(mobile.groups())
        free = re.fullmatch("(0120)([0-9]{3})([0-9]{3})|(0800)([0-9]{3})([0-9]{4})", number)
        return "-".join(filter(None, free.groups())) if free else number

    def check(self, text: str) -> str | None:
        return super().check(text) or (None if len(text) in (12, 13) else self.problem)


class PostalCode(Format):
    """郵便番号. Three digits, a hyphen, four digits (日本郵便); the sign 〒 is dropped, the hyphen put in."""

    name = "jp_postal"
    label = "Postal code"
    description = "7 digits, with a hyphen after the third."
    problem = "Enter the postal code as 7 digits, such as 100-0001."
    pattern = "[0-9]{3}-[0-9]{4}"
    example = "100-0001"
    input_mode = "numeric"
    max_length = 12
    folding = _TO_HYPHEN

    def normalise(self, text: str) -> str:
        code = super().normalise(text).lstrip("〒")
        return f"{code[:3]}-{code[3:]}" if re.fullmatch("[0-9]{7}", code) else code


class Kana(Format):
    """A reading in full-width katakana: hiragana and half-width katakana are turned, a hyphen after kana is
    the long-vowel mark, and words are parted by one full-width space."""

    name = "kana"
    label = "Reading in katakana"
    description = "Full-width katakana; words may be parted by a space."
    problem = "Enter the reading in full-width katakana."
    pattern = "[ァ-ヶー・]+(?:　[ァ-ヶー・]+)*"
    alphabet = "[ァ-ヶー・　]"
    example = "ミナトハツデン"
    folding = {**{code: "-" for code in _TO_HYPHEN if code != ord("ー")}, **_TO_KATAKANA, ord("·"): "・"}

    def normalise(self, text: str) -> str:
        words = "\u3000".join(fold(text, self.folding).split())
        return re.sub("(?<=[ァ-ヺー])-+", lambda hyphens: "ー" * len(hyphens[0]), words)


class HalfKana(Format):
    """An account holder's name as banks exchange it: half-width katakana without small letters and without
    ヲ, digits, capitals, space and ``( ) - . /``, at most 30 characters; the long-vowel mark is a hyphen
    (全国銀行協会, 全銀協標準通信プロトコル, character set)."""

    name = "half_kana"
    label = "Account holder in half-width katakana"
    description = (
        "Half-width katakana, digits, capital letters, space and ( ) - . / of at most 30 characters."
    )
    problem = "Enter the account holder in half-width katakana as on the passbook."
    pattern = "[ｱ-ﾝﾞﾟ0-9A-Z ()./-]{1,30}"
    alphabet = "[ｱ-ﾝﾞﾟ0-9A-Z ()./-]"
    example = "ｶ)ﾐﾅﾄﾊﾂﾃﾞﾝ"
    max_length = 60
    folding = {
        **_TO_HYPHEN,
        **_TO_UPPER,
        **{h: _ZENGIN.get(k, k) for h, k in _TO_KATAKANA.items()},
        **_ZENGIN,
    }

    def normalise(self, text: str) -> str:
        words = " ".join(fold(text, self.folding).split())
        return normalize("NFD", words).translate(_HALF_WIDTH)


class FitEquipmentId(Format):
    """FIT・FIP 設備ID. A capital letter and nine capitals or digits (資源エネルギー庁, 電子申請)."""

    name = "fit_equipment_id"
    label = "FIT/FIP equipment ID"
    description = "A capital letter and 9 digits or capital letters."
    problem = "Enter the equipment ID as a capital letter and 9 digits or capital letters."
    pattern = "[A-Z][0-9A-Z]{9}"
    alphabet = "[0-9A-Z]"
    example = "S123456C13"
    max_length = 16
    folding = _TO_UPPER


class BankCode(Digits):
    """金融機関コード (統一金融機関コード, 全国銀行協会): four digits."""

    name = "bank_code"
    label = "Bank code"
    description = "4 digits."
    problem = "Enter the bank code as 4 digits."
    pattern = "[0-9]{4}"
    example = "9999"
    max_length = 8


class BranchCode(Digits):
    """支店コード (全国銀行協会): three digits."""

    name = "branch_code"
    label = "Branch code"
    description = "3 digits."
    problem = "Enter the branch code as 3 digits."
    pattern = "[0-9]{3}"
    example = "001"
    max_length = 8


class AccountNumber(Digits):
    """口座番号 (全国銀行協会): seven digits, shorter numbers filled with zeros on the left by their holder.
    They are not filled here: a forgotten digit must not become somebody else's account."""

    name = "account_number"
    label = "Account number"
    description = "7 digits; fill shorter numbers with zeros on the left."
    problem = "Enter the account number as 7 digits, filled with zeros on the left."
    pattern = "[0-9]{7}"
    example = "0001234"
    max_length = 12


class DeadlineTime(Format):
    """A deadline for changing plans: a time of day (00:00–24:00) or minutes before delivery (“60分前”).
    No public list of codes exists, so both ways in which contracts put it are taken."""

    name = "deadline_time"
    label = "Deadline"
    description = "A time such as 17:00, or minutes before delivery such as 60分前."
    problem = "Enter a time such as 17:00, or minutes before delivery such as 60分前."
    pattern = "(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00|[1-9][0-9]{0,3}分前"
    example = "17:00"
    max_length = 20
    folding = _TO_UPPER

    def normalise(self, text: str) -> str:
        value = super().normalise(text)
        if hours := re.fullmatch("([0-9]{1,2})時間前?", value):
            return f"{int(hours[1]) * 60}分前"
        if minutes := re.fullmatch("([0-9]{1,4})(?:分前?|MIN(?:UTES)?(?:BEFORE)?)", value):
            return f"{int(minutes[1])}分前"
        clock = re.fullmatch("([0-9]{1,2})(?::([0-9]{2})|時(?:([0-9]{1,2})分)?)", value)
        return f"{int(clock[1]):02}:{int(clock[2] or clock[3] or 0):02}" if clock else value


FORMATS: Final[Mapping[str, Format]] = {
    kind.name: kind()
    for kind in (
        CorporateNumber,
        InvoiceNumber,
        OperatorCode,
        GridCode,
        SupplyPoint,
        Phone,
        PostalCode,
        Kana,
        HalfKana,
        FitEquipmentId,
        BankCode,
        BranchCode,
        AccountNumber,
        DeadlineTime,
    )
}
"""Every format by its name in the configuration."""


def message_ids() -> frozenset[str]:
    """Every text the formats can show, for the translation catalogue."""
    return frozenset(
        text
        for kind in FORMATS.values()
        for text in (kind.label, kind.description, kind.problem, *kind.further_problems)
    )
