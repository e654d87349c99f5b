"""Substring search for Japanese: neighbouring characters of folded texts as the entries of an index.

Every pair of neighbours is an entry. Numbers and codes share their pairs with each other, so that four and
eight neighbouring ASCII letters or digits are entries too; and the last character is one, so that a single
character is found as the beginning of an entry wherever it stands."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

from models.schema.definition import RecordType
from models.schema.fields import BaseField

GRAM_LIMIT = 2000
"""Most entries one record keeps."""

CODES = (8, 4)
"""Letters and digits of the entries for numbers and codes."""


def fold(text: str) -> str:
    """`text` as search sees it: NFKC, case-folded, blanks removed."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def grams(text: str) -> list[str]:
    """The distinct bigrams of `text`, in order; a single character stands for itself."""
    return list(dict.fromkeys(_pairs(fold(text))))


def _pairs(folded: str) -> list[str]:
    return [a + b for a, b in pairwise(folded)] or ([folded] if folded else [])


def entries(text: str) -> list[str]:
    """What the index keeps of `text`: its bigrams, its last character, its codes."""
    return list(dict.fromkeys(_entries(text)))


def _entries(text: str) -> list[str]:
    folded = fold(text)
    found = [*_pairs(folded), *folded[-1:]]
    runs = _RUN.findall(folded)
    for size in CODES if runs else ():
        found += [run[at : at + size] for run in runs for at in range(len(run) - size + 1)]
    return found


def needles(text: str) -> list[str]:
    """The entries a text must have to hold `text` (two characters or more), the longest first: they are the
    rarest, and what stands inside them need not be said again."""
    folded = fold(text)
    found: list[str] = []
    told: set[tuple[int, int]] = set()
    for size in CODES:
        for start, code in _codes(folded, size):
            if (start, size) not in told:
                found.append(code)
                told |= {(at, less) for less in (*CODES, 2) for at in range(start, start + size - less + 1)}
    pairs = (folded[i : i + 2] for i in range(len(folded) - 1) if (i, 2) not in told)
    return list(dict.fromkeys([*found, *pairs]))


_RUN = re.compile(f"[0-9A-Za-z]{{{min(CODES)},}}")
"""ASCII letters and digits beside each other, as many as the shortest of the codes has or more."""


def _codes(folded: str, size: int) -> Iterator[tuple[int, str]]:
    """Every run of so many ASCII letters and digits, with where it begins."""
    for start in range(len(folded) - size + 1):
        code = folded[start : start + size]
        if code.isascii() and code.isalnum():
            yield start, code


def grams_of(definition: RecordType, number: str, data: Mapping[str, Any]) -> list[str]:
    """The search entries of a record: its number, every field marked ``search`` and every such field in its
    groups and tables. Secrets have none, whatever they are marked."""
    texts = [number, *(f.search_text(data.get(f.name)) for f in searched(definition))]
    return list(dict.fromkeys(chain.from_iterable(map(_entries, texts))))[:GRAM_LIMIT]


@lru_cache(maxsize=256)
def searched(definition: RecordType) -> tuple[BaseField, ...]:
    """The fields of a record that are searched, by themselves or by what stands in them."""
    return tuple(field for field in definition.fields if _is_searched(field))


def _is_searched(field: BaseField) -> bool:
    return field.findable and (field.searchable or any(_is_searched(part) for part in field.parts))
