"""An application asked for before it is known who asks: judged as ever, and never used when it is old."""

import asyncio
from typing import Any

import pytest

from models.documents.application import Application
from models.errors import NotFound
from models.services import lookup
from models.services.lookup import ask_ahead, find
from models.services.site import Site
from tests.services.conftest import visitor
from tests.services.test_journey import begun


async def retitle(application: Application, title: str) -> None:
    await Application.raw().update_one({"_id": application.id}, {"$set": {"title": title}})


async def test_who_asks_is_judged_when_both_are_there(site: Site) -> None:
    actor, application = await begun(site)
    found = await find(site, actor, application.reference, ask_ahead(site, application.reference))
    assert found == application
    stranger = await visitor(site, "client-02")
    with pytest.raises(NotFound):
        await find(site, stranger, application.reference, ask_ahead(site, application.reference))
    with pytest.raises(NotFound):
        await find(site, actor, "NONE-1", ask_ahead(site, "NONE-1"))


async def test_another_application_or_an_old_answer_is_asked_for_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, application = await begun(site)
    other = ask_ahead(site, "NONE-1")
    assert (await find(site, actor, application.reference, other)).id == application.id
    old = ask_ahead(site, application.reference)
    await old.answer
    await retitle(application, "later")
    assert (await find(site, actor, application.reference, old)).title == application.title  # a moment ago
    monkeypatch.setattr(lookup, "AHEAD", 0.0)
    assert (await find(site, actor, application.reference, old)).title == "later"


async def test_a_failure_nobody_waits_for_troubles_nobody(site: Site) -> None:
    troubles: list[Any] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, told: troubles.append(told))
    try:
        ahead = ask_ahead(site, "NONE-1")
        ahead.answer.set_exception(ConnectionError("gone"))
        await asyncio.sleep(0)
        del ahead
        control = loop.create_future()
        control.set_exception(ConnectionError("gone"))
        del control
    finally:
        loop.set_exception_handler(before)
    assert len(troubles) == 1  # the control's
