"""No door and no file tells a secret: a canary in every place one may be typed, and then every page of every
role, every file that is handed out, every mail, every log line, all that is stored, and the database's own
files are looked through, in every shape."""

import json
import logging
import re
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest

from models.documents.application import Application
from models.documents.record import Record
from models.permissions import Actor
from models.services import batches, jobs, transfers
from models.services.batches import Order
from models.services.beginning import begin
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.transfers import Wanted
from tests.app import routes
from tests.app.conftest import Inside
from tests.app.hunting import canary, found_below, found_in
from tests.app.people import Member
from tests.app.routes import Door
from tests.app.vault import OPERATORS, STAFF, people
from tests.schema.definitions import a_type
from tests.schema.definitions import field as described
from tests.services.people import decide
from tests.services.stored import publish

NAME = "strongroom"

ROOM = a_type(
    described("title", required=True, list=True, search=True),
    described("device_number", unique=True, list=True, filter=True),
    described("pin", "secret", min_length=4),
    described("inside", "group", fields=[described("word", "secret"), described("note")]),
    described(
        "lines",
        "table",
        fields=[
            described("what"),
            described("code", "secret"),
            described("deep", "group", fields=[described("key", "secret")]),
        ],
    ),
    record_type=NAME,
    collection="strongrooms",
    title="{title} {pin}",
)
PAGE = "page_1"

FIRST, CHANGED, WRONG, AUTO, FILE, IMPORT, RAW = (
    canary(name) for name in ("first", "changed", "wrong", "auto", "file", "import", "raw")
)
INSIDE, CODE, KEY = (canary(name) for name in ("inside", "code", "key"))
SECRETS = (FIRST, CHANGED, WRONG, AUTO, FILE, IMPORT, INSIDE, CODE, KEY)
TITLE = canary("title")
"""No secret: the hunt finds it wherever answers are."""


@dataclass
class Room:
    """A record with secrets, a change of it under review, a draft, files that were brought; and everybody."""

    inside: Inside
    record: Record
    applications: tuple[Application, ...]
    jobs: tuple[str, ...]
    clients: dict[str, httpx.AsyncClient]
    said: list[tuple[str, str]]
    """What was answered to forms on the way, by address."""


def typed(pin: str, **more: str) -> dict[str, str]:
    rows = {"lines.0.what": "a", "lines.0.code": CODE, "lines.0.deep.key": KEY}
    return {"title": TITLE, "device_number": "D1", "pin": pin, "inside.word": INSIDE, **rows, **more}


class Filling:
    """An operator at the form, by HTTP; what every answer said is kept."""

    def __init__(self, room_said: list[tuple[str, str]], client: httpx.AsyncClient, application: Any) -> None:
        self.said, self.client, self.reference = room_said, client, application.reference
        self.id, self.held = application.id, dict[str, str]()

    async def send(self, sent: dict[str, str], action: str = "next", **headers: str) -> httpx.Response:
        found = await Application.get(self.id)
        assert found is not None
        address = f"/applications/{self.reference}/pages/{PAGE}"
        data = {"revision": str(found.revision), "action": action, **self.held, **sent}
        answer = await self.client.post(address, data=data, headers=headers)
        assert answer.status_code < 500, answer.text
        self.said.append((address, answer.text))
        return answer


async def fill(inside: Inside, said: list[tuple[str, str]]) -> Room:
    """Everything that may happen to a secret."""
    site = inside.site
    actors, clients = await people(inside)
    await publish(site, ROOM)
    owner, reviewer, approver = (actors[who] for who in ("administrator", "reviewer", "approver"))
    application = await begin(site, owner, NAME)
    form = Filling(said, clients["administrator"], application)
    assert (await form.send({**typed(WRONG), "title": ""})).status_code == 422
    await form.send({**typed(AUTO), "title": ""}, action="keep")
    assert (await form.send({**typed("abc"), "inside.word": WRONG, "title": TITLE})).status_code == 422
    assert (await form.send(typed(FIRST))).status_code == 303
    found = await Application.get(application.id)
    assert found is not None
    registered = await decide(
        site, reviewer, approver, await submit(site, owner, found, revision=found.revision)
    )
    record = await site.records[NAME].get(registered.record_id)
    assert record is not None
    change = await begin(site, owner, NAME, "change", record_id=record.id)
    form = Filling(said, clients["administrator"], change)
    assert (await form.send(typed(CHANGED))).status_code == 303
    found = await Application.get(change.id)
    assert found is not None
    change = await submit(site, owner, found, revision=found.revision)
    change = await take_step(site, reviewer, change, "claim")
    change = await take_step(site, reviewer, change, "return", Given(remarks={"pin": "?", "title": "?"}))
    draft = await begin(site, owner, NAME)
    await Filling(said, clients["administrator"], draft).send(typed(AUTO, title="entwurf"))
    brought = await bring(inside, owner, actors["steward"], actors["auditor"], record.number)
    found = await Application.get(draft.id)
    assert found is not None
    return Room(inside, record, (registered, change, found), brought, clients, said)


async def bring(inside: Inside, owner: Actor, steward: Actor, auditor: Actor, number: str) -> tuple[str, ...]:
    """Files with secrets: of the operator, good and bad; of the staff; and exports."""
    site, found = inside.site, []
    kind = site.registry.current(NAME).definition
    heads = "番号,title,device_number,pin,パスワード"
    lines = (f",{TITLE},D2,{FILE},{FILE}", f"{number},x,D1,{FILE},{FILE}", f",,D1,ab,{FILE}")
    rows = "\n".join((heads, *lines))
    job = await batches.begin(site, owner, kind, "rows.csv", rows.encode(), "ja")
    found.append(str(job.id))
    await jobs.run_this(site, await batches.check(site, owner, job))
    job = await jobs.find_job(job.id)  # type: ignore[arg-type]
    await jobs.run_this(site, await batches.apply(site, owner, job, Order(send=False)))
    rows = f"_operator,title,pin\n9A01,{TITLE},{IMPORT}"
    into = await transfers.begin_import(site, steward, NAME, "records", "r.csv", rows.encode(), purpose="x")
    found.append(str(into.id))
    mapped = await transfers.go(site, steward, into, "check", mapping=into.parameters["mapping"])
    await jobs.run_this(site, mapped)
    for written in ("csv", "xlsx", "jsonl"):
        wanted = Wanted(profile="all", format=written, purpose="x")
        job = await transfers.ask_export(site, auditor, NAME, wanted)
        await jobs.run_this(site, job)
        found.append(str(job.id))
    return tuple(found)


QUERIES = {
    f"/admin/{NAME}/list": ("", "?sort=title__asc", "?data.device_number__startswith=D"),
    f"/admin/{NAME}/detail": ("?pk={record}", "?pk={record}&version=1"),
    f"/admin/{NAME}/history": ("?pk={record}", "?pk={record}&a=1&b=2"),
    f"/admin/{NAME}/related": ("?pk={record}",),
    "/admin/jobs/detail": ("?pk={job}",),
    "/admin/filters": (f"?for={NAME}",),
    "/portal/{record_type}/{number}": ("", "?version=1"),
    "/portal/{record_type}/copy": ("?record={number}",),
    "/admin/secrets/of/records/{type}/{id}": ("?path=pin",),
    "/admin/secrets/of/applications/{reference}": ("?path=pin",),
}
"""What is asked besides of some doors."""


FEW = ("reviewer", "administrator")
"""Whose doors are opened at every run: who sees most on each side."""

WITH_JOBS = ("jobs", "bulk", "transfers", "downloads")


def addresses(room: Room, who: str, *, whole: bool) -> Iterator[str]:
    """Every address that only reads, filled with the record, the applications and the jobs. Unless `whole`
    those that name nothing and those of other record types are left out."""
    for door in routes.doors(room.inside.app):
        mine = door.method == "GET" and door.in_admin == (who in STAFF) and not door.is_file
        about = f"/{NAME}/" in door.template or "{" in door.template
        if not mine or (not whole and not (about and routes.is_among(door, ()))):
            continue
        has_jobs = any(word in door.template for word in WITH_JOBS)
        known = room.jobs if has_jobs else (str(room.record.id),)
        for application, identity in product(room.applications, known):
            yield from _filled(room, door, application.reference, identity)


def _filled(room: Room, door: Door, reference: str, identity: str) -> Iterator[str]:
    number = room.record.number
    values = {"reference": reference, "page": PAGE, "number": number, "id": identity, "kind": "change"}
    values |= dict.fromkeys(("record_type", "key", "type"), NAME)
    values |= {"version": "1", "table": "lines", "row": "0", "identifier": identity, "ending": "json"}
    values["name"] = "form.xlsx" if "/bulk/files" in door.template else NAME
    address = routes.fill(door.template, values)
    for query in QUERIES.get(door.template, ("",)):
        yield address + query.format(record=room.record.id, job=room.jobs[0], number=number)


async def walked(room: Room, people: Iterable[str], *, whole: bool) -> set[str]:
    """Open every door for these people; the doors that told the title. No secret may be told by any."""
    seen: dict[str, set[str]] = {}
    await room.clients["reviewer"].get("/admin/")  # the type's own pages appear with the next request
    for who in people:
        for address in dict.fromkeys(addresses(room, who, whole=whole)):
            answer = await room.clients[who].get(address)
            assert answer.status_code < 500, (address, answer.text[-2000:])
            for text in found_in(answer.content, (*SECRETS, TITLE)):
                seen.setdefault(text, set()).add(f"{who} {address}")
    for address, said in room.said:
        for text in found_in(said.encode(), (*SECRETS, TITLE)):
            seen.setdefault(text, set()).add(f"posted {address}")
    titled = seen.pop(TITLE)
    assert seen == {}
    return titled


async def test_no_door_no_file_and_no_log_tells_a_secret(
    inside: Inside, mongod_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The title is the control: the same hunt finds it at many doors and in what is stored."""
    caplog.set_level(logging.INFO)
    begun = time.time()
    room = await fill(inside, [])
    titled = await walked(room, FEW, whole=False)
    assert len(titled) > 20
    assert any(f"/admin/{NAME}/history" in each for each in titled)
    assert any("/copy" in each for each in titled)
    assert found_in(caplog.text.encode(), SECRETS) == set()
    await _stored(room)
    await _searched(room)
    await _in_files(room, mongod_folder, begun)
    await _comes_back_sealed(room)
    await _told_once(room)
    await _sent_again(room)


@pytest.mark.slow
async def test_no_role_is_told_a_secret_by_any_door(inside: Inside) -> None:
    """A second look: every role, every door."""
    room = await fill(inside, [])
    assert len(await walked(room, (*STAFF, *OPERATORS), whole=True)) > 60


async def _stored(room: Room) -> None:
    """All collections, read by the driver; uploads and mails are among them."""
    content = b""
    for name in await room.inside.mongo.list_collection_names():
        async for row in room.inside.mongo[name].find():
            content += repr(row).encode()
            content += b"".join(each for each in row.values() if isinstance(each, bytes))
    assert found_in(content, (*SECRETS, TITLE)) == {TITLE}
    mails = str(await room.inside.mongo["messages"].find().to_list(None))
    assert room.applications[1].reference in mails


async def _searched(room: Room) -> None:
    """Nobody finds a record by its secret; by its title they do."""
    number = room.record.number
    for text, expected in ((FIRST, False), (INSIDE, False), (TITLE, True)):
        listed = (await room.clients["reviewer"].get(f"/admin/{NAME}/list?q={text}")).text
        own = (await room.clients["administrator"].get(f"/portal/{NAME}?q={text}")).text
        assert [number in listed, number in own] == [expected, expected], text


async def _in_files(room: Room, folder: Path, begun: float) -> None:
    """The database's own files: collections, journal and oplog as they lie on the disk. A text that is stored
    in the clear is found there."""
    await room.inside.mongo["strongrooms"].insert_one({"said": RAW}, bypass_document_validation=True)
    await room.inside.mongo.client.admin.command("fsync")
    files = folder / "mongod"
    since = begun - 600
    assert found_below(files, (*SECRETS, RAW), since) == {RAW}


async def _comes_back_sealed(room: Room) -> None:
    """A page with something to correct keeps a good secret without showing it, and it need not be typed
    again; a bad one is asked for anew."""
    site, client = room.inside.site, room.clients["administrator"]
    draft = room.applications[2]
    said: list[tuple[str, str]] = []
    form = Filling(said, client, draft)
    answer = await form.send({**typed(CHANGED), "title": "", "lines.0.code": "code-again"})
    assert answer.status_code == 422
    kept = dict(re.findall(r'name="([^"]+__typed)" value="([^"]*)"', answer.text))
    assert all(kept[f"{name}__typed"] for name in ("pin", "inside.word", "lines.0.code", "lines.0.deep.key"))
    blank = dict.fromkeys(("pin", "inside.word", "lines.0.code", "lines.0.deep.key"), "")
    assert (await form.send({**typed(""), **blank, **kept})).status_code == 303
    found = await Application.get(draft.id)
    assert found is not None
    told = [site.ring.open(found.answers[name]["sealed"]).decode() for name in ("pin",)]
    told.append(site.ring.open(found.answers["lines"][0]["code"]["sealed"]).decode())
    assert told == [CHANGED, "code-again"]
    forged = {**typed(""), **blank, "pin__typed": found.answers["inside"]["word"]["sealed"]}
    await form.send(forged)
    again = await Application.get(draft.id)
    assert again is not None
    assert again.answers["pin"] is None, "a stored token is nothing that was typed"


async def _sent_again(room: Room) -> None:
    """The page of a session that ended, and the one that asks for the password, carry what was typed."""
    client, reference = room.inside.browser(), room.applications[2].reference
    client.cookies.update(room.clients["administrator"].cookies)
    await room.clients["administrator"].post("/logout")
    data = {**typed(FIRST), "pin__typed": "", "inside.word__typed": "", "revision": "1", "action": "next"}
    data |= {"lines.0.code__typed": "", "lines.0.deep.key__typed": ""}
    answer = await client.post(f"/applications/{reference}/pages/{PAGE}", data=data)
    assert found_in(answer.content, (*SECRETS, TITLE)) == {TITLE}
    plain = {name: value for name, value in data.items() if not name.endswith("__typed")}
    control = await client.post(f"/applications/{reference}/pages/{PAGE}", data=plain)
    assert FIRST in found_in(control.content, SECRETS)


async def _told_once(room: Room) -> None:
    """The control of the hunt: the same secrets come out where one may uncover them, with a reason."""
    places = {
        "reviewer": f"/admin/secrets/of/records/{NAME}/{room.record.id}?path=lines.0.deep.key",
        "administrator": f"/portal/{NAME}/{room.record.number}/secrets",
    }
    member = Member(room.clients["reviewer"])
    refused = await member.post(places["reviewer"], {"reason": "x"})
    assert refused.status_code == 422
    assert found_in(refused.content, SECRETS) == set()
    told = await member.post(places["reviewer"], {"reason": "to set it up"})
    assert (told.status_code, found_in(told.content, SECRETS)) == (200, {KEY})
    assert told.headers["cache-control"] == "no-store"
    assert found_in((await room.clients["reviewer"].get(places["reviewer"])).content, SECRETS) == set()
    sent = {"path": "pin", "reason": "to set it up"}
    own = await room.clients["administrator"].post(places["administrator"], data=sent)
    assert (own.status_code, found_in(own.content, SECRETS)) == (200, {FIRST})
    assert own.headers["cache-control"] == "no-store"
    looks = (await room.clients["administrator"].get("/portal/secrets")).text
    assert looks.count("to set it up") == 2
    assert "only reviewer" not in looks
    assert json.dumps(FIRST) not in looks
    for who in ("user", "auditor", "steward"):
        answer = await room.clients[who].get(places["administrator"])
        assert answer.status_code in (303, 401, 403, 404), who


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_the_hunt_finds_a_text_in_every_shape(before: str) -> None:
    """The control of the hunt itself."""
    text = f"{before}{RAW}after"
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("sheet.xml", text)
    left = (text.encode(), text.encode("utf-16"), text.encode().hex().encode(), b64encode(text.encode()))
    for content in (*left, packed.getvalue()):
        assert found_in(content, (RAW, TITLE)) == {RAW}
    assert found_in(RAW[:-1].encode(), (RAW,)) == set()
