"""An application as its applicant sees it: the form it is pinned to, what is open, which page comes next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Any

from forms.pages.visit import Visit
from forms.render.held import Hide, Keeper
from forms.render.names import id_of
from forms.render.plan import ControlPlan, FormPlan, PagePlan, plan_form
from models.access import is_open, may_answer, seen_by, told, why_not
from models.documents.application import Application
from models.errors import NotFound
from models.language import Text
from models.schema.compiled import CompiledType
from models.schema.definition import RecordType, singles, walk
from models.schema.fields.structure import TableField
from models.schema.reading import AnswerError, Reading, look_at, read_answers
from models.services import applications, picking, secrets, seeing, step_answers, upgrading
from models.services.applications import Judged
from models.services.reasons import told_remark


@dataclass(frozen=True, slots=True)
class Step:
    """One page in the list of pages; ``state`` is ``done``, ``remarked``, ``todo``, ``later`` (nothing is to
    be done there now) or ``not_needed`` (these answers do not lead there)."""

    name: str
    label: str
    address: str
    state: str


@dataclass(frozen=True)
class Draft:
    """One application, ready to be shown or filled in."""

    visit: Visit
    application: Application
    compiled: CompiledType
    plan: FormPlan
    variables: Mapping[str, Any]
    opened: frozenset[str] | None
    form: RecordType
    """The whole form, under the access rules in force."""
    seen: RecordType
    """Of the form what this visitor may read: all that is ever drawn."""
    _last: list[Any] = field(default_factory=list, init=False, repr=False, compare=False)

    def called(self, reference: str, revision: str) -> "Draft":
        """The same draft under another reference and revision, as it is drawn for all drafts alike."""
        told = {"reference": reference, "revision": revision}
        return replace(self, application=self.application.model_copy(update=told))

    @property
    def address(self) -> str:
        inset = self.visit.inset
        return f"{inset.base if inset else '/applications'}/{self.application.reference}"

    @property
    def files(self) -> str:
        """Where its uploads are handed out."""
        inset = self.visit.inset
        return f"{inset.files if inset else '/applications'}/{self.application.reference}/files"

    @property
    def is_open(self) -> bool:
        """Whether it is the applicant's turn to write."""
        return self.opened is None or bool(self.opened)

    @property
    def newer(self) -> bool:
        """Whether the form has changed since the draft was begun; a correction is begun anew instead."""
        return self.visit.inset is None and upgrading.newer(self.visit.site, self.application) is not None

    @property
    def named(self) -> Text:
        """What it is called: its record type, or the step of a record it is written for."""
        step = self.application.step
        label = self.compiled.definition.label
        return step_answers.label_of(self.visit.site, self.application) if step else label

    @property
    def about(self) -> str:
        """What the record is called whose step it is written for; "" for an application."""
        application, language = self.application, self.visit.language
        return (application.title or self.compiled.definition.label(language)) if application.step else ""

    @property
    def keeper(self) -> Keeper:
        site = self.visit.site
        hide = Hide(partial(secrets.hide_typed, site), partial(secrets.typed_again, site))
        return Keeper(site.sign, str(self.application.id), hide)

    @property
    def remarks(self) -> Mapping[str, Sequence[str]]:
        """What the reviewer wants corrected, by path; empty once it has been submitted again."""
        found: dict[str, list[str]] = {}
        for remark in self.application.open_remarks() if self.is_open else ():
            if seeing.is_read(self.visit.actor, self.form, remark.field):
                found.setdefault(remark.field, []).extend(told_remark(self.form, remark, self.visit.language))
        return found

    def look(self) -> Reading:
        """What the stored answers come to, as far as a page that shows them needs it."""
        if self.plan.picks:  # what may be picked can depend on any answer
            return self.read()
        return look_at(self.compiled, self.application.answers, self.variables)

    def read(self, answers: Mapping[str, Any] | None = None) -> Reading:
        """The stored answers, or others in their place, read through the rules."""
        return read_answers(
            self.compiled, self.application.answers if answers is None else answers, self.variables
        )

    def judge(self, answers: Mapping[str, Any]) -> Judged:
        """``read`` for answers that are going to be kept."""
        return applications.judge(self.compiled, answers, self.variables)

    def visible(self, reading: Reading) -> frozenset[str]:
        """The fields these answers lead to, those that only speak included."""
        return self._led_to(reading)[0]

    def _led_to(self, reading: Reading) -> tuple[frozenset[str], list[PagePlan]]:
        """The fields and pages these answers lead to, worked out once while they stay the same."""
        if not self._last or self._last[0] is not reading:
            level, seen = self.compiled.level, (reading.data, self.variables)
            spoken = (name for name, rule in level.spoken if rule is None or rule(*seen))
            visible = (level.asked - reading.hidden).union(spoken)
            pages = [page for page in self.plan.pages if not visible.isdisjoint(page.names)]
            self._last[:] = [reading, (visible, pages)]
        found: tuple[frozenset[str], list[PagePlan]] = self._last[1]
        return found

    def may_write(self, plan: ControlPlan) -> bool:
        """Whether a field is the applicant's to write now, whatever the other answers are. It is asked of the
        whole field: a table with a column nobody shows them is not theirs either."""
        name = plan.name
        if name not in self._typed:
            mine = applications.may_type(self.visit.actor, self.form.by_name[name], self.application)
            self._typed[name] = mine and (self.opened is None or name in self.opened)
        return self._typed[name]

    @cached_property
    def _typed(self) -> dict[str, bool]:
        """Which fields are the applicant's to write, as far as that was asked."""
        return {}

    def open_names(self, page: PagePlan, reading: Reading) -> frozenset[str]:
        """The fields of a page that may be written now, given these answers; worked out once while they stay
        the same."""
        if not self._opened or self._opened[0] is not reading:
            self._opened[:] = [reading, {}]
        known: dict[str, frozenset[str]] = self._opened[1]
        if page.name not in known:
            known[page.name] = self._open_on(page, reading)
        return known[page.name]

    @cached_property
    def _opened(self) -> list[Any]:
        return []

    def _open_on(self, page: PagePlan, reading: Reading) -> frozenset[str]:
        fixed = self.fixed(reading)
        return frozenset(
            plan.name
            for plan in page.controls
            if self.may_write(plan)
            and plan.name not in fixed
            and not (plan.read_only_when and plan.read_only_when(reading.data, self.variables))
        )

    def fixed(self, reading: Reading) -> frozenset[str]:
        """The paths of the answers nobody types now, as a reference takes them over, or not this visitor."""
        taken = picking.locked(self.compiled.definition, reading) if self.plan.picks else frozenset()
        return taken | self._barred

    @cached_property
    def _barred(self) -> frozenset[str]:
        """The paths of parts of groups this visitor may not answer."""
        if is_open(self.form):
            return frozenset()
        parts = (each for each in singles(self.seen.fields) if len(each[0]) > 1)
        return frozenset(".".join(path) for path, part in parts if not may_answer(self.visit.actor, part))

    def told(self, reading: Reading) -> Mapping[str, Any]:
        """Of the answers what may stand in a page."""
        return reading.data if self.seen == self.compiled.definition else told(self.seen, reading.data)

    @property
    def told_variables(self) -> Mapping[str, Any]:
        """Of what the rules' variables stand for what may stand in a page."""
        return seeing.variables_told(self.visit.site, self.visit.actor, self.application, self.variables)

    def why_locked(self) -> Mapping[str, str]:
        """Why this visitor may not answer what is shown to them, by the path of the field."""
        if is_open(self.form):
            return {}
        found = ((".".join(path), why_not(self.visit.actor, each)) for path, each in walk(self.seen.fields))
        return {path: why(self.visit.language) for path, why in found if why is not None}

    def pages(self, reading: Reading) -> list[PagePlan]:
        """The pages these answers lead to."""
        return self._led_to(reading)[1]

    def plan_of(self, name: str) -> PagePlan:
        """The page called `name`. Raises NotFound."""
        if name not in self.plan.by_page:
            raise NotFound
        return self.plan.by_page[name]

    def steps(self, reading: Reading) -> Iterator[Step]:
        """Every page of the form and how it stands."""
        for page, state in self.states(reading):
            yield Step(page.name, page.label, self.page_address(page.name), state)

    def states(self, reading: Reading) -> Iterator[tuple[PagePlan, str]]:
        """Every page of the form with its state (``Step``)."""
        led_to = {page.name for page in self.pages(reading)}
        remarked = {path.split(".")[0] for path in self.remarks}
        for page in self.plan.pages:
            yield page, self._state(page, reading, remarked) if page.name in led_to else "not_needed"

    def _state(self, page: PagePlan, reading: Reading, remarked: set[str]) -> str:
        if not page.names.isdisjoint(remarked):
            return "remarked"
        if not self._is_due(page, reading):
            return "later"
        return "done" if page.name in self.application.pages_done else "todo"

    def demands(self, page_name: str) -> bool:
        """Whether anything on a page has to be answered, now or where other answers ask for it."""
        asked = self.plan_of(page_name).questions.values()
        return any(field.required or field.required_when is not None for field in asked)

    def has_row_pages(self, name: str) -> bool:
        """Whether each row of the field `name` is filled in on a page of its own."""
        target = self.seen.by_name.get(name)
        return isinstance(target, TableField) and target.row_pages

    def row_address(self, table: str, row: int | str) -> str:
        """The address of the page of one row (numbered from 1, or ``new``)."""
        return f"{self.page_address(self.plan.page_of[table])}/{table}/{row}"

    def row_place(self, path: str, query: str = "") -> str:
        """The address of a question inside a row with a page of its own; "" for every other path."""
        parts = path.split(".")
        if len(parts) < 3 or not parts[1].isdigit() or not self.has_row_pages(parts[0]):
            return ""
        return f"{self.row_address(parts[0], int(parts[1]) + 1)}{query}#{id_of(path)}"

    def after(self, page: PagePlan, reading: Reading) -> str:
        """The address that follows a page: the next one to look at, else the check."""
        pages = self.pages(reading)
        place = next((i for i, known in enumerate(pages, 1) if known.name == page.name), 0)
        found = next((known for known in pages[place:] if self._is_due(known, reading)), None)
        return self.page_address(found.name) if found else f"{self.address}/check"

    def before(self, page: PagePlan, reading: Reading) -> str:
        """The address before a page; "" before the first."""
        names = [known.name for known in self.pages(reading)]
        earlier = names[: names.index(page.name)] if page.name in names else []
        return self.page_address(earlier[-1]) if earlier else ""

    def first(self) -> str:
        """Where to begin, or go on: the first page that is not done."""
        reading = self.read()
        done = self.application.pages_done if self.opened is None else ()
        found = (p for p in self.pages(reading) if p.name not in done and self._is_due(p, reading))
        page = next(found, None)
        return self.page_address(page.name) if page else f"{self.address}/check"

    def _is_due(self, page: PagePlan, reading: Reading) -> bool:
        """Every page of a draft is looked at; after a return, those with something to correct."""
        return self.opened is None or bool(self.open_names(page, reading))

    def page_address(self, name: str) -> str:
        return f"{self.address}/pages/{name}"

    def located(self, path: str, text: str) -> str:
        """`text` about the answer at `path`, with the row it is in where it is inside a table."""
        name, number, *inner = [*path.split("."), ""]
        target = self.seen.by_name.get(name)
        if not inner or not number.isdigit() or not isinstance(target, TableField):
            return text
        label = (target.row_label or target.label)(self.visit.language)
        mark = "：" if self.visit.language == "ja" else ": "
        return f"{label} {int(number) + 1}{mark}{text}"

    def say(self, errors: Sequence[AnswerError]) -> dict[str, str]:
        """The messages of errors by path."""
        return {error.path: error.message(self.visit.language) for error in errors}


async def load_draft(visit: Visit, reference: str) -> Draft:
    """The application with this reference, for this visitor. Raises NotFound."""
    application = await applications.find(visit.site, visit.actor, reference, visit.take_ahead())
    return await draft_of(visit, application)


async def draft_of(visit: Visit, application: Application) -> Draft:
    """`application` with the form it is pinned to."""
    compiled = applications.compiled(visit.site, application)
    form = applications.form_of(visit.site, application)
    seen = seen_by(visit.actor, form)
    seen = _in_one_page(seen) if visit.inset else seen
    return Draft(
        visit,
        application,
        compiled,
        plan_form(seen, visit.language),
        await applications.variables_of(visit.site, application),
        applications.open_fields(visit.site, application),
        form,
        seen,
    )


@lru_cache(maxsize=256)
def _in_one_page(definition: RecordType) -> RecordType:
    """The form with every table whole on its page: another door's frame has no pages for rows."""
    fields = tuple(
        field.model_copy(update={"row_pages": False})
        if isinstance(field, TableField) and field.row_pages
        else field
        for field in definition.fields
    )
    return definition if fields == definition.fields else definition.model_copy(update={"fields": fields})
