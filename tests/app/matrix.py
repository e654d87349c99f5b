"""Who may pass which door: a row for every method of every route, by the permission table or in words of its
own. A route without a row fails ``tests/app/test_matrix.py``."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.app.routes import Door

ANYBODY = "anybody"
"""No permission: public pages, the sign-in page, the choice of language."""

OWN = "own"
"""Who holds the application, by account or by this browser; to others it does not exist."""

SIGNED_IN = "signed in"
"""Somebody whose session there is to end."""

IMPORT = "record.import application.import"
TRANSFER = f"record.export job.view {IMPORT}"

NOBODY = "nobody"
"""A door that is shut to everybody."""


class Row(NamedTuple):
    """One door: the permission it asks (one of several), and whether more decides: the workflow, row rules,
    what is there."""

    permission: str
    further: bool = False


def _lists(key: str, permission: str, export: str = NOBODY) -> dict[str, Row]:
    """The rows of one list of the admin."""
    return {
        f"GET /admin/{key}/list": Row(permission),
        f"GET /admin/{key}/detail": Row(permission, further=True),
        f"POST /admin/{key}/export": Row(export),
    }


PUBLIC: Mapping[str, Row] = {
    **{
        f"GET {path}": Row(ANYBODY, further=True)
        for path in (
            "/",
            "/terms",
            "/terms/history",
            "/terms/{version}",
            "/terms/{version}/changes",
            "/notices",
            "/notices.atom",
            "/notices/{id}",
            "/notices/{id}/files/{file}",
            "/environment",
            "/accessibility",
            "/windows",
            "/windows.ics",
            "/calendars/{token}.ics",
            "/service",
            "/service.json",
            "/status",
            "/login",
            "/login/code",
            "/login/forgotten",
        )
    },
    **{
        door: Row(ANYBODY, further=True)
        for door in (
            "POST /status",
            "POST /environment",
            "POST /language",
            "POST /login",
            "POST /login/code",
            "POST /login/forgotten",
            "GET /apply/{record_type}",
            "POST /apply/{record_type}",
            "GET /certificate",
            "POST /certificate",
            "GET /links/{token}",
            "POST /links/{token}",
            "GET /static",
            "GET /healthz",
            "GET /readyz",
        )
    },
    "POST /logout": Row(SIGNED_IN, further=True),
    **{
        f"{method} /applications/{{reference}}{rest}": Row(OWN, further=True)
        for method in ("GET", "POST")
        for rest in ("/renew", "/pages/{page}", "/check", "/save", "/upgrade", "/withdraw", "/again")
    },
    **{
        f"{method} /applications/{{reference}}/pages/{{page}}/{{table}}/{{row}}": Row(OWN, further=True)
        for method in ("GET", "POST")
    },
    "GET /applications/{reference}": Row(OWN, further=True),
    **{
        f"GET /applications/{{reference}}{rest}": Row(OWN, further=True)
        for rest in ("/copy", "/copy/{ending}", "/mails")
    },
    **{
        f"{method} /applications/{{reference}}/secrets": Row("secret.reveal_own", further=True)
        for method in ("GET", "POST")
    },
    **{
        f"{method} /portal/{{record_type}}/{{number}}/secrets": Row("secret.reveal_own", further=True)
        for method in ("GET", "POST")
    },
    "GET /portal/secrets": Row("secret.view_looks"),
    "GET /portal/mails": Row("message.view_own portal.enter"),
    "POST /applications/{reference}/consents/{step}": Row(OWN, further=True),
    "POST /applications/{reference}/discard": Row(OWN, further=True),
    "GET /applications/{reference}/files/{id}": Row(OWN, further=True),
    "GET /portal": Row("portal.enter"),
    "GET /portal/windows.ics": Row("portal.enter"),
    "GET /portal/terms": Row("portal.enter"),
    "POST /portal/terms": Row("portal.enter", further=True),
    "POST /portal/terms/told": Row("portal.enter", further=True),
    "GET /portal/declarations": Row("declaration.view_own"),
    "GET /portal/declarations/{name}": Row("declaration.view_own", further=True),
    "POST /portal/declarations/{name}": Row("declaration.answer", further=True),
    "GET /confirm": Row("portal.enter admin.enter", further=True),
    "POST /confirm": Row("portal.enter admin.enter", further=True),
    "GET /portal/account": Row("portal.enter"),
    "GET /portal/account/codes": Row("portal.enter"),
    **{
        f"POST /portal/account{path}": Row("portal.enter", further=True)
        for path in (
            *("/password", "/address", "/sessions", "/language", "/mails", "/calendar"),
            *("/codes", "/codes/confirm", "/codes/recovery", "/codes/remove"),
        )
    },
    "GET /portal/users": Row("account.view_own"),
    "POST /portal/users": Row("account.issue", further=True),
    "POST /portal/users/invite": Row("account.issue", further=True),
    "GET /portal/users/list.csv": Row("account.view_own"),
    "GET /portal/users/{login}": Row("account.view_own", further=True),
    "POST /portal/users/{login}/{act}": Row("account.change_own", further=True),
    "GET /portal/delegates": Row("delegate.view_own"),
    "POST /portal/delegates": Row("delegate.manage_own", further=True),
    "GET /portal/reviews": Row("review.view_own"),
    "GET /portal/reviews/{id}": Row("review.view_own", further=True),
    "POST /portal/reviews/{id}": Row("review.decide_own", further=True),
    "GET /portal/applications": Row("portal.enter"),
    "GET /portal/inbox": Row("portal.enter"),
    "GET /portal/inbox/{id}": Row("portal.enter", further=True),
    "POST /portal/inbox/read": Row("portal.enter"),
    "GET /portal/certificates": Row("certificate.view_own"),
    "GET /portal/certificates/new": Row("certificate.register_own", further=True),
    "POST /portal/certificates/new": Row("certificate.register_own", further=True),
    "GET /portal/certificates/{id}": Row("certificate.register_own", further=True),
    "POST /portal/certificates/{id}": Row("certificate.register_own", further=True),
    "POST /portal/certificates/{id}/retire": Row("certificate.register_own", further=True),
    "GET /portal/duties": Row("portal.enter"),
    "GET /portal/duties/calendar": Row("portal.enter"),
    "POST /portal/duties/{record_type}/{duty}": Row("portal.enter", further=True),
    "GET /portal/asked/{reference}": Row("portal.enter", further=True),
    "POST /portal/asked/{reference}": Row("portal.enter", further=True),
    "POST /portal/asked/{reference}/last": Row("portal.enter", further=True),
    "GET /portal/losses": Row("loss.view_own"),
    "GET /portal/losses/new": Row("loss.report", further=True),
    "POST /portal/losses/new": Row("loss.report", further=True),
    "GET /portal/losses/{number}": Row("loss.view_own", further=True),
    "POST /portal/losses/{number}": Row("loss.view_own", further=True),
    "GET /losses/new": Row(ANYBODY, further=True),
    "POST /losses/new": Row(ANYBODY, further=True),
    "GET /portal/downloads/{id}": Row("record.export_own", further=True),
    "GET /portal/downloads/{id}/file": Row("record.export_own", further=True),
    "POST /portal/{record_type}/download": Row("record.export_own", further=True),
    "GET /portal/{record_type}/copy": Row("portal.enter", further=True),
    "POST /portal/{record_type}/copy": Row("portal.enter", further=True),
    **{
        door: Row("portal.enter", further=True)
        for door in (
            "GET /portal/{record_type}/{number}/print",
            "GET /portal/{record_type}/{number}/steps/{step}",
            "POST /portal/{record_type}/{number}/steps/{step}",
            "POST /portal/{record_type}/{number}/consents/{step}",
            "POST /portal/{record_type}/{number}/leads/{index}",
        )
    },
    "GET /portal/{record_type}/{number}/history": Row("portal.enter", further=True),
    "GET /portal/{record_type}/{number}/files/{id}": Row("portal.enter", further=True),
    "GET /portal/notices": Row("portal.enter"),
    "GET /portal/notices/{id}": Row("portal.enter", further=True),
    "GET /portal/notices/{id}/files/{file}": Row("portal.enter", further=True),
    "POST /portal/notices/{id}/acknowledge": Row("portal.enter", further=True),
    "POST /notices/{id}/acknowledge": Row("notice.view_operators", further=True),
    **{
        f"{door[0]} /portal/{{record_type}}/bulk{door[1]}": Row("application.import_own", further=True)
        for door in (
            *(("GET", path) for path in ("", "/files/{name}", "/{id}", "/{id}/errors", "/{id}/result")),
            *(("POST", path) for path in ("", "/{id}/apply", "/{id}/cancel", "/{id}/check", "/{id}/resume")),
        )
    },
    "GET /portal/{record_type}": Row("portal.enter", further=True),
    "GET /portal/{record_type}/new": Row("portal.enter", further=True),
    "GET /portal/{record_type}/{number}": Row("portal.enter", further=True),
    "GET /portal/{record_type}/{number}/{kind:str}": Row("portal.enter", further=True),
    "POST /portal/{record_type}/{number}/{kind:str}": Row("portal.enter", further=True),
}

ADMIN: Mapping[str, Row] = {
    "GET /admin/login": Row(ANYBODY, further=True),
    "POST /admin/login": Row(ANYBODY, further=True),
    **{
        f"{method} /admin/login/{step}": Row(ANYBODY, further=True)
        for method in ("GET", "POST")
        for step in ("code", "enrol")
    },
    "GET /admin/confirm": Row("admin.enter", further=True),
    "POST /admin/confirm": Row("admin.enter", further=True),
    "GET /admin/inbox": Row("admin.enter"),
    "GET /admin/inbox/{id}": Row("admin.enter", further=True),
    "POST /admin/inbox/read": Row("admin.enter"),
    "GET /admin/account": Row("admin.enter"),
    "GET /admin/account/codes": Row("admin.enter"),
    **{
        f"POST /admin/account{path}": Row("admin.enter", further=True)
        for path in (
            *("/password", "/address", "/sessions", "/language", "/mails", "/calendar"),
            *("/codes", "/codes/confirm", "/codes/recovery", "/codes/remove"),
        )
    },
    "POST /admin/account/codes/reset/{id}": Row("code.reset", further=True),
    "POST /admin/logout": Row(SIGNED_IN, further=True),
    "GET /admin/static": Row(ANYBODY, further=True),
    "POST /admin/language": Row(ANYBODY, further=True),
    "POST /admin/theme": Row(ANYBODY, further=True),
    "GET /admin/": Row("admin.enter"),
    "GET /admin/queue": Row("application.view"),
    "GET /admin/queue/{reference}/assign": Row("application.view", further=True),
    **{
        f"POST /admin/queue{path}": Row("application.view", further=True)
        for path in ("/bulk", "/bulk/take", "/{reference}/assign", "/{reference}/claim")
    },
    "GET /admin/filters": Row("admin.enter", further=True),
    "GET /admin/views": Row("admin.enter"),
    "GET /admin/views/new": Row("admin.enter", further=True),
    "GET /admin/views/{id}/change": Row("admin.enter", further=True),
    **{
        f"POST /admin/views{path}": Row("admin.enter", further=True)
        for path in ("", "/{id}/change", "/{id}/remove")
    },
    "POST /admin/queue/next": Row("application.view", further=True),
    "GET /admin/applications": Row("application.view"),
    "GET /admin/applications/{reference}": Row("application.view"),
    **{
        f"{method} /admin/secrets/of/{rest}": Row("secret.reveal", further=True)
        for method in ("GET", "POST")
        for rest in ("records/{type}/{id}", "applications/{reference}")
    },
    "GET /admin/secrets/of": Row("secret.reveal", further=True),
    "GET /admin/secrets": Row("secret.view_keys"),
    "POST /admin/secrets/rotate": Row("secret.rotate", further=True),
    "GET /admin/applications/{reference}/files/{identifier}/about": Row("application.view", further=True),
    "POST /admin/applications/{reference}/look": Row("application.view", further=True),
    "POST /admin/applications/{reference}/preview/{step}": Row("application.view", further=True),
    "POST /admin/applications/{reference}/rebase": Row("application.rebase", further=True),
    "POST /admin/applications/{reference}/comments": Row("application.comment", further=True),
    "POST /admin/applications/{reference}/comments/{identifier}/{act}": Row(
        "application.comment", further=True
    ),
    "POST /admin/applications/{reference}/steps/{step}": Row("application.view", further=True),
    "POST /admin/applications/{reference}/consents/{step}/{party}/{act}": Row(
        "application.view", further=True
    ),
    "GET /admin/applications/{reference}/files/{identifier}": Row("application.view", further=True),
    **_lists("{type}", "record.view", "record.export"),
    "GET /admin/{type}/export": Row("record.export"),
    **{
        f"GET /admin/{{type}}/{page}": Row("record.view", further=True)
        for page in ("file", "history", "related", "step", "print")
    },
    **{
        f"POST /admin/{{type}}/{act}": Row("record.view", further=True) for act in ("step", "consent", "lead")
    },
    "GET /admin/steps": Row("record.view"),
    **{
        f"{method} /admin/steps/{{reference}}/{part}": Row("record.view", further=True)
        for part in ("check", "pages/{page}")
        for method in ("GET", "POST")
    },
    "GET /admin/steps/{reference}": Row("record.view", further=True),
    "GET /admin/steps/{reference}/save": Row("record.view", further=True),
    "POST /admin/steps/{reference}/discard": Row("record.view", further=True),
    "POST /admin/steps/{reference}/withdraw": Row("record.view", further=True),
    "GET /admin/disclosures": Row("disclosure.view"),
    "GET /admin/periods": Row("calendar.view"),
    "GET /admin/waiting": Row("record.view"),
    "GET /admin/waiting/file": Row("record.export"),
    "GET /admin/requests": Row("request.view"),
    "GET /admin/duties": Row("request.view"),
    "GET /admin/duties/file": Row("request.view"),
    "GET /admin/duties/of/{number}": Row("request.view", further=True),
    "POST /admin/duties/of/{number}/{type}/{duty}/ask": Row("request.make", further=True),
    "GET /admin/requests/{identifier}": Row("request.view", further=True),
    "GET /admin/requests/{identifier}/file": Row("request.view", further=True),
    "POST /admin/requests/{identifier}/close": Row("request.make", further=True),
    "GET /admin/requests/about/{reference}": Row("request.view", further=True),
    "POST /admin/requests/about/{reference}": Row("request.make", further=True),
    "POST /admin/requests/about/{reference}/due": Row("request.make", further=True),
    "GET /admin/requests/new/{type}": Row("request.make", further=True),
    "POST /admin/requests/new/{type}": Row("request.make", further=True),
    "GET /admin/cases": Row("application.begin_case"),
    **{
        f"{method} /admin/cases{path}": Row("application.begin_case", further=True)
        for path in ("/new/{type}", "/{reference}/check", "/{reference}/pages/{page}")
        for method in ("GET", "POST")
    },
    "GET /admin/cases/{reference}": Row("application.begin_case", further=True),
    "GET /admin/cases/{reference}/save": Row("application.begin_case", further=True),
    "POST /admin/cases/{reference}/discard": Row("application.begin_case", further=True),
    "POST /admin/cases/{reference}/withdraw": Row("application.begin_case", further=True),
    "GET /admin/corrections": Row("record.correct"),
    **{
        f"{method} /admin/corrections{path}": Row("record.correct", further=True)
        for path in ("/of/{type}/{pk}", "/{reference}/check", "/{reference}/pages/{page}")
        for method in ("GET", "POST")
    },
    "GET /admin/corrections/{reference}": Row("record.correct", further=True),
    "GET /admin/corrections/{reference}/save": Row("record.correct", further=True),
    "POST /admin/corrections/{reference}/discard": Row("record.correct", further=True),
    "POST /admin/corrections/{reference}/withdraw": Row("record.correct", further=True),
    "GET /admin/transfers": Row(TRANSFER, further=True),
    "GET /admin/transfers/import/new": Row(IMPORT, further=True),
    "POST /admin/transfers/import/new": Row(IMPORT, further=True),
    **{
        f"GET /admin/transfers/{{id}}{path}": Row(TRANSFER, further=True) for path in ("", "/errors", "/file")
    },
    **{
        f"POST /admin/transfers/{{id}}/{act}": Row(TRANSFER, further=True)
        for act in ("apply", "cancel", "check", "resume")
    },
    **_lists("events", "event.view", "event.view"),
    "GET /admin/notices": Row("notice.follow"),
    **{
        f"GET /admin/notices/{rest}": Row("notice.follow", further=True)
        for rest in (
            *("{id}", "{id}/steps/{step}", "{id}/audience", "{id}/compare", "drafts/{reference}"),
            *("{id}/editions/{edition}", "{id}/editions/{edition}/ledger"),
        )
    },
    "POST /admin/notices/{id}/steps/{step}": Row("notice.follow", further=True),
    "GET /admin/notices/{id}/audience/file": Row("notice.follow", further=True),
    "GET /admin/notices/{id}/editions/{edition}/ledger/file": Row("notice.follow", further=True),
    "POST /admin/notices/{id}/editions/{edition}/again": Row("notice.follow", further=True),
    "POST /admin/notices/{id}/editions/{edition}/remind": Row("notice.follow", further=True),
    "POST /admin/notices/{id}/editions/{edition}/lines/{line}": Row("notice.follow", further=True),
    **_lists("messages", "message.view"),
    "POST /admin/messages/{id}/retry": Row("message.retry", further=True),
    "POST /admin/messages/{id}/abort": Row("message.abort", further=True),
    "POST /admin/messages/failed/retry": Row("message.retry", further=True),
    "POST /admin/messages/failed/abort": Row("message.abort", further=True),
    **_lists("dead_addresses", "address.view"),
    "POST /admin/dead_addresses/{id}/put-right": Row("address.put_right", further=True),
    **_lists("bounces", "address.view"),
    **_lists("accounts", "account.view"),
    **_lists("certificates", "certificate.view"),
    "GET /admin/register": Row("certificate.manage", further=True),
    "POST /admin/register": Row("certificate.manage", further=True),
    "GET /admin/register/{id}": Row("certificate.view", further=True),
    "POST /admin/register/{id}/{deed}": Row("certificate.manage", further=True),
    "GET /admin/losses": Row("loss.view"),
    "GET /admin/losses/{number}": Row("loss.view", further=True),
    "POST /admin/losses/{number}/{deed}": Row("loss.handle", further=True),
    **_lists("jobs", "admin.enter"),
    "POST /admin/jobs/{id}/cancel": Row("admin.enter", further=True),
    "POST /admin/jobs/{id}/resume": Row("admin.enter", further=True),
    **_lists("terms", "terms.view"),
    "GET /admin/terms/versions": Row("terms.draft terms.publish"),
    "POST /admin/terms/versions": Row("terms.draft", further=True),
    "GET /admin/terms/versions/{id}": Row("terms.draft terms.publish", further=True),
    "POST /admin/terms/versions/{id}": Row("terms.draft", further=True),
    "POST /admin/terms/versions/{id}/{deed}": Row("terms.draft terms.publish", further=True),
    "GET /admin/mailings": Row("terms.mailing"),
    "GET /admin/mailings/{id}": Row("terms.mailing", further=True),
    "POST /admin/mailings/{id}/again": Row("terms.mailing", further=True),
    "POST /admin/mailings/{id}/lines/{line}": Row("terms.mailing", further=True),
    "GET /admin/mail_templates": Row("template.view"),
    "GET /admin/mail_templates/{name}": Row("template.view", further=True),
    "GET /admin/mail_templates/{name}/html": Row("template.view", further=True),
    "POST /admin/mail_templates/{name}/try": Row("template.try", further=True),
    "GET /admin/declarations": Row("declaration.view"),
    "GET /admin/declarations/ask": Row("declaration.ask"),
    "POST /admin/declarations/ask": Row("declaration.ask", further=True),
    "GET /admin/declarations/of/{operator}": Row("declaration.view", further=True),
    "POST /admin/declarations/of/{operator}/{name}": Row("declaration.record", further=True),
    "POST /admin/declarations/{id}/withdraw": Row("declaration.ask", further=True),
    "POST /admin/accounts/{id}/end": Row("session.end", further=True),
    **_lists("delegates", "account.view"),
    "GET /admin/people": Row("account.view"),
    "GET /admin/people/new": Row("account.issue_staff"),
    "POST /admin/people/new": Row("account.issue_staff", further=True),
    "GET /admin/people/list.csv": Row("account.export"),
    "GET /admin/people/{id}": Row("account.change", further=True),
    "POST /admin/people/{id}/{act}": Row("account.change", further=True),
    "GET /admin/reviews": Row("review.view"),
    "POST /admin/reviews": Row("review.begin", further=True),
    "GET /admin/reviews/{id}": Row("review.view", further=True),
    "POST /admin/reviews/{id}": Row("review.decide", further=True),
    "POST /admin/reviews/{id}/close": Row("review.begin", further=True),
    "POST /admin/events/verify": Row("event.view"),
    "GET /admin/calendar": Row("calendar.view"),
    "GET /admin/calendar/{day}": Row("calendar.view", further=True),
    "POST /admin/calendar/{day}": Row("calendar.edit", further=True),
    "POST /admin/calendar/{day}/clear": Row("calendar.edit", further=True),
    "GET /admin/stops": Row("stop.view"),
    "POST /admin/stops": Row("stop.set", further=True),
    "GET /admin/stops/{id}": Row("stop.view", further=True),
    "POST /admin/stops/{id}/change": Row("stop.set", further=True),
    "POST /admin/stops/{id}/end": Row("stop.set", further=True),
    "GET /admin/holds": Row("hold.view"),
    "POST /admin/holds": Row("hold.place", further=True),
    "GET /admin/holds/{id}": Row("hold.view", further=True),
    "POST /admin/holds/{id}/{deed}": Row("hold.lift", further=True),
    "GET /admin/retention": Row("retention.view"),
    "POST /admin/retention": Row("retention.run", further=True),
    "GET /admin/retention/{id}": Row("retention.view", further=True),
    "GET /admin/retention/{id}/report": Row("retention.view", further=True),
    "POST /admin/retention/{id}/{deed}": Row("retention.run retention.approve", further=True),
    "GET /admin/redactions": Row("redaction.view"),
    "GET /admin/redactions/of/{type}/{id}": Row("redaction.make", further=True),
    "POST /admin/redactions/of/{type}/{id}": Row("redaction.make", further=True),
    "GET /admin/redactions/{id}": Row("redaction.view", further=True),
    "POST /admin/redactions/{id}/reveal": Row("redaction.view", further=True),
    "POST /admin/redactions/{id}/restore": Row("redaction.make", further=True),
    "GET /admin/studio": Row("schema.view"),
    "GET /admin/studio/new": Row("schema.propose"),
    "POST /admin/studio/new": Row("schema.propose", further=True),
    "GET /admin/studio/types/{name}": Row("schema.view"),
    "GET /admin/studio/types/{name}/edit": Row("schema.propose"),
    "POST /admin/studio/types/{name}/edit": Row("schema.propose", further=True),
    "GET /admin/studio/types/{name}/versions/{version}": Row("schema.view"),
    "GET /admin/studio/types/{name}/rollback/{version}": Row("schema.approve", further=True),
    "POST /admin/studio/types/{name}/rollback/{version}": Row("schema.approve", further=True),
    "GET /admin/studio/proposals": Row("schema.view"),
    "GET /admin/studio/proposals/{reference}": Row("schema.view", further=True),
    "POST /admin/studio/proposals/{reference}/{deed}": Row("schema.view", further=True),
}

MATRIX: Mapping[str, Row] = {**PUBLIC, **ADMIN}
"""Every door with its row."""

GENERIC = ("/admin/{key}/", "/admin/_api/", "/admin/_files/")
"""Routes of the framework that serve any list: ``test_permissions`` tries them with every list."""


def key_of(door: Door, types: Iterable[str]) -> str:
    """The row of a door: record types are one row for all of them."""
    named = "|".join(sorted(types))
    return f"{door.method} {re.sub(rf'^/admin/(?:{named})/', '/admin/{type}/', door.template)}"


def without_rows(doors: Iterable[Door], types: Iterable[str], matrix: Mapping[str, Row] = MATRIX) -> set[str]:
    """The doors the matrix says nothing about."""
    known = list(types)
    own = (door for door in doors if not door.template.startswith(GENERIC))
    return {key_of(door, known) for door in own} - matrix.keys()
