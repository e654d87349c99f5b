"""Applications in the applicant's hands: looking up, filling in, keeping."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models.access import is_open, may_answer
from models.documents.application import Application
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.errors import AnswersInvalid, NotFound, RecordChanged, TransitionRefused
from models.language import Language, Text
from models.permissions import Actor, allowed, is_applicant, may_use, require
from models.schema.conditions import fields_in
from models.schema.definition import Kind, RecordType, in_order, walk
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField, UploadField
from models.schema.reading import AnswerError, Reading, read_answers
from models.services import picking, secrets
from models.services.lookup import find as find
from models.services.reasons import told_note
from models.services.seeing import form_of as form_of
from models.services.seeing import why_not
from models.services.site import Site
from models.services.switches import require_writing
from models.services.variables import Judged as Judged
from models.services.variables import compiled as compiled
from models.services.variables import judge as judge
from models.services.variables import operator_of as operator_of
from models.services.variables import variables_of as variables_of
from models.workflow.answering import ANSWERING
from models.workflow.definition import Workflow
from models.workflow.engine import holds

OWN_LIMIT = 200
"""Most of one's own applications listed at once."""

CHANGED_ELSEWHERE = "This application was changed in another window. Your text below has not been saved yet."
NOT_YOURS_TO_WRITE = "This application cannot be changed now."


def offered(site: Site, actor: Actor) -> list[RecordType]:
    """The record types whose registration this actor may begin."""
    current = (published.definition for published in site.registry.all_current().values())
    found = [kind for kind in current if kind.enabled and may_begin(site, actor, kind, "register")]
    return in_order(found, site.configuration.site.operator_type)


def may_begin(site: Site, actor: Actor, definition: RecordType, kind: Kind) -> bool:
    """Somebody without an account may only apply to become an operator; an operator for what is its own."""
    applications = definition.applications
    if kind not in applications.kinds or "applicant" not in applications.begun_by or definition.is_ours:
        return False
    if not (allowed(actor, "application.begin") and may_use(actor, definition.name)):
        return False
    if actor.kind == "visitor":
        return kind == "register" and definition.name == site.configuration.site.operator_type
    return not (kind == "register" and definition.name == site.configuration.site.operator_type)


def facts_of(application: Application) -> dict[str, Any]:
    """What ``when`` may ask of an application."""
    named = {"kind": application.kind, "type": application.type, "record_type": application.type}
    corrects = application.by_staff and application.kind != "register"
    about = {"correction": corrects, "by_staff": application.by_staff, "data": application.data or {}}
    return {**named, **about}


def subject_of(application: Application) -> Subject:
    """An application as the subject of events."""
    return Subject(kind="application", id=application.id, label=application.reference)


async def mine(site: Site, actor: Actor) -> list[Application]:
    """The applications of this actor's operator, newest first."""
    require(actor, "portal.enter")
    where: dict[str, Any] = {"operator_id": actor.operator_id, "by_staff": {"$ne": True}, "about": None}
    if actor.types is not None:
        where["type"] = {"$in": sorted(actor.types)}
    return await Application.find(where).sort("-updated_at").limit(OWN_LIMIT).to_list()


def workflow_of(site: Site, application: Application) -> Workflow:
    """The workflow an application goes through; the answers of a step go through none of the site's."""
    if application.step:
        return ANSWERING
    definition = compiled(site, application).definition
    return site.workflows[definition.applications.workflow]


def is_with_applicant(site: Site, application: Application) -> bool:
    """Whether it is the applicant's turn to write."""
    return workflow_of(site, application).states[application.state].held_by == "applicant"


def open_fields(site: Site, application: Application) -> frozenset[str] | None:
    """The fields the applicant may write now: None for all, the remarked ones after a return, else none."""
    if not is_with_applicant(site, application):
        return frozenset()
    if application.round == 0:
        return None
    remarked = {remark.field.split(".")[0] for remark in application.open_remarks()}
    return frozenset(
        _with_dependants(compiled(site, application).definition, remarked, application.data or {})
    )


def _with_dependants(definition: RecordType, opened: set[str], answered: Mapping[str, Any]) -> set[str]:
    """`opened` and the questions not answered yet that a corrected answer may bring up."""
    before = len(opened)
    for field in definition.fields:
        queries = (field.show_when, field.required_when)
        asks = {path.split(".")[0] for query in queries if query for path in fields_in(query)}
        if asks & opened and answered.get(field.name) is None:
            opened = opened | {field.name}
    return opened if len(opened) == before else _with_dependants(definition, opened, answered)


async def read(site: Site, application: Application, answers: Mapping[str, Any] | None = None) -> Reading:
    """Read the stored answers, or others in their place, through the rules of the pinned version."""
    variables = await variables_of(site, application)
    return read_answers(
        compiled(site, application), application.answers if answers is None else answers, variables
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What the answers of a page come to before they are kept: all answers of the application with them,
    what these read as, and the errors its applicant is told on this page."""

    answers: Mapping[str, Any]
    reading: Reading
    errors: tuple[AnswerError, ...]


async def settle(
    site: Site,
    actor: Actor,
    application: Application,
    page_name: str,
    answers: Mapping[str, Any],
    judged: Judged | None = None,
) -> Settled:
    """Bring the answers of one page together with the others: only what may be written, secrets not sealed
    yet, what references take over put in. What was `judged` a moment ago is not read again where these are
    the very answers. Raises NotFound, TransitionRefused, WritingStopped."""
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    form = compiled(site, application)
    page = next((page for page in form.definition.laid_out if page.name == page_name), None)
    if page is None:
        raise NotFound
    judged = judged if judged is not None and judged.form is form else None
    variables = judged.variables if judged else await variables_of(site, application)
    kept = writable(site, actor, application, frozenset(page.fields), answers, variables)
    sent = {**application.answers, **kept}
    known = judged is not None and judged.answers == sent
    reading = judged.reading if judged and known else read_answers(form, sent, variables)
    merged = await picking.copied(site, actor, application, form.definition, sent, reading.hidden)
    reading = reading if merged == sent else read_answers(form, merged, variables)
    picks = await picking.check_picks(site, actor, application, reading)
    theirs = answerable(actor, form_of(site, application), (*reading.errors, *picks))
    told = replace(reading, errors=theirs)
    return Settled(merged, reading, errors_of_page(form.definition, application, page_name, told))


async def save_page(
    site: Site,
    actor: Actor,
    application: Application,
    page_name: str,
    answers: Mapping[str, Any],
    *,
    revision: int,
    leave: bool = False,
    judged: Judged | None = None,
) -> Application:
    """Keep the answers of one page. With `leave` they are kept as typed; otherwise an error on this page
    raises AnswersInvalid and nothing is stored. Secrets are sealed, and what references take over is put
    in, whatever was typed there. `judged` as for ``settle``. Raises RecordChanged when another window was
    faster."""
    settled = await settle(site, actor, application, page_name, answers, judged)
    if settled.errors and not leave:
        raise AnswersInvalid(settled.errors)
    done = [name for name in application.pages_done if name != page_name]
    return await keep_settled(
        site, application, revision, settled, done if settled.errors else [*done, page_name]
    )


async def keep_settled(
    site: Site, application: Application, revision: int, settled: Settled, done: list[str]
) -> Application:
    """Store what ``settle`` made, with the pages `done`. Raises RecordChanged when another window was
    faster."""
    definition = compiled(site, application).definition
    values = {
        "answers": secrets.seal_answers(site, definition, settled.answers, application.answers),
        "pages_done": done,
        "title": definition.title_of(settled.reading.data),
    }
    return await _keep(site, application, revision, values)


async def keep_answers(
    site: Site, application: Application, revision: int, answers: Mapping[str, Any]
) -> Application:
    """Put answers beside those there are, as they are typed; no page counts as done by it. Raises
    RecordChanged when another window was faster."""
    return await _keep(site, application, revision, {"answers": {**application.answers, **answers}})


def require_applicant(site: Site, actor: Actor, application: Application) -> None:
    """Raise NotFound unless it is theirs, NotAllowed where their role only reads, TransitionRefused unless it
    is their turn."""
    if not is_applicant(actor, application):
        raise NotFound
    if actor.kind == "operator":
        require(actor, "record.act_own" if application.step else "application.write_own")
    if not is_with_applicant(site, application):
        raise TransitionRefused(NOT_YOURS_TO_WRITE)


def writable(
    site: Site,
    actor: Actor,
    application: Application,
    fields: frozenset[str],
    answers: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """Those of `answers` that may be written now: on this page, open after a return, not locked, and for this
    actor to answer.

    Uploads come by ``uploads.attach`` and can only be removed here (None); certificates never come so."""
    form, opened = compiled(site, application), open_fields(site, application)
    known = form_of(site, application).by_name
    asked = {name: known[name] for name in answers.keys() & fields & known.keys()}
    open_now = {
        n: f for n, f in asked.items() if may_type(actor, f, application) and (opened is None or n in opened)
    }
    ruled = any(field.read_only_when is not None for _, field in walk(tuple(open_now.values())))
    seen = read_answers(form, {**application.answers, **answers}, variables).data if ruled else {}
    stored = {name: application.answers[name] for name in open_now if name in application.answers}
    return _writable_parts(open_now.values(), answers, stored, Locks(actor, application, seen, variables))


@dataclass(frozen=True, slots=True)
class Locks:
    """What decides whether a field may be written: who writes, the application, and what the answers come
    to."""

    actor: Actor
    application: Application
    seen: Mapping[str, Any]
    variables: Mapping[str, Any]

    def hold(self, field: BaseField, sent: Any, stored: Any) -> bool:
        """Whether `sent` may not take the place of what is `stored`."""
        if not may_type(self.actor, field, self.application):
            return True
        if isinstance(field, UploadField) and _adds(sent, stored):
            return True
        return field.read_only_when is not None and holds(field.read_only_when, self.seen, self.variables)

    def inside(self, name: str) -> "Locks":
        """The same for the parts of a group, which see what is around them."""
        here = self.seen.get(name)
        return replace(self, seen={**self.seen, **here} if isinstance(here, Mapping) else self.seen)


def _writable_parts(
    fields: Iterable[BaseField], sent: Mapping[str, Any], stored: Mapping[str, Any], locks: Locks
) -> dict[str, Any]:
    """What was sent and may be written; of a group, what is stored stays in the parts that are locked."""
    kept: dict[str, Any] = {}
    for field in fields:
        name = field.name
        if name not in sent or locks.hold(field, sent[name], stored.get(name)):
            continue
        value, before = sent[name], stored.get(name)
        if field.parts and not field.repeats:
            old = before if isinstance(before, Mapping) else {}
            given = value if isinstance(value, Mapping) else dict.fromkeys(part.name for part in field.parts)
            value = {**old, **_writable_parts(field.parts, given, old, locks.inside(name))}
        kept[name] = value
    return kept


def _adds(sent: Any, stored: Any) -> bool:
    """Whether an upload is among `sent` that was not stored already; taking some away adds nothing."""
    if isinstance(sent, list) and isinstance(stored, list):
        return any(upload not in stored for upload in sent)
    return sent is not None


def may_type(actor: Actor, field: BaseField, application: Application) -> bool:
    """Whether `actor` answers this field at all in this application: not what is computed, presented or
    ``read_only``, what staff fill in only in what they began, what is ``set_once`` only when it is registered
    or a step asks for it (``demands.altered`` keeps what it was once answered), and what ``access`` leaves to
    them. The field is one of ``form_of``."""
    if not field.asked or field.read_only or isinstance(field, CertificateField):
        return False
    if field.filled_by == "staff" and not application.by_staff:
        return False
    if not may_answer(actor, field):
        return False
    return not field.set_once or application.kind == "register" or bool(application.step)


def answerable(
    actor: Actor, definition: RecordType, errors: tuple[AnswerError, ...]
) -> tuple[AnswerError, ...]:
    """Those of `errors` that `actor` can do something about; the others wait until the application is handed
    over, and do not keep anybody on a page."""
    if is_open(definition):
        return errors
    return tuple(error for error in errors if why_not(actor, definition, error.path) is None)


def errors_of_page(
    definition: RecordType, application: Application, page_name: str, reading: Reading
) -> tuple[AnswerError, ...]:
    """The errors to show on one page: its fields', and rules whose every field has had its page."""
    pages = {page.name: frozenset(page.fields) for page in definition.laid_out}
    seen = frozenset().union(*(pages[name] for name in {*application.pages_done, page_name} if name in pages))
    computed = {field.name for field in definition.fields if not field.asked}
    if application.step:  # what is on no page was answered before
        computed |= definition.by_name.keys() - frozenset().union(*pages.values())
    found = reading.errors_on(pages[page_name])
    return tuple(error for error in found if error.reads - computed <= seen)


async def _keep(
    site: Site, application: Application, revision: int, values: Mapping[str, Any]
) -> Application:
    """Write to the application that was looked at; what it is afterwards is known without reading it.
    Consents were to what it was before."""
    where = {"_id": application.id, "revision": revision, "state": application.state}
    written = {**values, "consents": [], "updated_at": site.now()}
    done = await Application.raw().update_one(where, {"$set": written, "$inc": {"revision": 1}})
    if not done.matched_count:
        raise RecordChanged(CHANGED_ELSEWHERE)
    kept: Application = application.model_copy(update={**written, "revision": revision + 1})
    return kept


async def keep_upload(
    site: Site, application: Application, field: str, value: Mapping[str, Any], *, among: int | None = None
) -> Application:
    """Put an upload's facts into the answers, whatever else was written meanwhile; where the field takes
    several, after those there, `among` at most. Raises RecordChanged when it cannot be put there now."""
    where: dict[str, Any] = {"_id": application.id, "state": application.state}
    path, several = f"answers.{field}", {"$type": "array"}
    anew = {"updated_at": site.now(), "consents": []}
    touched = {"$set": anew, "$inc": {"revision": 1}}
    first = {**touched, "$set": {path: [dict(value)] if among is not None else dict(value), **anew}}
    kept = None
    if among is not None:
        where[f"{path}.{among - 1}"] = {"$exists": False}
        more = {**touched, "$push": {path: dict(value)}}
        kept = await update_where(Application, {**where, path: several}, more)
        where = {**where, path: {"$not": several}}
    kept = kept or await update_where(Application, where, first)
    if kept is None:
        raise RecordChanged(CHANGED_ELSEWHERE)
    return kept


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an application's timeline."""

    at: datetime
    label: str
    state: str
    who: str
    note: str


def timeline(site: Site, application: Application, language: Language) -> list[Entry]:
    """What happened to an application, oldest first. Staff appear as the organisation."""
    workflow, definition = workflow_of(site, application), compiled(site, application).definition
    return [
        Entry(
            at=step.at,
            label=step_label(workflow, step.name)(language),
            state=workflow.states[step.to].label(language) if step.to in workflow.states else step.to,
            who=step.by.shown if step.by.kind != "staff" else site.configuration.site.organisation(language),
            note=told_note(definition, step, language),
        )
        for step in application.history
    ]


OWN_STEPS = {
    "rebase": Text(ja="最新の登録情報に合わせる", en="Bring up to the registered information in force")
}
"""What the program itself writes into a history, besides the workflow's steps."""


def step_label(workflow: Workflow, name: str) -> Text:
    """What a step of a history is called; its bare name where nothing knows it any more."""
    if name in workflow.transitions:
        return workflow.transitions[name].label
    return OWN_STEPS.get(name, Text(ja=name))
