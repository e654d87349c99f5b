"""Secrets come in by an operator's file and never leave by one; the file itself is kept sealed."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from models.documents.application import Application
from models.documents.job import Job
from models.errors import NotFound, TransferRefused
from models.interchange.tables.columns import answer_columns
from models.permissions import Actor
from models.services import batches, brought, jobs, transfers
from models.services.batches import Order
from models.services.key_register import QUIET
from models.services.secrets import unseal
from models.services.site import Site
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.contracts import operator as person
from tests.services.sealing import DEVICE, NEW, OLD, record_of, with_keys
from tests.services.stored import publish
from tests.services.test_secret_keys import rotated
from tests.services.transferring import operator

HEADS = "番号,title,pin,inside.word"
NAMES = ("first", "second", "third", "fourth", "fifth")


async def mine_of(site: Site) -> Actor:
    await publish(site, DEVICE)
    return await person(site, "U1", "administrator", of=(await operator(site)).id)


async def begun(site: Site, mine: Actor, *rows: str, heads: str = HEADS) -> Job:
    kind = site.registry.current("bench_device").definition
    return await batches.begin(site, mine, kind, "rows.csv", "\n".join((heads, *rows)).encode(), "ja")


async def checked(site: Site, mine: Actor, job: Job) -> Job:
    await jobs.run_this(site, await batches.check(site, mine, job))
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def drafted(site: Site, mine: Actor, job: Job) -> list[Application]:
    await jobs.run_this(site, await batches.apply(site, mine, job, Order()))
    found: list[Application] = await Application.find({"batch.job": job.id}).sort("batch.row").to_list()
    return found


async def test_a_row_brings_a_new_secret_and_an_empty_cell_keeps_the_one_there_is(site: Site) -> None:
    mine = await mine_of(site)
    record = await record_of(site, mine, *NAMES)
    rows = (",新しい装置,1234,word-1", f"{record.number},装置,,word-2")
    job = await checked(site, mine, await begun(site, mine, *rows))
    assert (job.counts, job.failed) == ({"new": 1, "changed": 1, "ready": 2}, [])
    new, change = await drafted(site, mine, job)
    assert unseal(site, new.answers["pin"]) == "1234"
    assert unseal(site, new.answers["inside"]["word"]) == "word-1"
    assert change.answers["pin"] == record.data["pin"]
    assert unseal(site, change.answers["inside"]["word"]) == "word-2"
    assert change.answers["lines"] == record.data["lines"], "what the file cannot bring stays"


async def test_what_is_wrong_is_told_without_what_stood_in_the_cell(site: Site) -> None:
    mine = await mine_of(site)
    wrong = "x" * 201
    job = await checked(site, mine, await begun(site, mine, f",装置,{wrong},w"))
    assert [(each["column"], each["value"]) for each in job.failed] == [("pin", "")]
    assert wrong not in str(job.model_dump())


async def test_the_file_is_kept_sealed_with_a_key_that_is_carried_over(site: Site, hands: Hands) -> None:
    before, after = with_keys(site, OLD), with_keys(site, NEW, OLD)
    mine = await mine_of(before)
    job = await begun(before, mine, ",装置,1234,w")
    assert job.source is not None
    kept = b"".join([piece async for piece in site.store.attachments.read(job.source)])
    assert b"1234" not in kept
    assert urlsafe_b64encode(b"1234")[:-2] not in kept
    hands.now += QUIET
    await rotated(after)
    again = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert again.parameters[brought.OWN_KEY] != job.parameters[brought.OWN_KEY]
    assert b"1234" in await brought.content_of(with_keys(site, NEW), again)
    with pytest.raises(NotFound):
        await brought.content_of(with_keys(site, OLD), again)


async def test_a_file_without_a_line_of_heads_is_not_kept(site: Site) -> None:
    """Its first line, a secret in it, would be kept as it stands."""
    mine = await mine_of(site)
    with pytest.raises(TransferRefused):
        await begun(site, mine, ",b,c,d", heads=",装置,secret-pin,w")
    assert await Job.find_all().count() == 0


async def test_cells_are_shown_only_of_columns_that_hold_no_secret(site: Site) -> None:
    job = await begun(site, await mine_of(site), ",装置,1234,w")
    names = ("title", "_number", "pin", "pin.0", "inside", "inside.word", "no_field", "")
    assert [name for name in names if brought.may_be_shown(site, job, name)] == ["title", "_number"]


async def test_no_export_has_a_column_for_a_secret_and_no_import_of_the_staff_brings_one(site: Site) -> None:
    mine = await mine_of(site)
    names = {column.name for column in answer_columns(DEVICE)}
    assert names == {"title", "inside.note", "lines"}
    columns: Any = {column.name: column for column in batches.columns(site, mine, DEVICE)}
    record = await record_of(site, mine, *NAMES)
    assert columns["pin"].take(record.data) is None
    steward = await staff(site, "steward", "steward")
    content = "_operator,title,pin\n9A01,装置,1234".encode()
    job = await transfers.begin_import(
        site, steward, "bench_device", "records", "r.csv", content, purpose="x"
    )
    assert job.parameters["mapping"] == ["_operator", "title", ""]
