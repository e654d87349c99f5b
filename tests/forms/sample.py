"""A record type with every kind of field, for tests of drawing and reading."""

import hmac
from typing import Any

from forms.render.control import Filling, page_controls, write_controls
from forms.render.held import Keeper
from forms.render.plan import plan_form
from models.language import Language
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.reading import read_answers

OPTIONS = [{"code": f"c{n}", "label": {"ja": f"選択肢{n}", "en": f"Option {n}"}} for n in range(4)]
MANY = [{"code": f"m{n}", "label": {"ja": f"多数{n}", "en": f"Many {n}"}} for n in range(12)]

FIELDS: list[dict[str, Any]] = [
    {"name": "word", "type": "text", "help": {"ja": "説明"}, "example": "例文", "required": True},
    {"name": "story", "type": "long_text"},
    {"name": "mail", "type": "email", "confirm": True},
    {"name": "call", "type": "phone"},
    {"name": "post", "type": "postal_code"},
    {"name": "web", "type": "url"},
    {"name": "count", "type": "integer", "unit": "kW"},
    {"name": "share", "type": "decimal", "unit": "%"},
    {"name": "agree", "type": "boolean"},
    {"name": "day", "type": "date"},
    {"name": "month", "type": "year_month"},
    {"name": "clock", "type": "time"},
    {"name": "pick", "type": "choice", "options": OPTIONS},
    {"name": "pick_many", "type": "choice", "options": MANY},
    {"name": "picks", "type": "choices", "options": OPTIONS},
    {"name": "promise", "type": "declaration", "text": {"ja": "約束します。"}},
    {"name": "paper", "type": "file"},
    {"name": "card", "type": "certificate"},
    {
        "name": "parts",
        "type": "table",
        "max_rows": 5,
        "row_label": {"ja": "部品"},
        "fields": [
            {"name": "title", "type": "text", "label": {"ja": "名前"}},
            {"name": "since", "type": "year_month", "label": {"ja": "開始"}},
            {"name": "kind", "type": "choice", "options": OPTIONS, "label": {"ja": "種類"}},
            {"name": "detail", "type": "text", "label": {"ja": "詳細"}, "show_when": {"kind": "c1"}},
            {"name": "mark", "type": "text", "label": {"ja": "印"}, "read_only": True},
            {"name": "proof", "type": "file", "label": {"ja": "証拠"}},
            {
                "name": "meters",
                "type": "table",
                "label": {"ja": "計器"},
                "row_label": {"ja": "計器"},
                "max_rows": 4,
                "fields": [
                    {"name": "serial", "type": "text", "label": {"ja": "番号"}, "required": True},
                    {"name": "ratio", "type": "text", "label": {"ja": "比"}, "show_when": {"kind": "c2"}},
                    {"name": "seal", "type": "text", "label": {"ja": "封印"}, "read_only": True},
                ],
            },
            {"name": "keeper", "type": "person_name", "label": {"ja": "保管者"}},
        ],
    },
    {
        "name": "site",
        "type": "group",
        "fields": [
            {"name": "kind", "type": "choice", "options": OPTIONS, "label": {"ja": "種類"}},
            {"name": "more", "type": "text", "label": {"ja": "補足"}, "show_when": {"kind": "c1"}},
            {"name": "place", "type": "address", "label": {"ja": "場所"}},
            {"name": "fixed", "type": "text", "label": {"ja": "固定"}, "read_only": True},
            {
                "name": "gates",
                "type": "table",
                "label": {"ja": "門"},
                "fields": [{"name": "gate", "type": "text", "label": {"ja": "門の名前"}}],
            },
        ],
    },
    {"name": "home", "type": "address", "required": True},
    {"name": "person", "type": "person_name"},
    {"name": "essay", "type": "markdown"},
    {"name": "at", "type": "datetime"},
    {"name": "papers", "type": "files", "max_files": 4},
    {"name": "key", "type": "secret"},
    {"name": "clerk", "type": "account"},
    {"name": "title", "type": "heading"},
    {"name": "total", "type": "computed", "value": {"$sum": ["$count", 1]}},
    {"name": "other", "type": "reference", "to": "thing"},
    {"name": "hint", "type": "guide", "text": {"ja": "**強調** <b>生</b>"}},
]


def definition(**changes: Any) -> RecordType:
    """The record type; `changes` replace keys of every field (a label, a help text)."""
    fields = [{"label": {"ja": f["name"], "en": f["name"]}, **f, **changes} for f in FIELDS]
    return RecordType.model_validate(
        {
            "record_type": "thing",
            "label": {"ja": "もの"},
            "collection": "things",
            "number": {"field": "number"},
            "title": "{word}",
            "applications": {"workflow": "registration"},
            "lifecycle": "registered_record",
            "fields": fields,
            "pages": [{"name": "one", "label": {"ja": "一"}, "fields": [f["name"] for f in FIELDS]}],
        }
    )


def sign(purpose: str, text: str) -> str:
    """A keyed hash, as the site makes it."""
    return hmac.new(b"a key for tests", f"{purpose}\x00{text}".encode(), "sha256").hexdigest()


KEEPER = Keeper(sign, "application")


def draw(
    answers: dict[str, Any], kind: RecordType | None = None, language: Language = "ja", **said: Any
) -> str:
    """The controls of the one page, with these answers."""
    compiled = compile_type(kind or definition())
    names = frozenset(compiled.definition.by_name)
    reading = read_answers(compiled, answers, {})
    filling = Filling(
        language,
        compiled.level,
        answers,
        reading,
        names,
        said.pop("opened", names),
        KEEPER,
        **said,
    )
    page = plan_form(compiled.definition, language).pages[0]
    return str(write_controls(page_controls(page, filling), language))
