"""The limit our pages are compared with: Starlette, the driver and one template a page, nothing between.

It reads and writes what our pages read and write for the same request (session, account, application,
counts, duplicates, mails), with the same durability, and answers at the same addresses. It
checks next to nothing: no rules, no permissions beyond the session, no forgery protection, one language.
That makes it a limit, not an alternative."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from pymongo import AsyncMongoClient, ReturnDocument, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.bench.raw_records import RawRecords
from app.bench.words import Words, words_of
from app.opening import configuration_of
from app.settings import Settings
from models.services.queue import COLUMNS, COUNT_LIMIT, PAGE_SIZE

TEMPLATES = Path(__file__).parent / "templates"
DURABLE = WriteConcern("majority", j=True)
MAJORITY = ReadConcern("majority")

Row = dict[str, Any]


def create_raw() -> Starlette:
    """The raw server, on the same settings as the program."""
    settings = Settings()
    configuration = configuration_of(settings)
    raw, records = Raw(settings, words_of(configuration)), RawRecords(configuration)
    page, check = "/applications/{reference}/pages/{page}", "/applications/{reference}/check"
    routes = [
        Route("/", raw.home),
        Route(page, raw.form),
        Route(page, raw.receive, methods=["POST"]),
        Route(check, raw.submit, methods=["POST"]),
        Route("/admin/queue", raw.queue),
        Route("/admin/{type}/list", partial(records.page, raw)),
        Route("/admin/applications/{reference}", raw.review),
        Route("/admin/applications/{reference}/steps/{step}", raw.step, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=raw.lifespan)


class Raw:
    """The handlers, over one client."""

    def __init__(self, settings: Settings, words: Words) -> None:
        self.words, self.key = words, settings.key
        self.url = settings.database_url.get_secret_value()
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, auto_reload=False
        )

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """The client, made in the running loop."""
        self.client: AsyncMongoClient[Row] = AsyncMongoClient(self.url, tz_aware=True)
        self.db = self.client.get_default_database(write_concern=DURABLE, read_concern=MAJORITY)
        yield
        await self.client.close()

    def draw(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """One page, whole."""
        html = self.templates.get_template(template).render(words=self.words, **context)
        return HTMLResponse(html, status, {"cache-control": "no-store"})

    async def session(self, request: Request) -> Row:
        """The live session of the cookie. Raises HTTPException."""
        told = f"session\x00{request.cookies.get('session', '')}".encode()
        found = await self.db.sessions.find_one({"token_hash": hmac.new(self.key, told, sha256).hexdigest()})
        if found is None or found["ends_at"] <= datetime.now(UTC):
            raise HTTPException(403)
        return found

    async def account(self, request: Request) -> Row:
        """The account behind the session. Raises HTTPException."""
        session = await self.session(request)
        found = await self.db.accounts.find_one({"_id": session["account_id"], "status": "active"})
        if found is None:
            raise HTTPException(403)
        return found

    async def draft(self, request: Request) -> Row:
        """The application asked for, when the session knows it. Raises HTTPException."""
        session = await self.session(request)
        found = await self.db.applications.find_one({"reference": request.path_params["reference"]})
        if found is None or found["_id"] not in session["applications"]:
            raise HTTPException(404)
        return found

    async def home(self, _: Request) -> Response:
        """The first page: its notices."""
        where, columns = {"shown": True, "open_to": "everyone"}, {"pages": 0, "attachments": 0}
        found = self.db.publications.find(where, columns).sort([("published_at", -1), ("_id", -1)])
        news = await found.limit(5).to_list(None)
        return self.draw("home.html", news=news)

    async def form(self, request: Request) -> Response:
        """One page of a form."""
        draft = await self.draft(request)
        page = self.words.page(request.path_params["page"])
        return self.draw("form.html", page=page, draft=draft, answers=draft["answers"], missing=())

    async def receive(self, request: Request) -> Response:
        """A page as typed: kept with one guarded update, or shown again with what is missing."""
        form, draft = await request.form(), await self.draft(request)
        page = self.words.page(request.path_params["page"])
        typed = {c.name: form.getlist(c.name) if c.many else form.get(c.name) for c in page.controls}
        missing = [control for control in page.controls if control.required and not typed[control.name]]
        if missing:
            shown = {**draft["answers"], **typed}
            return self.draw("form.html", 422, page=page, draft=draft, answers=shown, missing=missing)
        kept = {f"answers.{name}": value for name, value in typed.items()}
        done = await self.db.applications.update_one(
            {"_id": draft["_id"], "revision": int(str(form["revision"]))},
            {"$set": {**kept, "updated_at": datetime.now(UTC)}, "$inc": {"revision": 1}},
        )
        if not done.matched_count:
            raise HTTPException(409)
        return RedirectResponse(f"/applications/{draft['reference']}/check", 303)

    async def submit(self, request: Request) -> Response:
        """Hand over: application, link, mail and event in one transaction."""
        form, draft = await request.form(), await self.draft(request)
        revision = int(str(form["revision"]))

        async def body(session: AsyncClientSession) -> None:
            await self._submit(draft, revision, session)

        async with self.client.start_session() as session:
            await session.with_transaction(body, read_concern=ReadConcern("snapshot"), write_concern=DURABLE)
        return RedirectResponse(f"/applications/{draft['reference']}?done=submitted", 303)

    async def _submit(self, draft: Row, revision: int, session: AsyncClientSession) -> None:
        now, key = datetime.now(UTC), f"{draft['_id']}:1:application_received"
        step = {"name": "submit", "origin": draft["state"], "to": "submitted", "at": now, "note": ""}
        data = {"round": 1, "at": now, "data": draft["answers"]}
        await self.db.applications.find_one_and_update(
            {"_id": draft["_id"], "revision": revision, "state": draft["state"]},
            {
                "$set": {"state": "submitted", "data": draft["answers"], "submitted_at": now},
                "$push": {"history": step, "submissions": data},
                "$inc": {"revision": 1},
            },
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        await self.db.messages.find_one({"dedupe_key": key}, {"_id": 1}, session=session)
        link = {"_id": sha256(key.encode()).hexdigest(), "application_id": draft["_id"], "ends_at": now}
        await self.db.links.insert_one(link, session=session)
        mail = {"dedupe_key": key, "application_id": draft["_id"], "body": "。" * 400, "created_at": now}
        await self.db.messages.insert_one({**mail, "next_at": None}, session=session)
        event = {"at": now, "action": "application.submit", "subject": {"id": draft["_id"]}, "sequence": None}
        await self.db.events.insert_one(event, session=session)

    async def queue(self, request: Request) -> Response:
        """The queue: one page of rows, and how many each view holds."""
        account = await self.account(request)
        views = self.words.views(account["_id"])
        rows, counts = await asyncio.gather(self._waiting(views["waiting"]), self._counts(views))
        return self.draw("queue.html", rows=rows, counts=counts, account=account, now=datetime.now(UTC))

    async def _counts(self, views: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
        """The fastest way known to count several views: one question, each no further than the limit."""
        stages: list[list[Row]] = [
            [{"$match": where}, {"$limit": COUNT_LIMIT}, {"$group": {"_id": name, "count": {"$sum": 1}}}]
            for name, where in views.items()
        ]
        others = [{"$unionWith": {"coll": "applications", "pipeline": rest}} for rest in stages[1:]]
        found = await self.db.applications.aggregate([*stages[0], *others])
        return {**dict.fromkeys(views, 0), **{row["_id"]: row["count"] async for row in found}}

    async def _waiting(self, where: Mapping[str, Any]) -> list[Row]:
        found = self.db.applications.find(where, COLUMNS).sort([("submitted_at", 1), ("_id", 1)])
        return await found.limit(PAGE_SIZE).to_list(None)

    async def review(self, request: Request) -> Response:
        """One application under review, with what is read beside it."""
        account = await self.account(request)
        found = await self.db.applications.find_one({"reference": request.path_params["reference"]})
        if found is None:
            raise HTTPException(404)
        taken, certificate, mails, comments = await asyncio.gather(
            self._taken(found),
            self.db.certificates.find_one({"fingerprint": found["certificate"]}),
            self.db.messages.find({"application_id": found["_id"]}).sort("created_at", -1).to_list(20),
            self.db.comments.find({"application_id": found["_id"]}).sort("_id", -1).to_list(50),
        )
        context: Row = {"taken": taken, "certificate": certificate, "mails": mails, "comments": comments}
        return self.draw("review.html", application=found, account=account, **context)

    async def step(self, request: Request) -> Response:
        """A step with the history inside the application: one guarded update, no event, no transaction."""
        account, form = await self.account(request), await request.form()
        name, reference = str(request.path_params["step"]), str(request.path_params["reference"])
        origins, to, takes = self.words.moves[name]
        by, now = {"kind": "staff", "id": account["_id"], "name": account["name"]}, datetime.now(UTC)
        values: Row = {"state": to, "updated_at": now, "checklist": form.getlist("checklist")}
        history = {"name": name, "origin": origins[0], "to": to, "by": by, "at": now, "note": ""}
        found = await self.db.applications.find_one_and_update(
            {"reference": reference, "state": origins[0], "revision": int(str(form["revision"]))},
            {
                "$set": {**values, **({"assignee": by} if takes else {})},
                "$push": {"history": history},
                "$inc": {"revision": 1},
            },
            return_document=ReturnDocument.AFTER,
        )
        if found is None:
            raise HTTPException(409)
        return RedirectResponse(f"/admin/applications/{reference}", 303)

    async def _taken(self, application: Row) -> list[tuple[str, bool]]:
        """Whether each value that must be unique is registered already."""
        records, told = self.db[self.words.collection], []
        for name, label in self.words.unique:
            where = {f"data.{name}": application["data"].get(name), "lifecycle": {"$in": self.words.live}}
            told.append((label, await records.find_one(where, {"_id": 1}) is not None))
        return told
