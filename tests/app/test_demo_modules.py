"""Demo data of any module: rows of several files that name one another, people of two modules."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import yaml  # type: ignore[import-untyped]

from app.certificates import TrialAuthority
from app.database import Database
from app.demo import load_demo
from app.demo_files import KINDS, DemoRows, read_demo
from app.demo_records import DemoRecords
from app.opening import build_site, configuration_of
from app.settings import ROOT, Settings
from models.clock import system_clock, system_entropy
from models.documents.account import Account
from models.documents.message import Message
from models.documents.record import Record
from models.errors import ConfigurationError
from models.services.site import Site
from tests.clock import Hands
from tests.configuration.sample import write_site

FIXTURES = ROOT / "fixtures"
PERMITS = FIXTURES / "example_permits"
OTHERS = """demo: records
records:
  - record_type: stall
    operator: みどり商店会
    data: {permit: "@autumn", goods: 焼き芋}
  - record_type: permit
    as: autumn
    operator: みどり商店会
    day: -20
    data:
      {event_name: 秋の市, place: central_park, begins_on: "2026-01-10", ends_on: "2026-01-11",
       stalls: 3, uses_fire: false}
    steps:
      - {step: end, by: system, after: 10}
      - {step: report, by: mori, after: 2.5, data: {visitors: 300, cleaned: true}}
"""
STALL = """record_type: stall
label: {ja: 出店, en: Stall}
collection: stalls
number: {field: stall_number, format: "S{seq:04}"}
title: "{goods}"
classification: users_only
applications: {workflow: review}
lifecycle: registered
fields:
  - {name: permit, type: reference, to: permit, label: {ja: 許可, en: Permit}, required: true, personal: no}
  - {name: goods, type: text, label: {ja: 品物, en: Goods}, required: true, personal: no}
"""
PEOPLE = """demo: accounts
accounts:
  - {login: desk, name: 別人, email: other@stalls.example.jp, roles: [auditor], kind: staff}
  - {login: hana, name: 市場 花, email: hana@x.example.jp, roles: [user], kind: operator, operator: 港の会}
"""
GROUPS = """demo: records
records:
  - record_type: organiser
    data: {organiser_name: 港の会, admin_name: 港 一, admin_email: minato@stalls.example.jp, berth: 3}
"""
OWN = (PERMITS / "record_types" / "organiser.yaml").read_text(encoding="utf-8")
BERTH = "  - {name: berth, type: integer, label: {ja: 岸壁, en: Berth}, required: true, personal: no}\n"
MODULE = """module:
  name: stalls
  label: {ja: 出店, en: Stalls}
  yields: [record_type.organiser]
"""

Open = Callable[..., Awaitable[Site]]


@pytest_asyncio.fixture
async def open_site(store: Database, tmp_path: Path) -> AsyncIterator[Open]:
    async def opened(*modules: Path) -> Site:
        settings = Settings(data=tmp_path / "var", config=modules, smtp_url=None)
        hands = Hands()
        hands.now = system_clock()
        return await build_site(settings, configuration_of(settings), store, hands, system_entropy)

    yield opened


async def only(site: Site, name: str) -> Record:
    """The one record of a type."""
    found = await site.records[name].collection.find({}, {"_id": 1}).to_list()
    assert len(found) == 1
    record = await site.records[name].get(found[0]["_id"])
    assert record is not None
    return record


def behind(folder: Path, **files: str) -> Path:
    """A module with these demo files, a record type of its own, and organisers it leaves to others."""
    described = {
        "module.yaml": MODULE,
        "record_types/stall.yaml": STALL,
        "record_types/organiser.yaml": OWN + BERTH,
    }
    return write_site(folder, {**described, **{f"demo/{name}.yaml": text for name, text in files.items()}})


async def test_two_modules_bring_people_operators_and_records_that_name_one_another(
    open_site: Open, tmp_path: Path
) -> None:
    site = await open_site(PERMITS, behind(tmp_path / "stalls", people=PEOPLE, groups=GROUPS, others=OTHERS))
    for _ in range(2):  # loaded twice it is there once
        told = await load_demo(site, tmp_path / "demo")
    assert [account.login for account in told] == ["desk", "chief", "mori", "hana"]
    desk, hana = [await Account.find_one({"login": login}) for login in ("desk", "hana")]
    assert desk is not None
    assert hana is not None
    assert (desk.name, desk.roles) == ("窓口 一郎", ["reviewer"])  # the first of two holds
    owner = await site.records["organiser"].get(hana.operator_id)
    assert owner is not None
    assert (owner.title, "berth" in owner.data) == ("港の会", False)  # what both types know
    permit, stall = await only(site, "permit"), await only(site, "stall")
    assert stall.data["permit"] == permit.number
    assert (permit.lifecycle, permit.data["visitors"]) == ("closed", 300)
    assert (permit.updated_at - permit.created_at).total_seconds() == 12.5 * 86_400
    assert await Message.find({"sent_at": None}).to_list() == []


PLAIN = OTHERS.partition("    steps")[0]
BROKEN = {
    "@autumn": PLAIN.replace("as: autumn", "as: spring"),
    "秋の市: repeat": OTHERS.replace("step: end", "step: repeat"),
    "誰か": PLAIN.replace("operator: みどり商店会", "operator: 誰か", 1),
    "stalls": PLAIN.replace("stalls: 3", "stalls: 0"),
}
"""Rows that cannot be loaded, by what is named of them."""


async def test_what_cannot_be_loaded_is_named(open_site: Open, tmp_path: Path) -> None:
    site = await open_site(PERMITS, behind(tmp_path / "stalls", others=OTHERS))
    records = DemoRecords(site, tmp_path / "demo", TrialAuthority(site.now()))
    await records.load_operators(read_demo(site.configuration))
    for named, text in BROKEN.items():
        rows = DemoRows()
        rows.rows["records"].extend(yaml.safe_load(text)["records"])
        with pytest.raises(ConfigurationError) as refused:
            await records.load_others(rows)
        assert named in str(refused.value)


def test_rows_of_no_known_kind_are_refused(tmp_path: Path) -> None:
    text = OTHERS.replace("demo: records", "demo: recordings")
    settings = Settings(config=(PERMITS, behind(tmp_path / "stalls", others=text)))
    with pytest.raises(ConfigurationError) as refused:
        read_demo(configuration_of(settings))
    assert refused.value.findings[0].values["known"] == ", ".join(f"demo: {kind}" for kind in KINDS)


def test_rows_for_a_type_left_to_another_module_are_known(tmp_path: Path) -> None:
    settings = Settings(config=(PERMITS, behind(tmp_path / "stalls", groups=GROUPS)))
    demo = read_demo(configuration_of(settings))
    assert demo.foreign == {1}
    assert len(demo.rows["records"]) == 2  # control: the organiser of the first module is its own


@pytest.mark.slow
@pytest.mark.parametrize(
    "modules", [["smart_meter"], ["capacity_market", "smart_meter"]], ids=["alone", "together"]
)
async def test_the_demo_of_our_modules_loads(open_site: Open, tmp_path: Path, modules: list[str]) -> None:
    site = await open_site(*[FIXTURES / name for name in modules])
    told = await load_demo(site, tmp_path / "demo", applications=True)
    assert len({account.login for account in told}) == len(told) > 10
    for name in site.registry.all_current().keys() & {"operator", "connection", "contact"}:
        assert await site.records[name].collection.find_one({}) is not None
