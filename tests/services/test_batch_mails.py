"""The mails about an operator's file: one for many applications, or one for each."""

from typing import Any

import pytest

from models.documents.application import Application
from models.documents.job import Job
from models.documents.message import Message
from models.permissions import Actor
from models.services import applying, batches, jobs
from models.services.site import Site
from models.services.submitting import submit
from models.services.summaries import queue_summary
from tests.services.batching import applied, checked, lines, made, worked
from tests.services.batching import mine as mine
from tests.services.batching import owner as owner


async def mails_of(job: Job) -> dict[str, list[str]]:
    """The mails of a file's applications and of the file, the subjects by template."""
    found: dict[str, list[str]] = {}
    async for row in Message.raw().find({}).sort("_id", 1):
        found.setdefault(row["template"], []).append(row["subject"])
    return found


def many(count: int, first: int = 0) -> bytes:
    return lines(*(f",{n}号,C{n},{n},west," for n in range(first, first + count)))


async def test_a_large_file_is_told_of_in_one_mail(site: Site, mine: Actor) -> None:
    job = await applied(site, mine, await checked(site, mine, many(12)))
    references = [each.reference for each in await made(job)]
    mails = await mails_of(job)
    assert list(mails) == ["bulk_received"]
    [mail] = await Message.find_all().to_list()
    assert "12 件" in mail.subject
    assert mail.to_address == mine.email
    assert mail.body is not None
    for told in (references[0], references[-1], f"/portal/site_plan/bulk/{job.id}"):
        assert told in mail.body
    assert not {name for name in references[1:-1] if name in mail.body}


async def test_a_small_file_or_a_site_without_the_words_has_a_mail_for_each(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = await applied(site, mine, await checked(site, mine, many(10)))
    assert [(name, len(all_)) for name, all_ in (await mails_of(few)).items()] == [
        ("application_received", 10)
    ]
    without = {key: each for key, each in site.mail.items() if key[0] != "bulk_received"}
    monkeypatch.setitem(site.__dict__, "mail", without)
    more = await applied(site, mine, await checked(site, mine, many(11, 50)))
    assert [(name, len(all_)) for name, all_ in (await mails_of(more)).items()] == [
        ("application_received", 21)
    ]


async def test_what_was_sent_is_told_of_also_when_the_file_is_cancelled(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once as it stands then, once when it was gone on with; doing it again tells nothing."""
    monkeypatch.setattr(applying, "SENT", 2)
    job = await checked(site, mine, many(12))

    async def stopping(*given: Any, **more: Any) -> Application:
        sent = await submit(*given, **more)
        if given[2].title == "2号":
            await batches.cancel(site, mine, await jobs.find_job(job.id))  # type: ignore[arg-type]
        return sent

    monkeypatch.setattr(applying, "submit", stopping)
    stopped = await applied(site, mine, job)
    assert stopped.state == "cancelled"
    told = (await mails_of(job))["bulk_received"]
    assert "4 件" in told[-1]
    monkeypatch.setattr(applying, "submit", submit)
    done = await worked(site, await batches.resume(site, mine, stopped))
    mails = await mails_of(job)
    assert set(mails) == {"bulk_received"}
    assert "12 件" in mails["bulk_received"][-1]
    await site.store.transaction(lambda session: queue_summary(site, done, session))
    assert await mails_of(job) == mails
