"""The module in use: a grid company and two operators, what they file, and the steps they take."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.message import Message
from models.documents.record import Record, RecordVersion
from models.permissions import SYSTEM, Actor
from models.services import lifecycles, step_answers
from models.services.applications import save_page
from models.services.beginning import begin, next_reference
from models.services.deeds import Deed
from models.services.effects import Work, register
from models.services.identifying import actor_for
from models.services.requesting import begin_case
from models.services.site import Site
from models.services.submitting import submit
from tests.clock import Hands
from tests.services.answers import fill_in

COMPANY = {
    "company_name": "中部電力パワーグリッド株式会社",
    "desk_name": "ネットワークサービスセンター託送運営グループ",
    "desk_phone": "052-000-0100",
    "desk_email": "desk@grid.example.jp",
    "notice_title": "窓口について",
    "desk_notice": "窓口を登録しました。",
    "acknowledge": True,
    "acknowledge_by": "2026-12-25",
    "audience": "connected_operators",
}
OPERATOR = {
    "operator_code": "7M01",
    "operator_name": "みらい計測株式会社",
    "contact_email": "office@mirai.example.jp",
}
OTHER = {
    "operator_code": "7T02",
    "operator_name": "匠エネルギー管理株式会社",
    "contact_email": "office@takumi.example.jp",
}
CONNECTION = {
    "connection_name": "みなと工場",
    "connection_route": "iot_route",
    "place": "名古屋市",
    "starts_on": "2026-06-01",
}
CONTACT = {"department": "設備管理部", "person_name": "計量 太郎", "phone": "052-000-0200"}


@dataclass
class Desk:
    """A site of the module with its records; the people of both sides."""

    site: Site
    hands: Hands
    grid: Record
    mirai: Record
    connection: Record
    meter: Record
    people: dict[str, Actor] = field(default_factory=dict)

    async def keep(self, type_name: str, data: Mapping[str, Any], operator: Record | None = None) -> Record:
        return await keep(self.site, type_name, data, operator)

    async def again(self, record: Record) -> Record:
        """The record as it is stored now."""
        found = await self.site.records[record.type].get(record.id)
        assert found is not None
        return found

    async def file(self, who: str, type_name: str, answers: Mapping[str, Any]) -> Record:
        """Fill in and send an application of either side; what it registered."""
        site, actor = self.site, self.people[who]
        if actor.kind == "staff":
            application = await begin_case(site, actor, type_name, self.mirai.id)
        else:
            application = await begin(site, actor, type_name)
        return await self.send(who, application, answers)

    async def send(self, who: str, application: Application, answers: Mapping[str, Any]) -> Record:
        """Fill in and send what was begun; what it registered."""
        site, actor = self.site, self.people[who]
        application = await fill_in(site, actor, application, {**application.answers, **answers})
        application = await submit(site, actor, application, revision=application.revision)
        record = await site.records[application.type].get(application.record_id)
        assert record is not None
        return record

    async def take(self, who: str, record: Record, name: str, reason: str = "", **answers: Any) -> Record:
        """Take a step of a record's lifecycle, with what it asks for."""
        site, actor, record = self.site, self.people[who], await self.again(record)
        if name not in site.registry.current(record.type).definition.steps:
            return await lifecycles.act(site, actor, record, name, reason=reason, revision=record.revision)
        draft = await step_answers.begin(site, actor, record, name)
        draft = await save_page(site, actor, draft, name, answers, revision=draft.revision, leave=True)
        return await step_answers.take(
            site, actor, draft, Deed(reason), revision=draft.revision, seen=record.revision
        )

    async def versions(self, record: Record) -> list[RecordVersion]:
        return await RecordVersion.find({"record_id": record.id}).sort("revision").to_list()

    async def mailed(self, template: str) -> list[str]:
        """Whom a mail went to, in order of their writing."""
        rows = await Message.find({"template": template}).sort("_id").to_list()
        return [row.to_address for row in rows]


async def keep(site: Site, type_name: str, data: Mapping[str, Any], operator: Record | None = None) -> Record:
    """A record as an approved application leaves it."""
    published = site.registry.current(type_name)
    application = Application(
        id=new_id(),
        reference=await next_reference(site),
        type=type_name,
        kind="register",
        schema_version=published.version,
        state="filed",
        open=False,
        operator_id=operator.id if operator else None,
        data=dict(data),
        created_at=site.now(),
        updated_at=site.now(),
    )

    async def body(session: Any) -> Record:
        work = Work(site, SYSTEM, application, session)
        await register(work, {})
        assert work.record is not None
        return work.record

    return await site.store.transaction(body)


async def person(site: Site, login: str, *roles: str, operator: Record | None = None) -> Actor:
    """Somebody signed in, of an operator or of the staff."""
    account = Account(
        login=login,
        kind="operator" if operator else "staff",
        name=login,
        email=f"{login}@example.jp",
        roles=list(roles),
        operator_id=operator.id if operator else None,
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return actor_for(account, confirmed_at=site.now())


async def furnish(site: Site, hands: Hands) -> Desk:
    """A grid company, two operators, and people everywhere; the connection of a test comes with it."""
    grid = await keep(site, "grid_company", COMPANY)
    mirai, takumi = await keep(site, "operator", OPERATOR), await keep(site, "operator", OTHER)
    people = {
        "reviewer": await person(site, "reviewer", "reviewer"),
        "approver": await person(site, "approver", "approver"),
        "auditor": await person(site, "auditor", "auditor"),
        "mirai": await person(site, "mirai", "administrator", operator=mirai),
        "mirai-user": await person(site, "mirai-user", "user", operator=mirai),
        "takumi": await person(site, "takumi", "administrator", operator=takumi),
    }
    return Desk(site, hands, grid, mirai, mirai, mirai, people)


async def connected(desk: Desk) -> Desk:
    """The desk with a connection of its own, its contacts and a device; what was mailed before is gone."""
    connection = await desk.keep("connection", {**CONNECTION, "grid_company": desk.grid.number}, desk.mirai)
    for kind in ("applicant", "security"):
        told = {"connection": connection.number, "contact_kind": kind, "email": f"{kind}@mirai.example.jp"}
        await desk.keep("contact", {**CONTACT, **told}, desk.mirai)
    device = {"connection": connection.number, "equipment_kind": "special_meter", "equipment_name": "PCS 1"}
    await Message.find({}).delete()
    return replace(desk, connection=connection, meter=await desk.keep("equipment", device, desk.mirai))
