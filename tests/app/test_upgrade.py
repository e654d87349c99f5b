"""A form changes while somebody fills it in: they are told, and may finish either way."""

import re

import pytest

from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.services.publishing import apply
from tests.app.conftest import Inside
from tests.app.people import Applicant


def changed(definition: RecordType) -> RecordType:
    """One more question on the first page."""
    described = definition.published()
    question = {"name": "nickname", "type": "text", "label": {"ja": "愛称", "en": "Nickname"}}
    first, *rest = described["pages"]
    pages = [{**first, "fields": ["nickname", *first["fields"]]}, *rest]
    return RecordType.model_validate(
        {**described, "fields": [question, *described["fields"]], "pages": pages}
    )


@pytest.fixture
async def applicant(inside: Inside, operator_type: RecordType) -> Applicant:
    person = await Applicant(inside.browser(), operator_type).present_certificate()
    assert (await person.begin()).status_code == 303
    page = operator_type.laid_out[0]
    answer = await person.send(page.name, {"operator_name": "みなと電力株式会社"}, action="save")
    assert answer.status_code == 303
    return person


async def first_page(person: Applicant, definition: RecordType) -> str:
    return (await person.client.get(f"{person.address}/pages/{definition.laid_out[0].name}")).text


async def test_the_draft_stays_on_its_form_and_says_that_there_is_a_newer(
    inside: Inside, applicant: Applicant, operator_type: RecordType
) -> None:
    """Control: before it was published nothing is said."""
    assert "/upgrade" not in await first_page(applicant, operator_type)
    assert (await applicant.client.get(f"{applicant.address}/upgrade")).status_code == 303
    await apply(inside.site, SYSTEM, changed(operator_type))
    page = await first_page(applicant, operator_type)
    assert f"{applicant.address}/upgrade" in page
    assert "愛称" not in page


async def test_what_is_different_is_shown_before_anything_changes(
    inside: Inside, applicant: Applicant, operator_type: RecordType
) -> None:
    await apply(inside.site, SYSTEM, changed(operator_type))
    page = (await applicant.client.get(f"{applicant.address}/upgrade")).text
    assert re.findall(r"<li>(.*?)</li>", page.split("<main")[1])[:1] == ["新しい項目：愛称"]
    assert "愛称" not in await first_page(applicant, operator_type)


async def test_the_new_form_has_the_answers_of_the_old(
    inside: Inside, applicant: Applicant, operator_type: RecordType
) -> None:
    await apply(inside.site, SYSTEM, changed(operator_type))
    sent = {"revision": str(applicant.revision)}
    answer = await applicant.client.post(f"{applicant.address}/upgrade", data=sent)
    assert answer.status_code == 303
    page = (await applicant.client.get(answer.headers["location"])).text
    assert "愛称" in page
    assert "みなと電力株式会社" in page
    assert "/upgrade" not in page


async def test_from_an_outdated_window_nothing_is_taken(
    inside: Inside, applicant: Applicant, operator_type: RecordType
) -> None:
    await apply(inside.site, SYSTEM, changed(operator_type))
    answer = await applicant.client.post(f"{applicant.address}/upgrade", data={"revision": "0"})
    assert answer.status_code == 409
    assert "愛称" not in await first_page(applicant, operator_type)
