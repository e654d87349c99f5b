"""Filters: read within limits, written one way, and asked of the database as they read."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.database import Database
from models.documents.prepare import CODEC
from models.errors import FilterRefused
from models.language import Text
from models.schema.conditions import compile_condition
from models.schema.fields.moment import DateTimeField
from models.schema.fields.text import TextField
from models.schema.filters import (
    LONGEST,
    MOST_QUESTIONS,
    Askable,
    Filter,
    Group,
    Operator,
    Question,
    condition_of,
    operators_of,
    peruse,
    pretty,
    read_filter,
)
from models.schema.filters.reading import DEEPEST, MOST_VALUES
from models.schema.filters.tree import COUNTED, LISTED, VALUELESS, How

TODAY = date(2026, 4, 15)
TOKYO = ZoneInfo("Asia/Tokyo")


def named(path: str, kind: Any, **more: Any) -> Askable:
    return Askable(path, Text(ja=f"{path}の欄", en=path), kind, **more)


COLOURS = tuple((code, Text(ja=f"{code}色", en=code)) for code in ("red", "green", "blue"))
ASKABLE = (
    named("colour", "choice", options=COLOURS),
    named("name", "text", contains=True),
    named("data.output", "number"),
    named("begins", "day"),
    named("open", "yes"),
    named("month", "month"),
    named("at", "moment"),
    named("due", "moment", ends=True),
    named("data.visit", "moment", field=DateTimeField(name="visit", type="datetime")),
    named("data.code", "text", field=TextField(name="code", type="text", format="kana")),
)
KNOWN = {each.path: each for each in ASKABLE}


def read(condition: Any) -> Filter:
    text = condition if isinstance(condition, str) else json.dumps(condition)
    return read_filter(text, ASKABLE, TODAY, TOKYO)


def flaws(condition: Any) -> list[tuple[str, str]]:
    with pytest.raises(FilterRefused) as refused:
        read(condition)
    return [(flaw.part, flaw.message("en")) for flaw in refused.value.flaws]


# --- one text for one filter --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("", ""),
        ("{}", ""),
        ('{"colour": {"$eq": "red"}}', '{"colour":"red"}'),
        ("colour: red\nopen: true", '{"colour":"red","open":true}'),
        ('{"$and": [{"colour": "red"}]}', '{"colour":"red"}'),
        ('{"name": {"$exists": false}}', '{"name":null}'),
        ('{"data.output": {"$gte": 1.50, "$lt": "1,000"}}', None),
        ('{"begins": {"$gte": "$$TODAY-7", "$lte": "$$TODAY"}}', None),
        ('{"begins": {"$gte": "2026/4/1"}}', '{"begins":{"$gte":"2026-04-01"}}'),
        ('{"name": {"$not": {"$regex": "^a"}}}', '{"$nor":[{"name":{"$regex":"^a"}}]}'),
        ('{"$or": [{"colour": "red"}, {"$nor": [{"open": true}, {"name": {"$in": ["a", "b"]}}]}]}', None),
    ],
)
def test_what_is_written_in_many_ways_has_one_text(written: str, canonical: str | None) -> None:
    found = read(written)
    assert read(found.text).text == found.text
    assert read(pretty(condition_of(found.tree))).text == found.text
    if canonical is not None:
        assert found.text == canonical
    assert (found.query == {}) == (found.text == "")


def test_exact_numbers_stay_exact() -> None:
    assert read('{"data.output": 0.1}').query == {"data.output": Decimal("0.1")}
    assert read('{"data.output": 0.1}').text == '{"data.output":0.1}'


def test_a_filter_speaks_both_languages() -> None:
    found = read({"colour": "red", "$or": [{"begins": {"$lt": "$$TODAY-30"}}, {"name": {"$ne": None}}]})
    assert found.words("en") == (
        "“colour” is “red” and (“begins” is more than 30 days ago or “name” is answered)"
    )
    assert found.words("ja").startswith("「colourの欄」が「red色」である、かつ（")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"$gte": "$$TODAY", "$lte": "$$TODAY"}, "“begins” is today"),
        ({"$gte": "$$TODAY-1", "$lte": "$$TODAY"}, "“begins” is today or yesterday"),
        ({"$gte": "$$TODAY-7", "$lte": "$$TODAY"}, "“begins” is within the last 7 days"),
        ({"$lt": "$$TODAY"}, "“begins” is before today"),
        ({"$lt": "$$TODAY+2"}, "“begins” is before 2 days from today"),
        ({"$gt": "$$TODAY+30"}, "“begins” is more than 30 days ahead"),
        ({"$gte": "2026-04-01"}, "“begins” is “1 April 2026” or later"),
    ],
)
def test_days_are_told_as_people_say_them(condition: Any, words: str) -> None:
    assert read({"begins": condition}).words("en") == words


def test_every_operator_has_words_in_both_languages() -> None:
    for test in every_question():
        for language in ("ja", "en"):
            assert test.askable.label(language) in Filter(Group("all", (test,)), TODAY, TOKYO).words(language)


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "part"),
    [
        ({"secret": 1}, "secret"),
        ({"$where": "sleep(1000)"}, "$where"),
        ({"$expr": {"$gt": ["$a", 1]}}, "$expr"),
        ({"$text": {"$search": "a"}}, "$text"),
        ({"name": {"$regex": "a.*b"}}, "name"),
        ({"name": {"$regex": "(a+)+$"}}, "name"),
        ({"name": {"$regex": ""}}, "name"),
        ({"name": {"$regex": "a", "$options": "i"}}, "name"),
        ({"name": {"$elemMatch": {"$eq": 1}}}, "name"),
        ({"name": {"first": "a"}}, "name"),
        ({"name": {"$in": []}}, "name"),
        ({"name": {"$in": [None]}}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"colour": "pink"}, "colour"),
        ({"colour": {"$gt": "red"}}, "colour"),
        ({"data.output": "many"}, "data.output"),
        ({"data.output": True}, "data.output"),
        ({"data.output": 2**63}, "data.output"),
        ({"begins": "2026-02-30"}, "begins"),
        ({"begins": "2026-W14-3"}, "begins"),
        ({"begins": {"$lt": "$$TODAY-99999"}}, "begins"),
        ({"begins": "$$NOW"}, "begins"),
        ({"at": "2026-04-01T25:00"}, "at"),
        ({"open": "perhaps"}, "open"),
        ({"$or": []}, "$or"),
        ({"$or": {"name": "a"}}, "$or"),
        ({"$or": [{"name": "a"}, ["name"]]}, "$or.1"),
        ({"$nor": [{"$or": [{"what": 1}]}]}, "$nor.0.$or.0.what"),
        ({"name": {"$in": [f"a{n}" for n in range(MOST_VALUES + 1)]}}, "name"),
        ({"$and": [{"name": f"a{n}"} for n in range(MOST_QUESTIONS + 1)]}, ""),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_part(condition: Any, part: str) -> None:
    assert [found for found, _ in flaws(condition)] == [part]


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "name",
        "[1]",
        "{" * 3000,
        "[" * 3900,
        '{"a":' * 600,
        '{"name": "a", "name": "b"}',
        "name: a\nname: b",
        '{"data.output": NaN}',
        '{"data.output": 1e999}',
        '{"data.output": ' + "9" * 3000 + "}",
        '{"name": "\ud800"}',
        "a: &x [*x]",
        "!!python/object/apply:os.system [id]",
        f'{{"name": "{"a" * LONGEST}"}}',
    ],
)
def test_a_text_that_is_no_filter_is_refused(text: str) -> None:
    assert flaws(text)


def test_as_much_as_the_limits_allow_is_taken() -> None:
    """The control of the limits: what just keeps within them is read."""
    deep: dict[str, Any] = {"name": "a"}
    for level in range(DEEPEST):
        deep = {("$or", "$nor")[level % 2]: [deep, {"open": True}]}
    assert read(deep).text
    assert flaws({"$or": [{"$nor": [deep]}]})
    assert len(read({"$and": [{"name": f"a{n}"} for n in range(MOST_QUESTIONS)]}).questions) == MOST_QUESTIONS
    assert read({"name": {"$in": [f"a{n}" for n in range(MOST_VALUES)]}}).text


def test_what_can_be_read_of_a_broken_filter_is_kept() -> None:
    found = peruse('{"colour": "red", "gone": 1, "$or": [{"gone": 2}, {"open": true}]}', ASKABLE)
    assert [flaw.part for flaw in found.flaws] == ["gone", "$or.0.gone"]
    assert Filter(found.tree, TODAY, TOKYO).text == '{"colour":"red","open":true}'


# --- the database -------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[Any, ...]] = {
    "choice": ("red", "green", "blue"),
    "text": ("a", "a.b", "ab", "東京", "^", "$gt", "(", "\\"),
    "number": (0, 5, -3, Decimal("0.5")),
    "day": ("2026-04-10", "2026-04-15", "$$TODAY", "$$TODAY-5"),
    "moment": ("2026-04-10", "2026-04-15T09:30", "$$TODAY", "$$TODAY+3"),
    "month": ("2026-04", "2026-05"),
    "time": ("09:30",),
    "yes": (True, False),
}


def question_of(random: Random, askable: Askable, operator: Operator) -> Question:
    if operator in VALUELESS:
        return Question(askable, operator)
    if operator in COUNTED:
        return Question(askable, operator, (random.choice((0, 3, 5)),))
    some = VALUES[askable.kind]
    return Question(
        askable, operator, tuple(random.sample(some, 2)) if operator in LISTED else (random.choice(some),)
    )


def every_question() -> list[Question]:
    random = Random(5)  # noqa: S311
    return [question_of(random, each, operator) for each in ASKABLE for operator in operators_of(each)]


def groups(random: Random, askable: list[Askable], depth: int = 0) -> Group:
    hows: tuple[How, ...] = ("all", "any", "none")
    parts: list[Group | Question] = []
    for _ in range(random.randint(1, 3)):
        if depth < 2 and random.random() < 0.3:
            parts.append(groups(random, askable, depth + 1))
        else:
            asked = random.choice(askable)
            parts.append(question_of(random, asked, random.choice(operators_of(asked))))
    return Group(random.choice(hows), tuple(parts))


def stored(random: Random) -> dict[str, Any]:
    document: dict[str, Any] = {
        "colour": random.choice(("red", "green", None)),
        "name": random.choice(("a", "a.b", "axb", "ab", "東京都", "x(y", "\\", None, ["a", "ab"])),
        "data": {"output": random.choice((0, 5, 7, Decimal("0.5"), 0.5, None, "5"))},
        "begins": random.choice(("2026-04-10", "2026-04-14", "2026-04-15", "2026-04-20", None, "")),
        "open": random.choice((True, False, None)),
        "month": random.choice(("2026-03", "2026-04", "2026-05", None)),
    }
    return {key: value for key, value in document.items() if random.random() < 0.9}


def settled(text: str) -> str:
    """A filter's text with its days counted from today put in."""
    for days in range(-5, 6):
        day = date.fromordinal(TODAY.toordinal() + days).isoformat()
        text = text.replace(f'"$$TODAY{days:+d}"' if days else '"$$TODAY"', f'"{day}"')
    return text


async def test_the_database_selects_what_the_condition_says(store: Database) -> None:
    """Python's evaluator of conditions, itself held to MongoDB, is the reference."""
    random = Random(8)  # noqa: S311
    plain = [each for each in ASKABLE if each.kind != "moment" and each.field is None]
    documents = [{"_id": number, **stored(random)} for number in range(80)]
    rows = store.mongo.with_options(codec_options=CODEC)["rows"]
    await rows.insert_many(documents)
    chosen = 0
    for _ in range(120):
        found = Filter(groups(random, plain), TODAY, TOKYO)
        holds = compile_condition(json.loads(settled(found.text), parse_float=Decimal))
        wanted = [each["_id"] for each in documents if holds(each, {})]
        assert await _ids(rows, found) == wanted, found.text
        chosen += 0 < len(wanted) < len(documents)
    assert chosen > 60


async def _ids(rows: Any, found: Filter) -> list[int]:
    return [row["_id"] async for row in rows.find(found.query, {"_id": 1}).sort("_id", 1)]


async def test_days_are_those_of_the_site(store: Database) -> None:
    """15 April in Tokyo begins at 15:00 of the 14th in UTC; what is due at midnight is due the day before."""
    rows = store.mongo["rows"]
    hours = ("04-14T14:59", "04-14T15:00", "04-15T14:59", "04-15T15:00", "04-18T15:00")
    for number, hour in enumerate(hours):
        moment = datetime.fromisoformat(f"2026-{hour}").replace(tzinfo=UTC)
        local = moment.astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M")
        await rows.insert_one({"_id": number, "at": moment, "due": moment, "data": {"visit": local}})
    expected = {
        '{"at": "2026-04-15"}': [1, 2],
        '{"at": {"$ne": "$$TODAY"}}': [0, 3, 4],
        '{"at": {"$gt": "2026-04-15"}}': [3, 4],
        '{"at": {"$lte": "2026-04-15T00:00"}}': [0, 1],
        '{"at": {"$gte": "$$TODAY", "$lte": "$$TODAY+3"}}': [1, 2, 3],
        '{"at": {"$gte": "$$TODAY-1", "$lte": "$$TODAY"}}': [0, 1, 2],
        '{"at": {"$lt": "$$TODAY"}}': [0],
        '{"at": {"$gt": "$$TODAY+1"}}': [4],
        '{"due": "$$TODAY"}': [2, 3],
        '{"due": {"$lt": "$$TODAY"}}': [0, 1],
        '{"data.visit": "2026-04-15"}': [1, 2],
        '{"data.visit": {"$gte": "2026-04-15T23:59"}}': [2, 3, 4],
    }
    assert {text: await _ids(rows, read(text)) for text in expected} == expected


async def test_text_is_found_as_it_is_typed_and_as_its_field_writes_it(store: Database) -> None:
    rows = store.mongo["rows"]
    await rows.insert_many([{"_id": 1, "data": {"code": "カナ"}}, {"_id": 2, "data": {"code": "ｶﾅ"}}])
    assert await _ids(rows, read({"data.code": {"$regex": "^ｶ"}})) == [1, 2]
    assert await _ids(rows, read({"data.code": "ｶﾅ"})) == [1, 2]
    assert await _ids(rows, read({"data.code": {"$ne": "ｶﾅ"}})) == []
    assert await _ids(rows, read({"data.code": "カナ"})) == [1]


async def test_an_index_serves_what_begins_with_a_text(store: Database) -> None:
    """A dash or a dot in it does not shorten the range that is read."""
    rows = store.mongo["rows"]
    await rows.create_index("name")
    await rows.insert_many([{"name": f"AB-2026.{number:05}"} for number in range(300)])
    explained = await rows.find(read({"name": {"$regex": "^AB-2026\\.0029"}}).query).explain()
    assert explained["executionStats"]["nReturned"] == 10
    assert explained["executionStats"]["totalKeysExamined"] <= 11
