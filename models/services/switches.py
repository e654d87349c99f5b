"""Switches in the hands of the staff, and the one place where a write of an operator asks them."""

from collections.abc import Mapping
from typing import Any

from models.documents.event import Event, Subject
from models.documents.guarded import insert_or, update_where
from models.documents.store import Session
from models.documents.switch import READ_ONLY, Switch
from models.errors import AnswersInvalid, NotFound, RecordChanged, WritingStopped
from models.language import Message, Text
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.site import Site

TEXT_LIMIT = 300
"""Longest text told with a switch (characters)."""

GROUNDS: Mapping[int, Text] = {
    1: Text(ja="不具合の改修、重要な更新などの保守作業", en="Maintenance: repairs, important updates"),
    2: Text(ja="一定の上限を超えるアクセス", en="Access above a fixed limit"),
    3: Text(ja="災害、設備の障害その他不測の事態", en="Disaster, equipment failure or other emergency"),
    4: Text(ja="運用上必要と判断した場合", en="Judged necessary for operation"),
}
"""Why use may be stopped or restricted, by the code under which it is recorded (terms of use 2.4 ①–④)."""

SWITCHES: Mapping[str, Text] = {
    READ_ONLY: Text(
        ja="申請者による書込みの停止（閲覧のみ）", en="Applicants only read; nothing can be written"
    ),
}
"""Every switch there is, by name."""

CHANGED = "Somebody else changed this switch meanwhile. Look at it again."


async def require_writing(site: Site, actor: Actor) -> None:
    """Raise WritingStopped while applicants may only read. Every service asks that writes for them; the staff
    and the program itself go on."""
    if actor.kind not in ("operator", "visitor"):
        return
    stopped = await site.switchboard.look(READ_ONLY)
    if stopped is not None:
        ground = GROUNDS.get(stopped.code, GROUNDS[4])
        raise WritingStopped(ground=ground, text=stopped.text)


async def find_switch(name: str) -> Switch:
    """One switch as it is stored; one that was never set is off. Raises NotFound for an unknown name."""
    if name not in SWITCHES:
        raise NotFound
    return await Switch.get(name) or Switch(_id=name)


async def set_switch(site: Site, actor: Actor, name: str, code: int, text: str, *, revision: int) -> None:
    """Set a switch: in this process at once, in every other within a second. `revision` is what was seen.

    Raises NotAllowed, NotFound, AnswersInvalid (paths ``code``, ``text``), RecordChanged."""
    require(actor, "switch.set")
    _check(code, text)
    values = {"on": True, "code": code, "text": text.strip()}
    await _write(site, actor, name, values, revision, "switch.set", {"code": code, "text": text.strip()})


async def unset_switch(site: Site, actor: Actor, name: str, reason: str, *, revision: int) -> None:
    """Take a switch back, with the reason. Raises NotAllowed, NotFound, AnswersInvalid (path ``text``),
    RecordChanged."""
    require(actor, "switch.set")
    _check(4, reason)
    await _write(site, actor, name, {"on": False}, revision, "switch.unset", {"text": reason.strip()})


def _check(code: int, text: str) -> None:
    errors = []
    if code not in GROUNDS:
        errors.append(AnswerError("code", "choice", Message("Choose the ground.")))
    if not text.strip() or len(text.strip()) > TEXT_LIMIT:
        said = Message("Say why, in at most {limit} characters.", {"limit": TEXT_LIMIT})
        errors.append(AnswerError("text", "required", said))
    if errors:
        raise AnswersInvalid(tuple(errors))


async def _write(
    site: Site,
    actor: Actor,
    name: str,
    values: Mapping[str, object],
    revision: int,
    action: str,
    told: Mapping[str, Any],
) -> None:
    if name not in SWITCHES:
        raise NotFound
    seen = {"_id": name, "revision": revision, "on": not values["on"]}
    written = {**values, "by": actor.person.model_dump(), "since": site.now()}

    async def body(session: Session) -> None:
        if revision == 0 and values["on"]:
            fresh = Switch.model_validate({"_id": name, "revision": 1, **written})
            await insert_or(RecordChanged(CHANGED), fresh, session)
        elif await update_where(Switch, seen, {"$set": written, "$inc": {"revision": 1}}, session) is None:
            raise RecordChanged(CHANGED)
        await record_event(site, actor, action, Subject(kind="switch", label=name), session, **told)

    await site.store.transaction(body)
    await site.switchboard.refresh()


async def history(name: str, limit: int = 20) -> list[Event]:
    """What was done with a switch, newest first."""
    found = Event.raw().find({"subject.label": name, "subject.kind": "switch"})
    rows = await found.sort([("at", -1), ("_id", -1)]).limit(limit).to_list(None)
    return [Event.model_validate(row) for row in rows]
