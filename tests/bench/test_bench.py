"""The benchmark measures what it says: real pages, the same on both sides, never an error page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from itertools import cycle
from pathlib import Path

import pytest

from app.bench.client import Connection, get, post, read_head
from app.bench.compare import Row
from app.bench.example import fill_in
from app.bench.load import Sample, ask_often
from app.bench.pages import Page
from app.bench.plan import CONCURRENCIES, Plan
from app.bench.run import fresh_database, measure_pages, named
from app.database import Database
from app.opening import configuration_of
from app.settings import Settings
from models.errors import ConfigurationError, DatabaseRefused
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.reading import read_answers

TINY = Plan(queue=60, rounds=1, seconds=0.05, most=2, starts=0)


@pytest.fixture
def operator(tmp_path: Path) -> RecordType:
    return configuration_of(Settings(data=tmp_path)).record_types["operator"]


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[Connection]:
    """A connection to a server that knows one answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            if await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        connection = await Connection.open(server.sockets[0].getsockname()[1])
        try:
            yield connection
        finally:
            await connection.close()


@pytest.mark.slow
async def test_every_page_is_answered_by_both_servers(mongod: Database, tmp_path: Path) -> None:
    """An answer of another status than the page's own would end the run (see the control below)."""
    async with fresh_database(mongod.address, tmp_path) as database:
        rows = await measure_pages(TINY, tmp_path, database)
        submitted = await database.mongo["applications"].count_documents(
            {"reference": {"$gt": "BENCH-000060"}}
        )
    assert {row.page.name for row in rows} >= {"home", "form page", "review page", "queue", "submit"}
    assert len(rows) == 7 * len(CONCURRENCIES)
    assert all(row.ours.latencies and row.raw.latencies for row in rows)
    assert submitted > TINY.queue - TINY.queue // 2


async def test_an_answer_of_another_status_ends_the_run() -> None:
    async with answering(b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno") as connection:
        with pytest.raises(ConfigurationError, match="500"):
            await ask_often([connection], [cycle([get("/")])], 200, 1.0, 5)


async def test_no_more_is_asked_than_allowed() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as connection:
        sample = await ask_often([connection], [cycle([get("/")])], 200, 30.0, 5)
    assert (len(sample.latencies), sample.size) == (5, 2)


def test_an_answer_without_length_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        read_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_a_form_is_sent_as_browsers_send_it() -> None:
    head, _, body = post("/x", "token", {"name": "港", "kinds": ["a", "b"]}).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert (body.count(b'name="kinds"'), body.count("港".encode())) == (2, 1)


@pytest.mark.parametrize("today", [date(2026, 11, 20), date(2031, 5, 7), date(2040, 1, 2)])
def test_the_example_is_valid_whenever_it_is_measured(operator: RecordType, today: date) -> None:
    filled = fill_in(operator, today)
    reading = read_answers(compile_type(operator), filled.answers, {"TODAY": today.isoformat()})
    assert reading.errors == ()
    assert filled.fingerprint


def test_the_example_itself_grows_old(operator: RecordType) -> None:
    """The control: without moving its days it would not be valid."""
    answers = fill_in(operator, date(2026, 11, 20)).answers
    assert read_answers(compile_type(operator), answers, {"TODAY": "2031-05-07"}).errors


async def test_a_database_of_one_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused):
        async with fresh_database("memory://", tmp_path):
            pass


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mongodb://127.0.0.1:1/toroku?replicaSet=r", "mongodb://127.0.0.1:1/new?replicaSet=r"),
        ("mongodb://u:p@a,b/people", "mongodb://u:p@a,b/new?authSource=people"),
        ("mongodb://u:p@a/people?authSource=admin", "mongodb://u:p@a/new?authSource=admin"),
    ],
)
def test_another_database_of_the_same_server_is_named(url: str, expected: str) -> None:
    assert named(url, "new") == expected


def test_a_page_under_its_floor_is_marked() -> None:
    page = Page("page", 200, lambda _side, _worker: iter(()), floor=0.3)
    raw, slow, quick = (Sample([0.1] * count, seconds=1.0) for count in (100, 29, 31))
    assert Row(page, 1, slow, raw).is_low
    assert not Row(page, 1, quick, raw).is_low
