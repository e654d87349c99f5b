"""An operator's files: whose they are, how much, and when."""

import pytest

from models.documents.application import Application
from models.documents.job import Job
from models.errors import JobMoved, NotAllowed, NotFound, TransferRefused, WritingStopped
from models.permissions import Actor
from models.services import batches, jobs, transfers
from models.services.batches import Order
from models.services.site import Site
from models.services.stops import set_stop
from tests.clock import Hands
from tests.services.batching import ROWS, applied, begun, checked, lines, made, worked
from tests.services.batching import mine as mine
from tests.services.batching import owner as owner
from tests.services.conftest import staff
from tests.services.contracts import another
from tests.services.contracts import operator as person


async def test_a_file_is_its_operators_alone(site: Site, mine: Actor) -> None:
    job = await checked(site, mine, lines(*ROWS))
    stranger, reviewer = another(mine), await staff(site, "reviewer", "reviewer")
    with pytest.raises(NotFound):
        await batches.find(site, stranger, "site_plan", job.id)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await batches.apply(site, stranger, job, Order())
    with pytest.raises(NotFound):
        await batches.cancel(site, stranger, job)
    with pytest.raises(NotAllowed):
        await batches.find(site, reviewer, "site_plan", job.id)  # type: ignore[arg-type]
    assert await batches.listed(site, stranger, "site_plan") == []
    colleague = await person(site, "U2", "user", of=mine.operator_id)
    assert (await batches.find(site, colleague, "site_plan", job.id)).id == job.id  # type: ignore[arg-type]


async def test_one_file_of_an_operator_is_worked_on_at_a_time(site: Site, mine: Actor) -> None:
    first, second = await begun(site, mine, lines(*ROWS)), await begun(site, mine, lines(*ROWS))
    queued = await batches.check(site, mine, first)
    with pytest.raises(TransferRefused, match="being worked on"):
        await batches.check(site, mine, second)
    await worked(site, queued)
    assert (await batches.check(site, mine, second)).state == "queued"


REFUSED = {
    b"": "empty",
    b"title\n": "no rows",
    b"title\n" + b"x\n" * 10_001: "more than",
    b"title\n" + b"x" * (10 * 1_048_576): "larger than",
    b'{"title": "x"}\n': "CSV or Excel",
    b"PK\x03\x04 no workbook": "workbook",
    b"title\n\x81": "neither UTF-8 nor cp932",
    b"title\n\0": "NUL",
}


async def test_a_file_that_cannot_be_taken_is_refused_in_words(site: Site, mine: Actor) -> None:
    for content, words in REFUSED.items():
        with pytest.raises(TransferRefused, match=words):
            await begun(site, mine, content)
    assert await Job.count() == 0


async def test_cp932_is_told_from_utf_8(site: Site, mine: Actor) -> None:
    content = lines(",一号,A1,5,west,").decode().encode("cp932")
    job = await applied(site, mine, await checked(site, mine, content), send=False)
    assert (job.parameters["encoding"], (await made(job))[0].answers["title"]) == ("cp932", "一号")


async def test_nothing_is_brought_in_while_applicants_only_read(site: Site, mine: Actor) -> None:
    job = await checked(site, mine, lines(*ROWS))
    administrator = await staff(site, "system", "system_administrator")
    await set_stop(site, administrator, None, level="read_only", code=1, text="保守")
    with pytest.raises(WritingStopped):
        await begun(site, mine, lines(*ROWS))
    with pytest.raises(WritingStopped):
        await batches.apply(site, mine, job, Order())


async def test_after_a_week_neither_the_file_nor_its_cells_are_kept(
    site: Site, mine: Actor, hands: Hands
) -> None:
    job = await checked(site, mine, lines(*ROWS))
    assert not await transfers.remove_one(site)
    hands.now += batches.KEPT_FOR
    assert await transfers.remove_one(site)
    left = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert (left.state, left.failed, left.source) == ("cancelled", [], None)
    with pytest.raises(JobMoved):
        await batches.resume(site, mine, left)


async def test_a_file_put_away_unchecked_is_not_applied_by_going_on_with_it(site: Site, mine: Actor) -> None:
    job = await begun(site, mine, lines(*ROWS))
    put_away = await batches.cancel(site, mine, job)
    resumed = await worked(site, await batches.resume(site, mine, put_away))
    assert (resumed.state, resumed.phase, await Application.count()) == ("prepared", "", 0)
    await Job.raw().update_one({"_id": job.id}, {"$set": {"state": "queued"}})
    with pytest.raises(JobMoved):
        await jobs.run_this(site, await jobs.find_job(job.id))  # type: ignore[arg-type]
    assert await Application.count() == 0
