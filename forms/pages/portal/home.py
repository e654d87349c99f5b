"""The first page of the portal: what waits, what can be done, where everything stands."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.rows import told, told_all
from forms.pages.visit import Visit, operator_visit, page
from forms.pages.windows import hours_of
from forms.pages.windows import told as told_period
from models.documents.declaration import Confirmation
from models.documents.record import Record
from models.language import Message
from models.permissions import allowed, may_use
from models.services import (
    agenda,
    applications,
    batches,
    confirmations,
    declarations,
    notices,
    submitting,
    windows,
)
from models.services.agenda import Waiting
from models.services.day_words import ends_with_day, until_words
from models.services.loss_mails import KINDS as LOSSES
from models.services.measures import time_left
from models.services.notices import Entry
from models.services.records_waiting import Line

RECENT = 5
"""Notices and applications on the first page."""

TITLES: Mapping[str, Message] = {
    "loss": Message("Follow the instructions about a loss or theft"),
    "record": Message("It is your turn"),
    "asked": Message("Answer what you are asked for"),
    "declaration": Message("Confirm a declaration"),
    "notice": Message("Confirm that you have read a notice"),
    "review": Message("Review who has an account"),
    "returned": Message("Correct and submit again"),
    "draft": Message("Finish and submit"),
    "certificate": Message("Renew the client certificate"),
    "invitation": Message("Invitation not accepted yet"),
}
ACTIONS: Mapping[str, Message] = {
    "loss": Message("Read the instructions"),
    "record": Message("Open and go on"),
    "asked": Message("Answer"),
    "declaration": Message("Answer"),
    "notice": Message("Read the notice"),
    "review": Message("See the accounts"),
    "returned": Message("Correct the answers"),
    "draft": Message("Go on"),
    "certificate": Message("See what to do"),
    "invitation": Message("See the users"),
}
READ, READ_RECORD = Message("See the application"), Message("See the registration")
"""What those do who may only read it."""

SEE = Message("See what changed")
CHANGED = Message("The registration has changed since you began")


async def show_portal(request: Request) -> Response:
    """What waits for me, what can be applied for, my applications, what is new."""
    visit = operator_visit(request)
    waiting = await agenda.agenda(visit.site, visit.actor)
    newest = await agenda.newest(visit.site, visit.actor, "review", RECENT)
    offered = applications.offered(visit.site, visit.actor)
    own = await applications.operator_of(visit.site, visit.actor.operator_id)
    context = {
        "waiting": [_line(visit, each) for each in waiting],
        "periods": [told_period(visit, term) for term in windows.upcoming(visit.site, visit.actor)],
        "hours": hours_of(visit),
        "counts": await agenda.counted(visit.site, visit.actor),
        "most": agenda.COUNT_LIMIT - 1,
        "applications": told_all(visit, newest),
        "own": own,
        "own_type": visit.site.registry.current(visit.site.configuration.site.operator_type).definition,
        "own_seen": own is not None and may_use(visit.actor, own.type),
        "own_state": _state_of(visit, own),
        "types": offered,
        "filings": submitting.filings(visit.site, offered),
        "brought": {kind.name for kind in offered if batches.kinds(visit.site, visit.actor, kind)},
        "news": await notices.newest(visit.actor, RECENT),
    }
    return page(visit, "portal", context)


def _state_of(visit: Visit, own: Record | None) -> Any:
    if own is None:
        return None
    lifecycle = visit.site.registry.current(own.type).definition.lifecycle
    return visit.site.lifecycles[lifecycle].shown_to("operator").states.get(own.lifecycle)


def _line(visit: Visit, each: Waiting) -> Mapping[str, Any]:
    """One thing that waits, with the one thing to do about it."""
    may = allowed(visit.actor, "record.act_own" if each.record else "application.write_own")
    reads = (each.application is not None or each.record is not None) and not may
    action = (READ_RECORD if each.record else READ) if reads else SEE if each.outdated else ACTIONS[each.sort]
    return {
        "sort": each.sort,
        "title": TITLES[each.sort](visit.language),
        "action": action(visit.language),
        "first": each.sort in ("loss", "record", "returned", "asked") and not reads,
        "note": CHANGED(visit.language) if each.outdated else "",
        "urgent": each.is_urgent,
        "until": each.until,
        "left": _left(each)(visit.language),
        "ends": "",
        **_about(visit, each),
    }


def _about(visit: Visit, each: Waiting) -> Mapping[str, Any]:
    """What it is about, in words, and where it is done."""
    if each.application is not None:
        row = told(visit, each.application)
        renews = each.outdated and allowed(visit.actor, "application.write_own")
        address = f"/applications/{each.application.reference}{'/renew' if renews else ''}"
        if each.sort == "asked":
            address = f"/portal/asked/{each.application.reference}"
        about = each.application.called(visit.language) or row["type_label"](visit.language)
        facts = [row["type_label"](visit.language), row["kind"](visit.language), each.application.reference]
        return {"about": about, "facts": " · ".join(facts), "address": address}
    if each.certificate is not None:
        serial = Message("Serial number {serial}", {"serial": each.certificate.serial})(visit.language)
        return {"about": each.certificate.subject, "facts": serial, "address": "/portal/certificates"}
    if each.confirmation is not None:
        return _about_declaration(visit, each.confirmation)
    if each.notice is not None:
        return _about_notice(visit, each.notice)
    if each.record is not None:
        return _about_record(visit, each.record)
    if each.review is not None:
        address = f"/portal/reviews/{each.review.id}"
        return {"about": Message("Accounts")(visit.language), "facts": each.review.note, "address": address}
    if each.loss is not None:
        kind = LOSSES[each.loss.kind](visit.language)
        return {"about": kind, "facts": each.loss.number, "address": f"/portal/losses/{each.loss.number}"}
    account = each.account
    name, login = (account.name, account.login) if account else ("", "")
    return {"about": name, "facts": login, "address": "/portal/users"}


def _about_record(visit: Visit, line: Line) -> Mapping[str, Any]:
    """A record whose turn it is; the time left is told to the minute unless its term ends with a day."""
    definition = visit.site.registry.current(line.type).definition
    states = visit.site.lifecycles[definition.lifecycle].shown_to("operator").states
    state = states[line.lifecycle].label(visit.language) if line.lifecycle in states else ""
    told = {
        "about": line.title,
        "facts": " · ".join((definition.label(visit.language), line.number, state)),
        "address": f"/portal/{line.type}/{quote(line.number, safe='')}",
    }
    if line.due is None or ends_with_day(visit.site, line.due):
        return told
    left = time_left(line.due, visit.site.now(), visit.language)
    return {**told, "left": left, "ends": until_words(visit.site, line.due, visit.language)}


def _about_notice(visit: Visit, notice: Entry) -> Mapping[str, Any]:
    facts = (notice.category_label(visit.language), notice.number)
    address = f"/portal/notices/{quote(notice.number or str(notice.id), safe='')}"
    return {
        "about": notice.title(visit.language),
        "facts": " · ".join(fact for fact in facts if fact),
        "address": address,
    }


def _about_declaration(visit: Visit, asked: Confirmation) -> Mapping[str, Any]:
    rule = declarations.rules(visit.site).get(asked.name)
    return {
        "about": rule.label(visit.language) if rule else asked.name,
        "facts": confirmations.reason_of(asked)(visit.language),
        "address": f"/portal/declarations/{asked.name}",
    }


def _left(each: Waiting) -> Message:
    """How much time is left, in words; business days where they are what counts."""
    if each.days is None or each.days < 0:
        return Message("The time is over.")
    if each.days == 0:
        return Message("Today is the last day.")
    if each.sort in agenda.FIRST:
        return Message("{count} business days left", {"count": each.working})
    return Message("{count} days left", {"count": each.days})
