"""Every door an upload comes by shows it to the scanner first: what is infected, or was not looked into, is
not kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from models.documents.event import Event
from models.errors import ScannerUnavailable, UploadRefused
from models.services import lifecycles, transfers, uploads
from models.services.lifecycles import Evidence
from models.services.site import Site
from tests.eicar import EICAR, MARK
from tests.services.conftest import staff
from tests.services.contracts import contract
from tests.services.contracts import operator as contractor
from tests.services.transferring import operator

Door = Callable[[Site, bytes], Awaitable[object]]


@dataclass
class Looking:
    """A scanner that knows one virus."""

    answers: bool = True

    async def scan(self, content: bytes) -> str:
        if not self.answers:
            raise ScannerUnavailable
        return "Eicar-Signature" if MARK in content else ""


async def attachment(site: Site, content: bytes) -> object:
    mine = await contractor(site, "U1")
    return await uploads.attach(
        site, mine, await contract(site, mine), "papers", "山田太郎の履歴.txt", content
    )


async def evidence(site: Site, content: bytes) -> object:
    approver, record = await staff(site, "approver", "approver"), await operator(site)
    paper = Evidence("届出.pdf", b"%PDF-1.7 " + content)
    return await lifecycles.act(
        site, approver, record, "succeed", reason="合併", evidence=paper, revision=record.revision
    )


async def table(site: Site, content: bytes) -> object:
    steward = await staff(site, "steward", "steward")
    rows = b"number,operator_code\n," + content
    return await transfers.begin_import(site, steward, "operator", "records", "x.csv", rows, purpose="試験")


DOORS = pytest.mark.parametrize("door", [attachment, evidence, table])


async def kept(site: Site) -> int:
    return int(await site.store.mongo["attachments.files"].count_documents({}))


@DOORS
async def test_what_is_infected_is_not_kept_at_any_door(site: Site, door: Door) -> None:
    guarded = replace(site, scanner=Looking())
    with pytest.raises(UploadRefused, match="virus was found"):
        await door(guarded, EICAR)
    assert await kept(site) == 0
    told = await Event.find({"action": "upload.infected"}).to_list()
    assert [event.details["virus"] for event in told] == ["Eicar-Signature"]
    assert "山田" not in str(told)


@DOORS
async def test_nothing_is_kept_while_the_scanner_does_not_answer(site: Site, door: Door) -> None:
    with pytest.raises(ScannerUnavailable):
        await door(replace(site, scanner=Looking(answers=False)), b"harmless")
    assert await kept(site) == 0
    assert await Event.find({"action": "upload.not_scanned"}).count() == 1


@DOORS
async def test_what_is_clean_is_kept_and_without_a_scanner_everything(site: Site, door: Door) -> None:
    await door(replace(site, scanner=Looking()), b"harmless")
    assert await kept(site) == 1


async def test_without_a_scanner_the_virus_would_be_kept(site: Site) -> None:
    await attachment(site, EICAR)
    assert await kept(site) == 1
