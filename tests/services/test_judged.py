"""Answers judged already are not read again; others are, whatever was judged."""

from typing import Any

import pytest

from models.documents.application import Application
from models.errors import AnswersInvalid, RecordChanged
from models.services import applications
from models.services.applications import find, judge, save_page, settle
from models.services.site import Site
from models.services.variables import compiled, variables_of
from tests.services.answers import valid_answers
from tests.services.test_journey import begun


async def test_what_was_judged_is_believed_only_of_the_very_answers(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, application = await begun(site)
    form = compiled(site, application)
    page = form.definition.laid_out[0]
    known = valid_answers(form.definition)
    right: dict[str, Any] = {name: known[name] for name in page.fields if name in known}
    judged = judge(form, {**application.answers, **right}, await variables_of(site, application))
    wrong = dict.fromkeys(right)
    with pytest.raises(AnswersInvalid):
        await save_page(site, actor, application, page.name, wrong, revision=0, judged=judged)
    assert (await settle(site, actor, application, page.name, wrong)).errors  # the control: without it
    read = []
    monkeypatch.setattr(applications, "read_answers", lambda *given: read.append(given))
    settled = await settle(site, actor, application, page.name, right, judged)
    assert (settled.reading.data, read) == (judged.reading.data, [])


async def test_what_is_kept_is_what_is_stored(site: Site) -> None:
    actor, application = await begun(site)
    form = compiled(site, application)
    page, known = form.definition.laid_out[0], valid_answers(form.definition)
    right = {name: known[name] for name in page.fields if name in known}
    kept: Application = await save_page(site, actor, application, page.name, right, revision=0)
    assert kept == await find(site, actor, application.reference)
    with pytest.raises(RecordChanged):
        await save_page(site, actor, application, page.name, right, revision=0)
