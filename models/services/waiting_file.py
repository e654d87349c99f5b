"""The records that wait for the staff, as a file to take away."""

from models.documents.event import Subject
from models.documents.store import Session
from models.interchange.tables.comma import CommaWriter
from models.language import Language, Message, translate
from models.permissions import Actor, require
from models.services.events import record_event
from models.services.records_waiting import Asked, Line, lines
from models.services.side_words import side_words
from models.services.site import Site

MOST = 10_000
"""Most records a file has."""

HEADS = (
    Message("Number"),
    Message("Kind of the record"),
    Message("Title"),
    Message("{Operator}"),
    Message("State"),
    Message("In this state since"),
    Message("Due"),
    Message("Overdue"),
)
NOTICE = "Personal data. Handle it as the terms of use ask; made on {day} for {who}."


async def write_file(site: Site, actor: Actor, asked: Asked, language: Language) -> bytes:
    """The list as CSV (UTF-8 with its mark, cells no program takes for formulas), at most MOST records; an
    event says that it was taken. Raises NotAllowed."""
    require(actor, "record.export")
    found = await lines(site, actor, asked, limit=MOST)
    await _note(site, actor, asked, len(found))
    notice = translate(NOTICE, language, day=site.today().isoformat(), who=actor.name)
    writer = CommaWriter()
    heads = [translate(head.msgid, language, **side_words(site)) for head in HEADS]
    begin = writer.begin([notice], heads)
    return begin + writer.rows([_cells(site, line, language) for line in found]) + writer.end()


async def _note(site: Site, actor: Actor, asked: Asked, count: int) -> None:
    subject = Subject(kind="records", label=asked.type)

    async def body(session: Session) -> None:
        await record_event(site, actor, "records.waiting_taken", subject, session, count=count)

    await site.store.transaction(body)


def _cells(site: Site, line: Line, language: Language) -> list[str]:
    definition, zone = site.registry.current(line.type).definition, site.calendar.zone
    state = site.lifecycles[definition.lifecycle].shown_to("staff").states.get(line.lifecycle)
    since, due = (
        each.astimezone(zone).strftime("%Y-%m-%d %H:%M") if each else "" for each in (line.since, line.due)
    )
    return [
        line.number,
        definition.label(language),
        line.title,
        line.operator,
        state.label(language) if state else line.lifecycle,
        since,
        due,
        translate("Yes", language) if line.overdue else "",
    ]
