"""Record types nobody wrote, answers nobody foresaw: taken in or refused at a field of the page; a page read
back as it was drawn; nothing that is said becomes markup."""

from hypothesis import HealthCheck, given, settings
from starlette.datastructures import FormData, UploadFile

from forms.render.control import Filling, page_controls, write_controls
from forms.render.names import id_of
from forms.render.plan import plan_form
from forms.render.posted import Posted, read_posted
from models.schema.compiled import CompiledType, compile_type
from models.schema.fields.base import Raw
from models.schema.reading import Reading, read_answers, read_data
from tests.forms.generated import SENDINGS, Plain, Sending, built, plain_types, with_rows
from tests.forms.reader import Document
from tests.forms.sample import KEEPER
from tests.forms.test_escaping import TEXT
from tests.schema.definitions import a_type, field

VARIABLES = {"TODAY": "2026-11-22"}
SLOW = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def draw(kind: CompiledType, answers: dict[str, Raw], reading: Reading) -> Document:
    """The page with these answers and everything that is wrong with them."""
    fields = kind.level.fields
    shown = frozenset(name for name, field in fields.items() if not field.asked or name not in reading.hidden)
    errors = {error.path: error.message("ja") for error in reading.errors}
    filling = Filling("ja", kind.level, answers, reading, shown, shown, KEEPER, errors, variables=VARIABLES)
    page = plan_form(kind.definition, "ja").pages[0]
    return Document(str(write_controls(page_controls(page, filling), "ja")))


def read(kind: CompiledType, answers: dict[str, Raw]) -> Reading:
    return read_answers(kind, answers, VARIABLES)


def sent(kind: CompiledType, pairs: list[tuple[str, str]]) -> Posted:
    form: list[tuple[str, str | UploadFile]] = [*pairs]
    return read_posted(FormData(form), kind.definition.fields, KEEPER)


def typed(kind: CompiledType, sending: Sending) -> dict[str, Raw]:
    """What arrives of the page with its rows added, of the page that leads to, and of that one again:
    conditional questions come up on the way."""
    answers: dict[str, Raw] = with_rows(kind.definition.fields, sending.rows)
    for _ in range(3):
        page = draw(kind, answers, read(kind, answers))
        answers = sent(kind, sending.of(kind, filled_in(page))).answers
    return answers


def filled_in(page: Document) -> list[tuple[str, str]]:
    """The names of everything a page sends once each of its questions is answered."""
    ticked = [e for e in page.all("input") if e.get("type") in ("radio", "checkbox")]
    names = dict.fromkeys([name for name, _ in page.sent()] + [e.get("name") for e in ticked])
    return [(name, "") for name in names if name]


def misplaced(page: Document, reading: Reading) -> list[str]:
    """The errors a person would not find on the page."""
    return [error.path for error in reading.errors if page.by_id(id_of(error.path)) is None]


@SLOW
@given(plain=plain_types(), sending=SENDINGS)
def test_whatever_is_sent_is_taken_in_or_refused_at_a_field(plain: Plain, sending: Sending) -> None:
    kind = built(plain)
    answers = typed(kind, sending)
    reading = read(kind, answers)
    assert misplaced(draw(kind, answers, reading), reading) == []
    if not reading.errors:
        again = read_data(kind, reading.data, VARIABLES)
        assert (again.data, again.errors) == (reading.data, ())


@SLOW
@given(plain=plain_types(), sending=SENDINGS)
def test_a_page_is_read_back_as_it_was_drawn(plain: Plain, sending: Sending) -> None:
    kind = built(plain)
    answers = typed(kind, sending)
    before = read(kind, answers)
    after = read(kind, sent(kind, draw(kind, answers, before).sent()).answers)
    assert after.data == before.data
    assert {error.path for error in after.errors} == {error.path for error in before.errors}


@SLOW
@given(plain=plain_types(), sending=SENDINGS, text=TEXT)
def test_nothing_a_type_says_becomes_markup(plain: Plain, sending: Sending, text: str) -> None:
    hostile, harmless = built(plain, text), built(plain, "x" * len(text))
    answers = typed(harmless, sending)
    pages = [draw(kind, answers, read(kind, answers)) for kind in (hostile, harmless)]
    assert pages[0].shape == pages[1].shape


def test_an_error_without_a_place_would_be_noticed() -> None:
    """The control: an error at a field the page does not have."""
    kind = compile_type(a_type(field("f10", required=True)))
    reading = read(kind, {})
    assert [error.path for error in reading.errors] == ["f10"]
    assert misplaced(Document("<p>nothing</p>"), reading) == ["f10"]
