"""Substring search for Japanese: every pair of neighbouring characters, lower-cased and width-folded."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from models.schema.definition import RecordType

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
    """The search grams of a record: its number and every field marked ``search``."""
    texts = [number, *(f.search_text(data.get(f.name)) for f in definition.fields if f.searchable)]
    found = (gram for text in texts for gram in grams(text))
    return list(dict.fromkeys(found))[:GRAM_LIMIT]
