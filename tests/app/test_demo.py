"""The demo's weeks of work: made by the real services, and never mailed."""

from collections import Counter
from dataclasses import replace

import pytest

from app.cli.serving import tell_differing
from app.demo import load_demo
from app.story import tell_story
from models.documents.account import Account
from models.documents.application import Application
from models.documents.message import Message
from models.errors import ConfigurationError
from models.permissions import SYSTEM
from models.services.checks import automatic_checks
from models.services.delivery import claim_due
from tests.app.conftest import Inside


async def test_the_queue_of_the_demo_holds_every_stage_of_a_review(inside: Inside) -> None:
    await load_demo(inside.site, inside.folder / "demo", applications=True)
    found = await Application.find({"history": {"$ne": []}}).to_list()
    states = Counter(application.state for application in found)
    assert states.keys() >= {"submitted", "under_review", "second_review", "returned", "approved", "rejected"}
    assert any(application.round > 1 and application.open for application in found)
    assert {application.kind for application in found} == {"register", "change", "delete"}
    assert (
        min(application.submitted_at for application in found if application.submitted_at) < inside.site.now()
    )
    assert len(await Message.find({}).to_list()) > len(found)
    assert await claim_due(inside.site) is None
    told = await Message.find({"template": "notice_published"}).to_list()
    assert len({message.created_at.date() for message in told}) > 5  # each on the day of its notice


async def test_loaded_twice_it_is_there_once(inside: Inside) -> None:
    for _ in range(2):
        await load_demo(inside.site, inside.folder / "demo", applications=True)
    references = [a.reference for a in await Application.find({"history": {"$ne": []}}).to_list()]
    assert len(references) == len(set(references)) > 15


async def test_what_was_registered_before_has_the_answers_it_was_registered_with(inside: Inside) -> None:
    """Its page lists no answer as missing."""
    await load_demo(inside.site, inside.folder / "demo")
    told = [
        (application.reference, check.rule)
        for application in await Application.find({"open": False}).to_list()
        for check in await automatic_checks(inside.site, SYSTEM, application)
        if check.rule.endswith(".required")
    ]
    assert told == []
    bare = await Application.find_one({"open": False})
    assert bare is not None
    bare.answers = {}
    found = await automatic_checks(inside.site, SYSTEM, bare)
    assert any(check.rule.endswith(".required") for check in found)  # control


async def test_a_demo_found_loaded_tells_only_of_accounts_that_are_there(inside: Inside) -> None:
    first = await load_demo(inside.site, inside.folder / "demo")
    await Account.find({"login": "auditor-1"}).delete()
    again = await load_demo(inside.site, inside.folder / "demo")
    assert {each.login for each in first} - {each.login for each in again} == {"auditor-1"}


async def test_serving_tells_of_files_that_wait_to_be_published(
    inside: Inside, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_differing(inside.site)
    assert capsys.readouterr().out == ""
    types = dict(inside.site.configuration.record_types)
    types["resource"] = types["resource"].model_copy(update={"title": "{grid_code}"})
    configuration = replace(inside.site.configuration, record_types=types)
    tell_differing(replace(inside.site, configuration=configuration))
    said = capsys.readouterr().out.splitlines()
    assert [line.partition("：")[0] for line in said] == ["resource"]


async def test_an_application_that_cannot_be_made_is_named(inside: Inside) -> None:
    await load_demo(inside.site, inside.folder / "demo")
    row = {"as": "minato-admin", "type": "resource", "kind": "change", "of": "ない発電所", "day": -1}
    with pytest.raises(ConfigurationError) as refused:
        await tell_story(inside.site, [{**row, "answers": {}, "steps": []}])
    assert "ない発電所" in str(refused.value)
