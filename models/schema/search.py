"""Substring search for Japanese: every pair of neighbouring characters, lower-cased and width-folded."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from models.schema.definition import RecordType
from models.schema.fields import BaseField

GRAM_LIMIT = 2000
"""Most grams one record keeps."""


def fold(text: str) -> str:
    """`text` as search sees it: NFKC, case-folded, blanks removed."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def grams(text: str) -> list[str]:
    """The distinct bigrams of `text`, in order; a single character stands for itself."""
    folded = fold(text)
    pairs = [folded[i : i + 2] for i in range(len(folded) - 1)] or ([folded] if folded else [])
    return list(dict.fromkeys(pairs))


def grams_of(definition: RecordType, number: str, data: Mapping[str, Any]) -> list[str]:
    """The search grams of a record: its number, every field marked ``search`` and every such field in its
    groups and tables. Secrets have none, whatever they are marked."""
    texts = [number, *(f.search_text(data.get(f.name)) for f in definition.fields if _is_searched(f))]
    found = (gram for text in texts for gram in grams(text))
    return list(dict.fromkeys(found))[:GRAM_LIMIT]


def _is_searched(field: BaseField) -> bool:
    return field.findable and (field.searchable or any(_is_searched(part) for part in field.parts))
