"""Filters of lists: the part of the condition language that people may ask of a place, kept as text.

A filter is written as a condition (``{"$or": [{"state": "received"}, {"data.output": {"$gte": 500}}]}``), in
JSON or YAML, over the questions a place knows (``Askable``). It is read into a tree, from which come the
words for people, the query for the database, the canonical text for addresses, and the rows of the builder.
Days may be counted from today: ``{"submitted_at": {"$gte": "$$TODAY-7"}}``."""

from models.schema.filters.query import database_query
from models.schema.filters.reading import (
    LONGEST,
    MOST_QUESTIONS,
    Filter,
    FilterRead,
    peruse,
    read_filter,
    unknown_field,
)
from models.schema.filters.records import record_askable
from models.schema.filters.tree import Askable, Flaw, Group, Operator, Question, is_known, operators_of
from models.schema.filters.words import operator_words, words_of
from models.schema.filters.writing import condition_of, pretty, text_of

__all__ = [
    "LONGEST",
    "MOST_QUESTIONS",
    "Askable",
    "Filter",
    "FilterRead",
    "Flaw",
    "Group",
    "Operator",
    "Question",
    "condition_of",
    "database_query",
    "is_known",
    "operator_words",
    "operators_of",
    "peruse",
    "pretty",
    "read_filter",
    "record_askable",
    "text_of",
    "unknown_field",
    "words_of",
]
