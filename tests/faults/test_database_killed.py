"""mongod is killed, and killed again, while several people send forms: nobody is told of a false success."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.database import open_database
from models.configuration.load import Configuration
from models.documents.store import Mongo
from models.schema.definition import RecordType
from tests.app.people import Applicant
from tests.forms.reader import Document, Element
from tests.journey.server import Program, running

pytestmark = pytest.mark.fault

CLIENTS = 6
OUTAGE = 5.0
"""Seconds during which every mongod is killed as soon as it is there."""

CERTAIN = "保存されていません"
"""What the page says when it is certain that nothing was saved."""

AFTERWARDS = 3
"""Successes each client waits for when it is over."""

RECOVERY = 30.0
"""Seconds in which everybody must have had them."""


@dataclass
class Watch:
    """What the clients saw."""

    program: Program
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The name that was saved, by the application's reference."""
    denied: dict[str, str] = field(default_factory=dict)
    """The name of which the page said for certain that it was not saved, by the application's reference."""
    refusals: list[tuple[httpx.Response, dict[str, str]]] = field(default_factory=list)
    """The pages that said that it did not work, with what had been sent."""
    strange: list[str] = field(default_factory=list)
    over: float | None = None
    """When the last mongod was killed."""
    recovered: list[float] = field(default_factory=list)

    async def outage(self) -> None:
        """Kill every mongod for OUTAGE seconds."""
        await asyncio.sleep(1)
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            with suppress(AssertionError, OSError):
                os.kill(self.program.mongod, signal.SIGKILL)
            await asyncio.sleep(0.1)
        self.over = time.monotonic()

    def note(self, answer: httpx.Response, wanted: str, **sent: str) -> bool:
        """Whether an answer acknowledges; a refusal is kept, anything else is strange."""
        if answer.status_code == 303:
            if wanted not in answer.headers["location"]:
                self.strange.append(f"led to {answer.headers['location']}")
            return True
        if answer.status_code == 503:
            self.refusals.append((answer, sent))
        else:
            self.strange.append(f"{answer.status_code} {answer.request.url}")
        return False


async def client(watch: Watch, applicant: Applicant, version: str, number: int) -> None:
    """Begin an application and save its first page, over and over."""
    count, after = 0, 0
    while after < AFTERWARDS:
        count += 1
        answer = await applicant.begin_with(version)
        if not watch.note(answer, "/applications/", terms_version=version, accept="yes"):
            continue
        name = f"みなと発電 {number}-{count}"
        answer = await applicant.send("company", {"operator_name": name}, action="save")
        if watch.note(answer, "/save", operator_name=name, action="save"):
            watch.acknowledged[applicant.reference] = name
            after += watch.over is not None
        elif CERTAIN in answer.text:
            watch.denied[applicant.reference] = name
    watch.recovered.append(time.monotonic() - (watch.over or 0))


async def hand_in(watch: Watch, applicant: Applicant) -> None:
    """Hand an application over in the middle of it, pressing “send again” as long as the page offers it."""
    await asyncio.sleep(1.5)
    for _ in range(100):
        if watch.note(await applicant.submit(), "?done=submitted", revision=str(applicant.revision)):
            return
        await asyncio.sleep(0.5)


async def under_fire(program: Program, definition: RecordType) -> tuple[Watch, list[Applicant]]:
    """Everybody at once; what they saw, and whose applications were handed in."""
    watch = Watch(program)
    async with people(program, definition, CLIENTS + 2) as (*senders, first, second):
        version = await terms_version(first)
        for applicant in (first, second):
            await applicant.begin()
            await applicant.fill_in()
        await asyncio.gather(
            watch.outage(),
            *(client(watch, sender, version, number) for number, sender in enumerate(senders)),
            *(hand_in(watch, applicant) for applicant in (first, second)),
        )
    return watch, [first, second]


@asynccontextmanager
async def people(program: Program, definition: RecordType, count: int) -> AsyncIterator[list[Applicant]]:
    """So many applicants, their certificates shown."""
    clients = [program.client() for _ in range(count)]
    yield [await Applicant(client, definition).present_certificate() for client in clients]
    for one in clients:
        await one.aclose()


async def terms_version(applicant: Applicant) -> str:
    gate = Document((await applicant.client.get("/apply/operator")).text)
    return next(value for name, value in gate.sent() if name == "terms_version")


async def lost(saves: dict[str, str], mongo: Mongo) -> list[str]:
    """Those of the saves that are not in the database."""
    found = mongo["applications"].find({"reference": {"$in": list(saves)}})
    kept = {row["reference"]: row["answers"].get("operator_name") async for row in found}
    return [reference for reference, name in saves.items() if kept.get(reference) != name]


@asynccontextmanager
async def stored(program: Program) -> AsyncIterator[Mongo]:
    async with open_database("embedded:", data_dir=program.folder, owner=False) as database:
        yield database.mongo


@contextmanager
def program_in(folder: Path, **environment: str) -> Iterator[Program]:
    """The program without demo data; nobody listens where its mails should go."""
    with running(Program(folder, smtp=1, demo=False, **environment)) as program:
        yield program


@pytest.fixture(scope="module")
def operator_type(configuration: Configuration) -> RecordType:
    return configuration.record_types["operator"]


@pytest.fixture(scope="module")
def program(mongod_folder: Path) -> Iterator[Program]:
    with program_in(mongod_folder / "killed") as started:
        yield started


async def test_every_acknowledged_form_outlives_the_database_and_nobody_is_told_a_false_success(
    program: Program, operator_type: RecordType
) -> None:
    watch, handed_in = await under_fire(program, operator_type)
    async with stored(program) as mongo:
        assert await lost(watch.acknowledged, mongo) == []
        assert len(await lost(watch.denied, mongo)) == len(watch.denied)
        for applicant in handed_in:
            await is_handed_in_once(mongo, applicant)
    assert watch.strange == []
    assert len(watch.acknowledged) > CLIENTS * AFTERWARDS
    assert len(watch.refusals) > CLIENTS
    for answer, sent in watch.refusals:
        is_honest(answer, sent)
    assert len(watch.recovered) == CLIENTS
    assert max(watch.recovered) < RECOVERY
    async with people(program, operator_type, 1) as (somebody,):
        assert (await somebody.begin()).status_code == 303
    verified = await asyncio.to_thread(program.run, "audit", "verify")
    assert verified.returncode == 0, verified.stderr


async def is_handed_in_once(mongo: Mongo, applicant: Applicant) -> None:
    """One submission, one mail, one event, however often the button was pressed."""
    found = await mongo["applications"].find_one({"reference": applicant.reference})
    assert found is not None
    assert (found["state"], len(found["submissions"])) == ("submitted", 1)
    mails = {"application_id": found["_id"], "template": "application_received"}
    assert await mongo["messages"].count_documents(mails) == 1
    events = {"subject.id": found["_id"], "action": "application.submit"}
    assert await mongo["events"].count_documents(events) == 1


def is_honest(answer: httpx.Response, sent: dict[str, str]) -> None:
    """The page says in Japanese that it did not work, when to try again, and holds what was sent."""
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store"
    assert "データベース" in answer.text
    assert "T-D001" in answer.text
    assert "Traceback" not in answer.text
    assert "pymongo" not in answer.text
    page = Document(answer.text)
    assert dict(page.sent(form_again(page))).items() >= sent.items()


def form_again(page: Document) -> Element:
    """The form that sends everything once more, to the same address."""
    forms = [form for form in page.all("form") if form.get("method") == "post"]
    return next(form for form in forms if not form.get("action"))


async def test_what_the_page_of_an_outage_holds_can_be_sent_again(
    program: Program, operator_type: RecordType
) -> None:
    """Pressing its button once the database is back keeps what was typed."""
    async with people(program, operator_type, 1) as (applicant,):
        await applicant.begin()
        watch = Watch(program)
        killing = asyncio.create_task(watch.outage())
        await asyncio.sleep(1.5)
        typed = {"operator_name": '二度目の\n"発電" <b>株式会社</b>'}
        answer = await applicant.send("company", typed, action="save")
        await killing
        assert answer.status_code == 503
        page = Document(answer.text)
        for _ in range(20):
            resent = await applicant.client.post(str(answer.url), data=dict(page.sent(form_again(page))))
            if resent.status_code != 503:
                break
            await asyncio.sleep(0.5)
        assert resent.status_code in (303, 409)
        async with stored(program) as mongo:
            found = await mongo["applications"].find_one({"reference": applicant.reference})
    assert found is not None
    assert found["answers"]["operator_name"].split() == ["二度目の", '"発電"', "<b>株式会社</b>"]


SABOTAGE = """
import asyncio
from contextlib import suppress
from forms.pages import keeping

keep, behind = keeping.save, set()

async def write_behind(draft, *what):
    async def later():
        await asyncio.sleep(0.5)
        with suppress(Exception):
            await keep(draft, *what)

    behind.add(asyncio.create_task(later()))
    return draft

keeping.save = write_behind
"""
"""A program that says “saved” at once and writes a little later."""


@pytest.mark.slow
async def test_control_a_program_that_says_saved_before_it_is_loses_what_it_acknowledged(
    mongod_folder: Path, tmp_path: Path, operator_type: RecordType
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SABOTAGE)
    with program_in(mongod_folder / "careless", PYTHONPATH=str(tmp_path)) as program:
        watch = Watch(program)
        async with people(program, operator_type, CLIENTS) as senders:
            version = await terms_version(senders[0])
            sending = (client(watch, sender, version, number) for number, sender in enumerate(senders))
            await asyncio.gather(watch.outage(), *sending)
        await asyncio.sleep(1)
        async with stored(program) as mongo:
            assert await lost(watch.acknowledged, mongo) != []
