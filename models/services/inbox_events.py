"""What is put into inboxes when something happens: a table from the recorded event to what is told, to whom,
and what it settles. It is written with the event, in the transaction of its cause."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.documents.account import Account
from models.documents.base import new_id
from models.documents.certificate import Certificate
from models.documents.declaration import Confirmation
from models.documents.job import Job
from models.documents.loss import LossReport
from models.documents.request import Request
from models.documents.store import Session
from models.permissions import Actor
from models.services import inbox_readers
from models.services.inbox_kinds import KINDS
from models.services.inbox_notices import ACKNOWLEDGED, acknowledged, cause_of_notice
from models.services.inbox_records import follow_record
from models.services.inbox_steps import STEPS, follow_step
from models.services.inbox_writing import Told, cause_of, settle, tell
from models.services.roles import ADMINISTRATOR
from models.services.site import Happened, Site

Whom = Callable[[Site, Happened, str], Awaitable[Sequence[Actor]]]
"""Who is told of an event: accounts that may see it by the permission named."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event tells: a kind of item, and to whom."""

    kind: str
    whom: Whom


async def follow(site: Site, happened: Happened, session: Session) -> None:
    """Put what the event tells into inboxes, and settle what it settles."""
    if happened.action in STEPS or _is_step(happened):
        await follow_step(site, happened.actor, happened.action, happened.subject, happened.details, session)
    await follow_record(site, happened, session)
    if happened.action == ACKNOWLEDGED:
        await acknowledged(site, happened, session)
    if causes := [cause(happened) for cause in SETTLED.get(happened.action, ())]:
        await settle(site, causes, session)
    for rule in TOLD.get(happened.action, ()):
        await _tell(site, rule, happened, session)


def _is_step(happened: Happened) -> bool:
    return happened.subject.kind == "application" and "to" in happened.details


async def _tell(site: Site, rule: Rule, happened: Happened, session: Session) -> None:
    kind = KINDS[rule.kind]
    found = await rule.whom(site, happened, kind.needs)
    readers = [actor.account_id for actor in found if _is_told(actor, happened)]
    if readers:
        told = await _told(site, rule.kind, happened)
        await tell(site, told, [reader for reader in readers if reader is not None], session)


def _is_told(actor: Actor, happened: Happened) -> bool:
    """Nobody is told what they did, or of what became of their own account: that is a mail's."""
    own = happened.subject.kind == "account" and happened.subject.id == actor.account_id
    return actor.account_id != happened.actor.account_id and not own


async def _told(site: Site, name: str, happened: Happened) -> Told:
    subject = happened.subject
    cause = CAUSES.get(name, _sided(KINDS[name].side))(happened)
    counts = {key: happened.details[key] for key in ("count", "job") if key in happened.details}
    return Told(
        kind=name,
        key=f"{name}:{subject.id}:{new_id()}",
        cause=cause,
        subject=subject,
        type=subject.label if subject.kind == "record_type" else "",
        operator_id=happened.operator_id,
        values={**counts, **_imported(happened)},
        due=await _due(happened),
    )


def _imported(happened: Happened) -> dict[str, Any]:
    return {"count": happened.details.get("done", 0)} if happened.action == "records.imported" else {}


async def _due(happened: Happened) -> Any:
    """The moment by which it is over, where what is told has one."""
    model, path = DUES.get(happened.subject.kind, (None, ""))
    if model is None:
        return None
    row = await model.raw().find_one({"_id": happened.subject.id}, {path: 1})
    return row.get(path) if row else None


DUES: Mapping[str, tuple[Any, str]] = {
    "certificate": (Certificate, "not_after"),
    "declaration": (Confirmation, "due"),
}

# --- whom ---------------------------------------------------------------------------------------------------


async def _administrators(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    return await inbox_readers.of_operator(site, happened.operator_id, needs)


async def _reporters(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    """An operator's administrators, and who made the report."""
    row = await LossReport.raw().find_one({"_id": happened.subject.id}, {"reporter.id": 1})
    reporter = (row or {}).get("reporter", {}).get("id")
    return await inbox_readers.of_operator(site, happened.operator_id, needs, reporter)


async def _holders(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    return await inbox_readers.holders(site, needs)


async def _of_losses(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    """The staff to whom the site sends reports of losses."""
    roles = list(site.configuration.site.losses.to)
    return await inbox_readers.readers(site, {"kind": "staff", "roles": {"$in": roles}}, needs)


async def _requester(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    """Who asked for a job; operators' files are told where they are made."""
    row = await Job.raw().find_one({"_id": happened.subject.id}, {"requester": 1, "operator_id": 1})
    if row is None or row.get("operator_id") is not None:
        return []
    return await inbox_readers.one(site, (row.get("requester") or {}).get("id"), needs)


async def _asker(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    row = await Request.raw().find_one({"_id": happened.subject.id}, {"by.id": 1})
    return await inbox_readers.one(site, (row or {}).get("by", {}).get("id"), needs)


def _only(kind: str, among: Whom) -> Whom:
    """`among`, where the one who acted is of the other side: ``staff`` or ``operator``."""

    async def whom(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
        return await among(site, happened, needs) if happened.actor.kind == kind else []

    return whom


def _locked(of_staff: bool) -> Whom:
    """Those who can unlock an account of the staff, or of an operator."""

    async def whom(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
        if (happened.operator_id is None) is not of_staff:
            return []
        return await (_holders if of_staff else _administrators)(site, happened, needs)

    return whom


async def _last_resort(site: Site, happened: Happened, needs: str) -> Sequence[Actor]:
    """The staff, where nobody of the operator's can help: for its administrator, and for their own."""
    row = await Account.raw().find_one({"_id": happened.subject.id}, {"kind": 1, "roles": 1})
    alone = row is not None and (row["kind"] == "staff" or ADMINISTRATOR in row["roles"])
    return await _holders(site, happened, needs) if alone else []


# --- causes -------------------------------------------------------------------------------------------------

Cause = Callable[[Happened], str]


def _sided(side: str) -> Cause:
    return lambda happened: cause_of(happened.subject, side)


def _of_certificates(happened: Happened) -> str:
    """An operator is warned of one certificate, and another in its place settles it."""
    return f"certificates:{happened.operator_id}"


def _of_declaration(happened: Happened) -> str:
    return f"declaration:{happened.operator_id}:{happened.subject.label}"


def _of_notice(happened: Happened) -> str:
    return cause_of_notice(happened.subject.id)


def _of_alarm(happened: Happened) -> str:
    return f"mail:{happened.subject.label}"


def _of_change(happened: Happened) -> str:
    """A change of a record type by its reference, which the event of the version it became names too."""
    return f"schema_change:{happened.details.get('change') or happened.subject.label}"


def _of_address(happened: Happened) -> str:
    return f"address:{happened.subject.id}"


CAUSES: Mapping[str, Cause] = {
    "unreachable": _of_address,
    "user_unreachable": _of_address,
    "schema_proposed": _of_change,
    "mail_failed": _of_alarm,
    "certificate_ends": _of_certificates,
    "declaration_asked": _of_declaration,
}
"""Causes that are not simply the subject of the event and the side that is told."""

TOLD: Mapping[str, tuple[Rule, ...]] = {
    "certificate.reminded": (Rule("certificate_ends", _administrators),),
    "certificate.suspended": (Rule("certificate_stopped", _only("staff", _administrators)),),
    "certificate.revoked": (Rule("certificate_stopped", _only("staff", _administrators)),),
    "account.issued": (Rule("user_issued", _administrators),),
    "account.locked": (
        Rule("user_locked", _locked(of_staff=False)),
        Rule("staff_locked", _locked(of_staff=True)),
    ),
    "account.unreachable": (
        Rule("user_unreachable", _administrators),
        Rule("unreachable", _last_resort),
    ),
    "declaration.asked": (Rule("declaration_asked", _administrators),),
    "declaration.declined": (Rule("declined", _holders),),
    "loss.reported": (Rule("loss_reported", _of_losses),),
    "loss.reopened": (Rule("loss_reported", _of_losses),),
    "loss.message_posted": (
        Rule("loss_answered", _only("staff", _reporters)),
        Rule("loss_replied", _only("operator", _of_losses)),
    ),
    "loss.closed": (Rule("loss_closed", _reporters),),
    "schema.proposed": (Rule("schema_proposed", _holders),),
    "terms.proposed": (Rule("terms_proposed", _holders),),
    "records.imported": (Rule("brought_in", _requester),),
    "records.written": (Rule("file_ready", _requester),),
    "secret.unusual": (Rule("many_secrets", _holders),),
    "mail.alarm": (Rule("mail_failed", _holders),),
    "request.overdue": (Rule("request_overdue", _asker),),
}
"""What is told when an event of this name is recorded; steps of applications are told by ``inbox_steps``."""

_STAFF, _OPERATOR = _sided("staff"), _sided("operator")

SETTLED: Mapping[str, tuple[Cause, ...]] = {
    **dict.fromkeys(
        ("certificate.registered", "certificate.bound", "certificate.retired"), (_of_certificates,)
    ),
    **dict.fromkeys(("account.reachable", "account.address_changed"), (_of_address,)),
    **dict.fromkeys(("account.unlocked", "account.reissued", "account.removed"), (_STAFF, _OPERATOR)),
    **dict.fromkeys(
        (
            "declaration.confirmed",
            "declaration.declined",
            "declaration.withdrawn",
            "declaration.ask_withdrawn",
        ),
        (_of_declaration,),
    ),
    **dict.fromkeys(("loss.closed", "loss.confirmed", "loss.denied"), (_STAFF, _OPERATOR)),
    "loss.message_posted": (_STAFF, _OPERATOR),
    **dict.fromkeys(
        ("schema.approved", "schema.rejected", "schema.withdrawn", "schema.published"), (_of_change,)
    ),
    **dict.fromkeys(("terms.published", "terms.handed_back"), (_STAFF,)),
    **dict.fromkeys(
        ("publication.published", "publication.withdrawn", "publication.archived"), (_of_notice,)
    ),
    "mail.alarm_over": (_of_alarm,),
}
"""What is settled when an event of this name is recorded, before anything is told of it."""
