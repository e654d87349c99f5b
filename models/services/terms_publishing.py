"""New versions of the terms in the hands of the staff: written, proposed, published by somebody else (R6)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.configuration.terms import VERSION, TermsText
from models.documents.base import Id, new_id
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.store import Session
from models.documents.terms import TermsVersion
from models.errors import AnswersInvalid, NotAllowed, NotFound, TermsMoved, TorokuError
from models.language import Message, Text
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.mailings import languages_missing, open_mailing
from models.services.site import Site
from models.services.terms import order_of, versions

LONGEST_BODY = 300_000
"""Characters of one version."""

LONGEST_LINE = 300
"""Characters of a title, and of what changed."""

LONGEST_NOTE = 1000
NAME = "system_terms"
"""What the set of terms is called where the configuration has none."""


@dataclass(frozen=True, slots=True)
class Written:
    """A version as somebody types it: dates are ``YYYY-MM-DD``, the body is Markdown."""

    version: str = ""
    title_ja: str = ""
    title_en: str = ""
    revised: str = ""
    effective_from: str = ""
    change_ja: str = ""
    change_en: str = ""
    body: str = ""


def beginning(site: Site) -> Written:
    """What a new version starts from: the newest there is."""
    newest = next(iter(versions(site)), None)
    today = site.today().isoformat()
    if newest is None:
        return Written("1.0", revised=today, effective_from=today)
    return Written(
        title_ja=newest.title.ja,
        title_en=newest.title.en,
        revised=today,
        effective_from=today,
        body=newest.body,
    )


def written(stored: TermsVersion) -> Written:
    """A stored version as its form shows it."""
    return Written(
        *(stored.version, stored.title.ja, stored.title.en, stored.revised, stored.effective_from),
        *(stored.change.ja, stored.change.en, stored.body),
    )


async def find_stored(actor: Actor, identifier: Id) -> TermsVersion:
    """One version, published or not. Raises NotAllowed, NotFound."""
    require(actor, "terms.view")
    found = await TermsVersion.get(identifier)
    if found is None:
        raise NotFound
    return found


async def begin(site: Site, actor: Actor, given: Written) -> Id:
    """Keep a first draft; its id. Raises NotAllowed, AnswersInvalid (paths as ``Written``)."""
    require(actor, "terms.draft")
    values = _checked(site, given)
    newest = next(iter(versions(site)), None)
    identity = new_id()
    facts = {"terms": newest.terms if newest else NAME, "state": "draft", "written_by": [actor.person]}
    draft = TermsVersion.model_validate(
        {"_id": identity, **facts, **values, "revision": 1, "updated_at": site.now()}
    )

    async def body(session: Session) -> None:
        await insert_or(_taken(given.version), draft, session)
        await _note(site, actor, "terms.drafted", draft, session)

    await site.store.transaction(body)
    return identity


def _taken(version: str) -> AnswersInvalid:
    said = Message("There is a version {version} already.", {"version": version.strip()})
    return AnswersInvalid((AnswerError("version", "unique", said),))


async def change(site: Site, actor: Actor, stored: TermsVersion, given: Written, *, revision: int) -> None:
    """Change a draft; who does so is among its writers from then on. `revision` is what was seen.

    Raises NotAllowed, AnswersInvalid, TermsMoved."""
    require(actor, "terms.draft")
    values = _checked(site, given)
    if stored.version != values["version"] and await TermsVersion.find_one(
        {"terms": stored.terms, "version": values["version"]}
    ):
        raise _taken(given.version)
    if all(person.id != actor.account_id for person in stored.written_by):
        values["written_by"] = [*(p.model_dump() for p in stored.written_by), actor.person.model_dump()]
    await _move(site, actor, stored, ("draft",), values, "terms.drafted", revision)


def _checked(site: Site, given: Written) -> dict[str, Any]:
    """What is kept of a version as typed. Raises AnswersInvalid."""
    errors = list(_wrong(given))
    if errors:
        raise AnswersInvalid(tuple(errors))
    body = given.body.replace("\r\n", "\n").strip() + "\n"
    return {
        "version": given.version.strip(),
        "title": {"ja": given.title_ja.strip(), "en": given.title_en.strip()},
        "revised": given.revised.strip(),
        "effective_from": given.effective_from.strip(),
        "change": {"ja": given.change_ja.strip(), "en": given.change_en.strip()},
        "body": body,
        "checksum": hashlib.sha256(body.encode()).hexdigest(),
    }


def _wrong(given: Written) -> Iterator[AnswerError]:
    if VERSION.fullmatch(given.version.strip()) is None:
        said = Message("Write a version like 2.0: digits, letters, dots and hyphens, at most 20.")
        yield AnswerError("version", "format", said)
    for name in ("title_ja", "change_ja"):
        if not getattr(given, name).strip():
            yield AnswerError(name, "required", Message("This is needed in Japanese."))
    for name in ("title_ja", "title_en", "change_ja", "change_en"):
        if len(getattr(given, name)) > LONGEST_LINE:
            said = Message("Write at most {limit} characters.", {"limit": LONGEST_LINE})
            yield AnswerError(name, "length", said)
    for name in ("revised", "effective_from"):
        if _day(getattr(given, name)) is None:
            yield AnswerError(name, "format", Message("Enter a day like 2026-04-01."))
    if not given.body.strip():
        yield AnswerError("body", "required", Message("Write the text."))
    if len(given.body) > LONGEST_BODY:
        said = Message("Write at most {limit} characters.", {"limit": f"{LONGEST_BODY:,}"})
        yield AnswerError("body", "length", said)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.isoformat() == text.strip() else None


def problems(site: Site, stored: TermsVersion) -> list[AnswerError]:
    """Why a version cannot be published today; empty where it can."""
    text, found = text_of(stored), []
    if text.effective_from < site.today():
        said = Message("Changed terms apply from today at the earliest; this day is over.")
        found.append(AnswerError("effective_from", "range", said))
    newest = next(iter(versions(site)), None)
    if newest is not None and order_of(text) <= order_of(newest):
        said = Message(
            "Version {version}, which applies from {day}, would stay the newest. Choose a later day or a "
            "higher number.",
            {"version": newest.version, "day": newest.effective_from.isoformat()},
        )
        found.append(AnswerError("effective_from", "order", said))
    if newest is not None and newest.body == stored.body:
        found.append(
            AnswerError("body", "same", Message("The text is the same as that of the newest version."))
        )
    if missing := languages_missing(site):
        said = Message(
            "The site has no mail “{name}” in {languages} to tell everybody of the change.",
            {"name": site.configuration.site.terms.mail, "languages": ", ".join(missing)},
        )
        found.append(AnswerError("", "mail", said))
    return found


def text_of(stored: TermsVersion) -> TermsText:
    """A stored version as the site shows it."""
    return TermsText.model_validate({name: getattr(stored, name) for name in TermsText.model_fields})


async def propose(site: Site, actor: Actor, stored: TermsVersion, *, revision: int) -> None:
    """Put a draft before a second person. Raises NotAllowed, AnswersInvalid where it could not be published,
    TermsMoved."""
    require(actor, "terms.draft")
    if found := problems(site, stored):
        raise AnswersInvalid(tuple(found))
    values = {"state": "proposed", "proposed_by": actor.person.model_dump(), "note": ""}
    await _move(site, actor, stored, ("draft",), values, "terms.proposed", revision)


def may_publish(actor: Actor, stored: TermsVersion) -> bool:
    """Whether this person may publish it: nobody whose words are in it, nor who proposed it."""
    try:
        _require_second(actor, stored)
    except TorokuError:
        return False
    return True


def _require_second(actor: Actor, stored: TermsVersion) -> None:
    require(actor, "terms.publish")
    own = {person.id for person in (*stored.written_by, stored.proposed_by) if person is not None}
    if actor.account_id is None or actor.account_id in own:
        raise NotAllowed("Who wrote or proposed a version cannot publish it.", rule="terms.publish")


async def publish(site: Site, actor: Actor, stored: TermsVersion, *, revision: int) -> None:
    """Publish a version somebody else wrote: it stands for ever, every process shows it within seconds, and
    everybody is mailed within the term (R8).

    Raises NotAllowed, AnswersInvalid where it cannot be published today, TermsMoved."""
    _require_second(actor, stored)
    if found := problems(site, stored):
        raise AnswersInvalid(tuple(found))
    values = {"state": "published", "published_by": actor.person.model_dump(), "published_at": site.now()}

    async def more(session: Session) -> None:
        await open_mailing(site, text_of(stored), session)

    await _move(site, actor, stored, ("proposed",), values, "terms.published", revision, more)
    await site.terms_board.refresh()


async def hand_back(site: Site, actor: Actor, stored: TermsVersion, note: str, *, revision: int) -> None:
    """Make a proposed version a draft again, with the reason. Raises NotAllowed, AnswersInvalid (path
    ``note``), TermsMoved."""
    require(actor, "terms.publish")
    if not 0 < len(note.strip()) <= LONGEST_NOTE:
        said = Message("Say why, in at most {limit} characters.", {"limit": LONGEST_NOTE})
        raise AnswersInvalid((AnswerError("note", "required", said),))
    values = {"state": "draft", "note": note.strip()}
    await _move(site, actor, stored, ("proposed",), values, "terms.handed_back", revision)


async def _move(
    site: Site,
    actor: Actor,
    stored: TermsVersion,
    among: tuple[str, ...],
    values: Mapping[str, Any],
    action: str,
    revision: int,
    more: Any = None,
) -> None:
    if stored.revision != revision:  # what was judged is what was seen
        raise TermsMoved
    seen = {"_id": stored.id, "revision": revision, "state": {"$in": list(among)}}
    update = {"$set": {**values, "updated_at": site.now()}, "$inc": {"revision": 1}}

    async def body(session: Session) -> None:
        moved = await update_where(TermsVersion, seen, update, session)
        if moved is None:
            raise TermsMoved
        await _note(site, actor, action, moved, session)
        if more is not None:
            await more(session)

    await site.store.transaction(body)


async def _note(site: Site, actor: Actor, action: str, stored: TermsVersion, session: Session) -> None:
    subject = Subject(kind="terms", id=stored.id, label=stored.version)
    await record_event(site, actor, action, subject, session, checksum=stored.checksum)


def title_of(stored: TermsVersion) -> Text:
    """What a version is called, with its number."""
    return Text(
        ja=f"{stored.title.ja} {stored.version}", en=f"{stored.title.en or stored.title.ja} {stored.version}"
    )


def earlier_of(site: Site, stored: TermsVersion) -> TermsText | None:
    """The published version a version follows, or would follow; None for the first, and where the dates of a
    draft cannot be read."""
    try:
        place = order_of(text_of(stored))
    except ValueError:
        return None
    earlier = [each for each in versions(site) if order_of(each) < place]
    return earlier[0] if earlier else None
