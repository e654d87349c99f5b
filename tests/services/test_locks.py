"""What the definition locks stays locked at the service, whichever door the answers come through."""

from dataclasses import replace
from typing import Any

import pytest

from models.documents.application import Application
from models.schema.definition import RecordType
from models.services.applications import save_page
from models.services.registry import Published, Registry
from models.services.site import Site
from tests.services.answers import valid_answers
from tests.services.contracts import contract, operator
from tests.services.test_journey import begun


def with_lock(site: Site, name: str, lock: dict[str, Any]) -> Site:
    """The site, with one field of the operator's form locked in a further version."""
    current = site.registry.current("operator")
    described = current.definition.published()
    next(field for field in described["fields"] if field["name"] == name).update(lock)
    described["examples"] = []
    version = Published(current.version + 1, RecordType.model_validate(described))
    return replace(site, registry=Registry([current, version]))


@pytest.mark.parametrize(
    ("lock", "kept"),
    [
        ({"read_only": True}, False),
        ({"read_only_when": {"is_domestic_corporation": True}}, False),
        ({"read_only_when": {"is_domestic_corporation": False}}, True),
        ({"set_once": True}, True),
    ],
    ids=str,
)
async def test_a_locked_answer_is_not_written(site: Site, lock: dict[str, Any], kept: bool) -> None:
    """The condition is judged on what the answers come to (true), not on what was typed (yes)."""
    answers = valid_answers(site.registry.current("operator").definition)
    locked = with_lock(site, "operator_name", lock)
    actor, application = await begun(locked)
    page = next(
        p for p in locked.registry.current("operator").definition.laid_out if "operator_name" in p.fields
    )
    typed = {name: answers.get(name) for name in page.fields}
    saved = await save_page(locked, actor, application, page.name, typed, revision=0, leave=True)
    assert isinstance(saved, Application)
    assert ("operator_name" in saved.answers) is kept
    assert "operator_code" in saved.answers


async def test_a_locked_part_of_a_group_keeps_what_is_stored(site: Site) -> None:
    """A part that is read-only, or locked by what is around it, or an upload that never came."""
    actor = await operator(site, "U1")
    application = await contract(site, actor)
    upload = {"id": "0123456789abcdef01234567", "filename": "a.txt"}
    sent = {"note": "typed", "fixed": "forged", "frozen": "late", "paper": upload}
    for title, kept in (("open", {"note": "typed", "frozen": "late"}), ("closed", {"note": "typed"})):
        answers = {"title": title, "inside": sent}
        saved = await save_page(site, actor, application, "all", answers, revision=0, leave=True)
        assert saved.answers["inside"] == kept
        application = await contract(site, actor)


async def test_emptying_a_group_leaves_its_locked_parts(site: Site) -> None:
    actor = await operator(site, "U1")
    application = await contract(site, actor)
    await application.set({"answers": {"inside": {"note": "n", "fixed": "kept"}}})
    saved = await save_page(site, actor, application, "all", {"inside": None}, revision=0)
    assert saved.answers["inside"] == {
        "note": None,
        "fixed": "kept",
        "word": None,
        "frozen": None,
        "paper": None,
    }
