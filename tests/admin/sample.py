"""A small admin over real collections, as the application would build one; also served for browser tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette_admin import (
    BooleanField,
    DateTimeField,
    DropDown,
    EnumField,
    IntegerField,
    StringField,
    TextAreaField,
)

from admin.auth import Person, StaffAuth
from admin.posted import text_of
from admin.site import SafeAdmin, build_admin
from admin.views.base import GuardedView, Order, Row, Where
from admin.views.columns import Choice, Column
from admin.views.page import PageView, route
from admin.views.records import RawListView
from models.errors import AlreadyDone, RecordChanged, SignInFailed, TooManyRequests
from models.language import Text

SECRET = "a secret of at least thirty-two characters"
PASSWORD = "correct horse battery staple"
TEXTS = {"title": Text(ja="系統接続 登録システム", en="Grid registration")}

STATES = {
    "draft": Choice(Text(ja="作成中", en="Draft")),
    "submitted": Choice(Text(ja="審査待ち", en="Waiting for review"), "info"),
    "returned": Choice(Text(ja="差戻し", en="Returned"), "warn"),
    "approved": Choice(Text(ja="承認", en="Approved"), "good"),
    "refused": Choice(Text(ja="却下", en="Refused"), "bad"),
}
COLUMNS = (
    Column("number", Text(ja="受付番号", en="Number"), "code", sortable=True, filters=("startswith",)),
    Column("data.name", Text(ja="事業者名", en="Operator"), sortable=True, wrap=True),
    Column("kind", Text(ja="申請種別", en="Kind")),
    Column("state", Text(ja="状態", en="State"), "state", filters=("eq",), choices=STATES),
    Column("assignee", Text(ja="担当者", en="Reviewer")),
    Column("data.capacity", Text(ja="容量(kW)", en="Capacity (kW)"), "number", filters=("gte",)),
    Column(
        "submitted_at", Text(ja="申請日時", en="Submitted"), "moment", sortable=True, filters=("gte", "lte")
    ),
    Column("due", Text(ja="期限", en="Due"), "day"),
)


class Collection:
    """Source and writer over one collection."""

    def __init__(self, collection: AsyncCollection[dict[str, Any]]) -> None:
        self.collection = collection

    async def count(self, where: Where, limit: int) -> int:
        return await self.collection.count_documents(where, limit=limit)

    async def page(
        self, where: Where, sort: Order, skip: int, limit: int, projection: Sequence[str]
    ) -> Sequence[Row]:
        found = self.collection.find(where, dict.fromkeys(projection, 1)).sort(list(sort))
        return await found.skip(skip).limit(limit).to_list(None)

    def key(self, pk: str) -> Any | None:
        return pk

    async def one(self, pk: str, where: Where, projection: Sequence[str] = ()) -> Row | None:
        return await self.collection.find_one({"$and": [{"_id": pk}, where]})

    async def insert(self, request: Request, data: Mapping[str, Any]) -> Row:
        row = {"_id": f"new-{data['title']}", "revision": 1, **data}
        await self.collection.insert_one(row)
        return row

    async def change(self, request: Request, pk: str, data: Mapping[str, Any], revision: str) -> Row:
        query = {"_id": pk, "revision": int(revision)}
        changed = await self.collection.find_one_and_update(
            query, {"$set": dict(data), "$inc": {"revision": 1}}, return_document=True
        )
        if changed is None:
            raise RecordChanged
        return changed

    async def remove(self, request: Request, pk: str) -> None:
        await self.collection.delete_one({"_id": pk})


def rule(request: Request, action: str) -> Where | None:
    """Reviewers see everything but secrets and may edit what is open; visitors only look at what is open."""
    role = request.state.admin_user.role
    if role == "visitor":
        return {"state": "open"} if action == "view" else None
    return {"open": {"$ne": False}} if action in ("edit", "delete") else {"secret": {"$ne": True}}


class NoticeView(GuardedView):
    """A view on starlette-admin's own pages."""

    key = "notices"
    menu_label = "お知らせ"
    display_name = "お知らせ"
    icon = "notices"
    fields = (
        StringField("title", label="題名", required=True),
        TextAreaField("body", label="本文"),
        EnumField("audience", label="公開範囲", choices=[("all", "全員"), ("operators", "事業者")]),
        BooleanField("pinned", label="固定表示"),
        IntegerField("rank", label="表示順"),
        DateTimeField("from", label="公開日時"),
    )


class QueuePage(PageView):
    """A page of our own with a POST."""

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        return self.page(request, "home.html")

    @route("/claim", methods=["POST"])
    async def claim(self, request: Request) -> Response:
        form = await self.form(request)
        number = text_of(form, "number")
        if number == "taken":
            refusal = AlreadyDone(who="<b>佐藤</b>", what=Text(ja="担当", en="claim"), when="10:00")
            return self.page(request, "home.html", refusal=refusal)
        if number == "uncaught":
            raise AlreadyDone(who="佐藤", what="担当", when="10:00")
        if number == "broken":
            raise RuntimeError("a secret detail: mongodb://root:pw@10.0.0.1")
        return self.back(request, done="Claimed {number}.", values={"number": number})


class Door:
    """Sign-in with one account; the session is a set of tokens."""

    def __init__(self) -> None:
        self.tokens: dict[str, Person] = {}
        self.tries: list[tuple[str, str]] = []

    async def sign_in(self, request: Request, login: str, password: str) -> Response | None:
        self.tries.append((login, password))
        if login == "flood":
            raise TooManyRequests
        if password != PASSWORD:
            raise SignInFailed
        request.state.issued = login
        self.tokens[login] = Person(
            username="山田 花子", role="visitor" if login == "visitor" else "審査担当"
        )
        return None

    async def person_of(self, request: Request) -> Person | None:
        return self.tokens.get(request.headers.get("x-session", ""))

    async def sign_out(self, request: Request) -> Response | None:
        self.tokens.pop(request.headers.get("x-session", ""), None)
        return None

    def known(self, role: str) -> str:
        """A session for somebody with `role`."""
        token = f"session-{len(self.tokens)}"
        self.tokens[token] = Person(username="山田 花子", role=role)
        return token


class EveryoneIn(Door):
    """For browser tests and measurements: everybody is the same reviewer."""

    async def person_of(self, request: Request) -> Person | None:
        return Person(username="山田 花子", role="審査担当") if "out" not in request.cookies else None


def sample_admin(rows: Collection, notices: Collection, door: Door, **options: Any) -> SafeAdmin:
    """The admin over two collections."""
    records = RawListView(
        key="applications",
        menu_label="申請",
        icon="records",
        columns=COLUMNS,
        source=rows,
        rule=rule,
        search=("number", "data.name"),
        order=(("submitted_at", -1),),
    )
    auth = StaffAuth(sign_in=door.sign_in, person_of=door.person_of, sign_out=door.sign_out)
    views = [
        QueuePage(menu_label="審査キュー", icon="queue", path="/queue"),
        DropDown("台帳", views=[records]),
        DropDown("運用", views=[NoticeView(source=notices, rule=rule, writer=notices)]),
    ]
    return build_admin(title=TEXTS["title"], secret_key=SECRET, auth_provider=auth, views=views, **options)


def sample_app(admin: SafeAdmin) -> Starlette:
    """An application with the admin mounted."""
    app = Starlette()
    admin.mount_to(app)
    return app


def some_rows(number: int) -> list[dict[str, Any]]:
    """Applications like those of a busy week."""
    names = [
        "株式会社みどり電力",
        "東日本エナジー株式会社",
        "やまと地域電力合同会社",
        "<script>alert(1)</script>",
    ]
    began = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    states = list(STATES)
    return [
        {
            "_id": f"id{i}",
            "number": f"A-2026-{i:05d}",
            "data": {"name": names[i % 4], "capacity": 1000 + 37 * i},
            "kind": ["新規登録", "変更", "廃止"][i % 3],
            "state": states[i % 5],
            "assignee": [None, "山田 花子", "佐藤 健"][i % 3],
            "submitted_at": began - timedelta(minutes=17 * i),
            "due": f"2026-12-{1 + i % 28:02d}",
            "revision": 1,
            "secret": i % 10 == 9,
        }
        for i in range(number)
    ]
