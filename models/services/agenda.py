"""What waits for an operator: what it is asked and told, applications in its hands, what runs out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any, Literal

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id
from models.documents.certificate import Certificate
from models.documents.declaration import Confirmation
from models.documents.link import Link
from models.documents.loss import LossReport
from models.documents.recertification import Recertification
from models.documents.windows import PATIENCE, Order, count_rows, place_of, read_place, read_rows
from models.errors import NotAllowed
from models.permissions import Actor, allowed, require
from models.services.links import LIFETIMES
from models.services.losses import instructed
from models.services.notices import Entry, owed
from models.services.recertifying import waiting_rounds
from models.services.records_waiting import FAR, Line, own_lines
from models.services.searching import searched
from models.services.site import Site
from models.services.waiting import states_of
from models.workflow.definition import State

Sort = Literal[
    "loss",
    "review",
    "record",
    "declaration",
    "notice",
    "asked",
    "returned",
    "certificate",
    "draft",
    "invitation",
]
Group = Literal["all", "mine", "review", "over"]

GROUPS: tuple[Group, ...] = ("all", "mine", "review", "over")
"""Applications by whose turn it is: everybody's, the operator's own, the staff's, nobody's any more."""

FIRST = ("loss", "record", "returned", "asked", "declaration")
"""The sorts told first: what somebody waits for."""

PRESSING: Mapping[str, int] = {"draft": 7, "record": 1}
"""Within how many days the end of something is urgent, where that is not a fortnight."""

MOST = 20
"""Most things of one sort that are told at once; the lists have the rest."""

CERTIFICATES = 100
PAGE = 25
COUNT_LIMIT = 1001

BRIEF: Mapping[str, Any] = dict.fromkeys(
    (
        "reference",
        "type",
        "kind",
        "schema_version",
        "title",
        "state",
        "open",
        "due",
        "operator_id",
        "record_id",
        "base_revision",
        "created_at",
        "updated_at",
        "submitted_at",
        "asked",
    ),
    1,
)
"""What a list of applications reads of each: no answers."""

BY_DUE = "by_operator_due"
"""The index of an operator's own applications by their due dates (``models.documents.application``)."""

NEWEST = Order("updated_at", "moment", down=True)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. ``until`` is the last day for it in the site's time zone, ``days`` counts from
    today to it, ``working`` its business days; all None where it does not end by itself."""

    sort: Sort
    until: date | None
    days: int | None
    working: int | None
    application: Application | None = None
    certificate: Certificate | None = None
    account: Account | None = None
    review: Recertification | None = None
    confirmation: Confirmation | None = None
    loss: LossReport | None = None
    notice: Entry | None = None
    record: Line | None = None
    outdated: bool = False
    """Whether the registration an application is about has changed since it was begun."""

    @property
    def is_urgent(self) -> bool:
        """Whether little time is left; instructions about a loss are followed at once, urgent notices read
        at once."""
        if self.sort == "loss" or (self.notice is not None and self.notice.importance == "urgent"):
            return True
        return self.days is not None and self.days <= PRESSING.get(self.sort, 14)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of applications, with the places before and after it ("" where there is nothing)."""

    applications: Sequence[Application]
    previous: str
    following: str


async def agenda(site: Site, actor: Actor) -> list[Waiting]:
    """Everything that waits for this actor's operator: instructions about a loss, then what somebody waits
    for and what was returned, by the day it ends, what never ends last. At most MOST of each sort. Raises
    NotAllowed."""
    _require(actor)
    found = [
        *await _losses(actor),
        *await _own_turn(site, actor),
        *await _records(site, actor),
        *await _declarations(site, actor),
        *await _notices(site, actor),
        *await _reviews(site, actor),
        *(await expiring(site, actor)),
        *(await _invitations(site, actor)),
    ]
    return by_urgency(found, site.today())


def by_urgency(found: Iterable[Waiting], today: date) -> list[Waiting]:
    """What waits in the order it is told; a record without a term is among what ends today, as the other side
    waits for it now."""

    def place(each: Waiting) -> tuple[bool, bool, date, datetime]:
        moment, last = (each.record.due, today) if each.record else (None, date.max)
        return each.sort != "loss", each.sort not in FIRST, each.until or last, moment or FAR

    return sorted(found, key=place)


def _require(actor: Actor) -> None:
    require(actor, "portal.enter")
    if actor.operator_id is None:
        raise NotAllowed(rule="portal.enter")


def states_in(site: Site, group: Group) -> list[str]:
    """The states of a group, over all workflows."""
    return [name for name, state in states_of(site).items() if group in ("all", _group_of(state))]


def _group_of(state: State) -> Group:
    if state.final:
        return "over"
    return "mine" if state.held_by == "applicant" else "review"


def _own(actor: Actor) -> dict[str, Any]:
    scope = {} if actor.types is None else {"type": {"$in": sorted(actor.types)}}
    return {"operator_id": actor.operator_id, "by_staff": {"$ne": True}, "about": None, **scope}


async def _own_turn(site: Site, actor: Actor) -> list[Waiting]:
    """Returned applications and drafts, each sort by the day it ends."""
    first = {name for name, state in states_of(site).items() if state.initial}
    mine = states_in(site, "mine")
    returned = await _by_due(actor, [name for name in mine if name not in first])
    drafts = await _by_due(actor, [name for name in mine if name in first])
    sorts: Iterable[tuple[Sort, Application]] = chain(
        (("returned", each) for each in returned),
        (("asked" if each.asked else "draft", each) for each in drafts),
    )
    changed = await _changed(site, [*returned, *drafts])
    return [
        _timed(site, sort, each.due, application=each, outdated=each.id in changed) for sort, each in sorts
    ]


async def _changed(site: Site, found: Sequence[Application]) -> set[Id | None]:
    """Those of these applications whose records are at another revision than the one they began on."""
    changed: set[Id | None] = set()
    for name in {each.type for each in found if each.record_id}:
        mine = {each.record_id: each for each in found if each.type == name and each.record_id}
        rows = await site.records[name].rows(
            {"_id": {"$in": list(mine)}}, {"revision": 1}, [("_id", 1)], 0, len(mine)
        )
        changed |= {mine[row["_id"]].id for row in rows if row["revision"] != mine[row["_id"]].base_revision}
    return changed


async def _by_due(actor: Actor, states: list[str]) -> list[Application]:
    where = {**_own(actor), "state": {"$in": states}}
    rows = Application.raw().find(where, BRIEF).sort([("due", 1), ("_id", 1)]).hint(BY_DUE).limit(MOST)
    return [Application.model_validate(row) async for row in rows]


def _timed(site: Site, sort: Sort, end: datetime | None, **about: Any) -> Waiting:
    """Something that ends at the moment `end`."""
    if end is None:
        return Waiting(sort, None, None, None, **about)
    until, today = site.calendar.due_day(end), site.today()
    return Waiting(sort, until, (until - today).days, site.calendar.business_days(today, until), **about)


async def certificates_of(site: Site, actor: Actor) -> list[Certificate]:
    """The certificates of this actor's operator, the one valid longest first (at most CERTIFICATES). Raises
    NotAllowed."""
    require(actor, "certificate.view_own")
    _require(actor)
    where = {"operator_id": actor.operator_id}
    return await Certificate.find(where).sort("-not_after").limit(CERTIFICATES).to_list()


def days_left(site: Site, certificate: Certificate) -> int:
    """Days from today to the last day on which a certificate may be used; negative when it is over."""
    return (site.calendar.due_day(certificate.not_after) - site.today()).days


def warned(site: Site, days: int) -> int | None:
    """The latest of the site's days of reminders that so many days are within; None where there is time."""
    return next(
        (limit for limit in sorted(site.configuration.site.certificates.remind) if days <= limit), None
    )


async def expiring(site: Site, actor: Actor) -> list[Waiting]:
    """The certificate in use that lasts longest, when it ends within the first of the days of reminders;
    those it replaces end unnoticed."""
    found = [each for each in await certificates_of(site, actor) if each.state == "bound"]
    if not found or warned(site, days_left(site, found[0])) is None:
        return []
    return [_timed(site, "certificate", found[0].not_after, certificate=found[0])]


async def _losses(actor: Actor) -> list[Waiting]:
    """The reports of losses about which the staff wait for an answer."""
    return [Waiting("loss", None, None, None, loss=each) for each in await instructed(actor, MOST)]


async def _declarations(site: Site, actor: Actor) -> list[Waiting]:
    """The declarations that are to be confirmed, for those who may answer."""
    if not allowed(actor, "declaration.answer") or actor.delegate:
        return []
    where = {"operator_id": actor.operator_id, "state": "open"}
    rows = await Confirmation.raw().find(where).sort("due", 1).limit(MOST).to_list(None)
    found = [Confirmation.model_validate(row) for row in rows]
    return [_timed(site, "declaration", each.due, confirmation=each) for each in found]


async def _notices(site: Site, actor: Actor) -> list[Waiting]:
    """The notices the reader still has to acknowledge."""
    found = await owed(actor, MOST)
    return [_timed(site, "notice", each.acknowledge_by, notice=each) for each in found]


async def _records(site: Site, actor: Actor) -> list[Waiting]:
    """The records whose lifecycles wait for the operator."""
    if not allowed(actor, "record.view_own"):
        return []
    return [_timed(site, "record", each.due, record=each) for each in await own_lines(site, actor, MOST)]


async def _reviews(site: Site, actor: Actor) -> list[Waiting]:
    """The reviews of accounts that are not done yet, for those who decide in them."""
    if not allowed(actor, "review.decide_own"):
        return []
    found = await waiting_rounds(actor)
    return [_review(site, each) for each in found[:MOST]]


def _review(site: Site, review: Recertification) -> Waiting:
    until, today = date.fromisoformat(review.due), site.today()
    working = site.calendar.business_days(today, until)
    return Waiting("review", until, (until - today).days, working, review=review)


async def _invitations(site: Site, actor: Actor) -> list[Waiting]:
    """Users who have not set their password yet, for those who may issue them."""
    if not allowed(actor, "account.view_own"):
        return []
    where = {"operator_id": actor.operator_id, "status": "invited"}
    found = await Account.find(where).sort("login").limit(MOST).to_list()
    ends = await _links_end(found)
    return [_timed(site, "invitation", ends[each.id], account=each) for each in found]


async def _links_end(invited: Sequence[Account]) -> Mapping[Any, datetime]:
    """When the last link mailed to each of these people ends; for one whose links are removed already, when
    the first did."""
    if not invited:
        return {}
    ends = {each.id: each.created_at + LIFETIMES["set_password"] for each in invited}
    where = {"account_id": {"$in": list(ends)}, "purpose": "set_password", "used_at": None}
    links = Link.raw().find(where, {"account_id": 1, "ends_at": 1}).sort("ends_at", 1)
    return {**ends, **{row["account_id"]: row["ends_at"] async for row in links}}


async def counted(site: Site, actor: Actor) -> dict[Group, int]:
    """How many applications the operator has in each group, none counted further than COUNT_LIMIT."""
    _require(actor)
    wheres = [{**_own(actor), "state": {"$in": states_in(site, group)}} for group in GROUPS[1:]]
    return dict(zip(GROUPS[1:], await count_rows(Application.raw(), wheres, COUNT_LIMIT), strict=True))


async def applications(
    site: Site,
    actor: Actor,
    group: Group = "all",
    text: str = "",
    *,
    after: str = "",
    before: str = "",
    limit: int = PAGE,
) -> Page:
    """A page of the operator's applications, the one changed last first; `text` is looked for in reference
    and title. `after` and `before` are places of another page. Raises NotAllowed, SearchTooWide."""
    _require(actor)
    where: dict[str, Any] = {**_own(actor), **await searched(text)}
    if group != "all":
        where["state"] = {"$in": states_in(site, group)}
    place, back = read_place(after or before, NEWEST), bool(before)
    rows = await read_rows(
        Application.raw(), where, NEWEST, BRIEF, limit + 1, place, back=back and place is not None
    )
    more = len(rows) > limit
    kept = (rows[1:] if back else rows[:limit]) if more else rows
    earlier, later = (more, True) if back and place else (place is not None, more)
    found = [Application.model_validate(row) for row in kept]
    return Page(found, _token(kept[:1], earlier), _token(kept[-1:], later))


async def newest(site: Site, actor: Actor, group: Group, limit: int) -> list[Application]:
    """The operator's applications of a group that changed last, in one question. Raises NotAllowed."""
    _require(actor)
    where = {**_own(actor), "state": {"$in": states_in(site, group)}}
    rows = Application.raw().find(where, BRIEF).sort([("updated_at", -1), ("_id", -1)]).limit(limit)
    return [Application.model_validate(row) async for row in rows]


async def about(site: Site, actor: Actor, record_id: Id) -> list[Application]:
    """The operator's applications about one record, the one changed last first (at most MOST). Raises
    NotAllowed."""
    _require(actor)
    where = {**_own(actor), "record_id": record_id}
    rows = Application.raw().find(where, BRIEF).sort([("updated_at", -1), ("_id", -1)]).limit(MOST)
    return [Application.model_validate(row) async for row in rows]


async def sent(site: Site, actor: Actor, type_name: str, text: str, limit: int) -> list[Application]:
    """The operator's applications for a registration of a type that were sent, the one changed last first;
    `text` is looked for in reference and title. Raises NotAllowed."""
    _require(actor)
    where = {**_own(actor), "type": type_name, "kind": "register", "submitted_at": {"$ne": None}}
    found = Application.raw().find({**where, **await searched(text)}, BRIEF, max_time_ms=PATIENCE)
    rows = found.sort([("updated_at", -1), ("_id", -1)]).limit(limit)
    return [Application.model_validate(row) async for row in rows]


def _token(rows: Sequence[Mapping[str, Any]], wanted: bool) -> str:
    """The place of a row, "" where nothing lies beyond it."""
    return place_of(rows[0], NEWEST).token if rows and wanted else ""
