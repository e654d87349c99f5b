"""Tables whose rows have pages of their own: listed, filled in one by one, in several windows."""

from typing import Any

import pytest
from starlette.applications import Starlette

from app.main import create_app
from app.opening import configuration_of
from app.settings import Settings
from forms.pages import rows as row_pages
from forms.pages.draft import _in_one_page
from forms.render.plan import plan_form
from models.documents.application import Application
from models.services.site import Site
from tests.forms.tab import Tab
from tests.forms.test_filling_in import PDF
from tests.services.transferring import MODULES


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Starlette, Settings]:
    """The program with the record type that has every kind of field."""
    settings = Settings(
        data=tmp_path_factory.mktemp("rows"), config=MODULES, worker=False, smtp_url=None, hours="always"
    )
    return create_app(settings), settings


FIRST = {"visited.year": "2026", "visited.month": "4", "visited.day": "1", "place": "本館", "result": "good"}


def row(number: int, **typed: str) -> dict[str, str]:
    """What is typed into a row."""
    return {f"visits.{number}.{name}": text for name, text in {**FIRST, **typed}.items()}


async def stored() -> Application:
    found = await Application.find_one({"type": "showcase"})
    assert found is not None
    return found


async def rows() -> list[Any]:
    return list((await stored()).answers.get("visits") or [])


async def at_list(tab: Tab) -> Tab:
    """The page that lists the rows of a new application."""
    await tab.open("/apply/showcase")
    await tab.press("申請を始める")
    return await tab.open(f"/applications/{(await stored()).reference}/pages/tables")


async def with_rows(tab: Tab, *places: str) -> Tab:
    await at_list(tab)
    for number, place in enumerate(places):
        await tab.press("追加する", {"units.0.unit_name": "一号機"} if number == 0 else {})
        await tab.press("この内容を保存する", row(number, place=place))
    return tab


async def test_rows_are_listed_and_filled_in_on_pages_of_their_own(administrator: Tab) -> None:
    tab = await at_list(administrator)
    assert "まだ追加されていません" in tab.text
    await tab.press("追加する", {"units.0.unit_name": "一号機"})
    assert tab.path.endswith("/pages/tables/visits/new")
    assert (await stored()).answers["units"][0]["unit_name"] == "一号機"  # kept on the way
    await tab.press("この内容を保存する", {"visits.0.place": "本館"})
    assert tab.status == 422
    assert set(tab.errors()) == {"#field-visits-0-visited", "#field-visits-0-result"}
    assert await rows() == []
    await tab.press("この内容を保存する", row(0, result="fault"))
    assert "お答えに応じて質問が増えました" in tab.text
    await tab.press("この内容を保存する", {"visits.0.fault": "油漏れ、交換"})
    assert tab.path.endswith("/pages/tables")
    assert "2026年4月1日 本館" in tab.text
    await tab.press("変更")
    assert tab.path.endswith("/visits/1")
    await tab.press("保存してあとで続ける", {"visits.0.place": "別館"})
    assert [each["place"] for each in await rows()] == ["別館"]


async def test_an_error_in_a_row_leads_to_its_page(administrator: Tab) -> None:
    tab = await with_rows(administrator, "本館")
    await tab.press("変更")
    await tab.press("一覧に戻る", {"visits.0.place": ""})
    await tab.press("次へ進む")
    target = next(target for target in tab.errors() if "visits-0-place" in target)
    reference = (await stored()).reference
    assert target == f"/applications/{reference}/pages/tables/visits/1#field-visits-0-place"
    assert "誤りあり" in tab.text
    await tab.open(f"/applications/{reference}/check")
    await tab.press("この内容で提出する")
    target = next(target for target in tab.errors() if "visits-0-place" in target)
    await tab.open(target)
    await tab.press("この内容を保存する", {"visits.0.place": "本館"})
    assert tab.path.endswith("/check")


async def test_a_row_removed_in_one_window_does_not_move_another_under_what_is_typed(
    administrator: Tab,
) -> None:
    tab = await with_rows(administrator, "一", "二")
    address = f"{tab.path}/visits/2"
    await tab.open(address)
    second = tab.page.sent(tab.button("この内容を保存する").inside("form"))
    await tab.open(address.removesuffix("/visits/2"))
    stale = tab.page.sent(tab.button("次へ進む").inside("form"))
    await tab.press("削除")  # the last button of that name: the second row
    assert [each["place"] for each in await rows()] == ["一"]
    changed = [(name, "二の改" if name.endswith(".place") else text) for name, text in second]
    await tab.post(address, [*changed, ("action", "next")])
    assert tab.status == 409
    assert "二の改" in (tab.page.by_id("field-visits-1-place") or tab.page.elements[0]).get("value")
    await tab.press("この内容を保存する")
    assert [each["place"] for each in await rows()] == ["一", "二の改"]
    before = await rows()
    await tab.post(address.removesuffix("/visits/2"), [*stale, ("action", "remove:visits:0")])
    assert (tab.status, await rows()) == (409, before)


async def test_one_row_changed_in_two_windows_is_asked(administrator: Tab) -> None:
    tab = await with_rows(administrator, "一")
    await tab.press("変更")
    address, mine = tab.path, tab.page.sent(tab.button("この内容を保存する").inside("form"))
    await tab.press("この内容を保存する", {"visits.0.place": "あちら"})
    late = [(name, "こちら" if name.endswith(".place") else text) for name, text in mine]
    await tab.post(address, [*late, ("action", "next")])
    assert tab.status == 409
    assert "あちら" in tab.text
    assert [each["place"] for each in await rows()] == ["あちら"]
    await tab.press("この内容を保存する", {"row__choice": "theirs"})
    assert [each["place"] for each in await rows()] == ["あちら"]
    await tab.post(address, [*late, ("action", "next")])
    await tab.press("この内容を保存する")
    assert [each["place"] for each in await rows()] == ["こちら"]


async def test_a_row_is_kept_while_it_is_typed_and_gets_its_number(administrator: Tab) -> None:
    tab = await at_list(administrator)
    await tab.press("追加する")
    pairs = dict(tab.page.sent(tab.button("この内容を保存する").inside("form")))
    data = {**pairs, "visits.0.place": "途中", "action": "keep"}
    told = (await tab.client.post(tab.path, data=data)).json()
    assert (told["kept"], told["address"][-9:]) == (True, "/visits/1")
    more = {**data, "visits.0.place": "途中まで", "base": told["base"]}
    assert (await tab.client.post(told["address"], data=more)).json()["kept"]
    assert [each["place"] for each in await rows()] == ["途中まで"]
    assert (await stored()).pages_done == []


async def test_a_row_that_is_not_there_is_not_found(administrator: Tab) -> None:
    tab = await with_rows(administrator, "一")
    address = tab.path
    for row in (
        "visits/0",
        "visits/2",
        "visits/01x",
        "visits/-1",
        "visits/９",
        "visits/9999999999",
        "units/1",
    ):
        await tab.open(f"{address}/{row}")
        assert tab.status == 404, row


async def test_after_a_return_only_remarked_tables_open_their_rows(administrator: Tab, site: Site) -> None:
    del site
    tab = await with_rows(administrator, "一")
    application = await stored()
    reviewer = {"kind": "staff", "id": None, "name": "審査"}
    remark = {"by": reviewer, "at": application.created_at, "round": 1, "text": "場所を詳しく"}
    submission = {"round": 1, "at": application.created_at, "data": {}}

    async def returned(field: str) -> None:
        await Application.raw().update_one(
            {"_id": application.id},
            {"$set": {"remarks": [{**remark, "field": field}], "submissions": [submission]}},
        )

    await returned("story")
    await tab.open(f"{tab.path}/visits/1")
    assert tab.path.endswith("/pages/tables")
    assert [e for e in tab.page.all("button") if "visits" in e.get("value")] == []
    await returned("visits.0.place")
    await tab.open(f"{tab.path}/visits/1")
    assert "場所を詳しく" in tab.text
    await tab.press("この内容を保存する", {"visits.0.place": "本館一階"})
    assert [each["place"] for each in await rows()] == ["本館一階"]


async def test_control_by_its_number_alone_a_row_would_be_written_over(
    administrator: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await with_rows(administrator, "一")
    monkeypatch.setattr(row_pages, "_locate", lambda *given: int(given[2]) - 1)
    await tab.press("変更")
    address, mine = tab.path, tab.page.sent(tab.button("この内容を保存する").inside("form"))
    await tab.press("この内容を保存する", {"visits.0.place": "あちら"})
    await tab.post(address, [*mine, ("action", "next")])
    assert [each["place"] for each in await rows()] == ["一"]


async def test_a_secret_is_kept_sealed_however_often_it_is_kept(administrator: Tab) -> None:
    tab = await at_list(administrator)
    await tab.open(tab.path.replace("/tables", "/links"))
    pairs = dict(tab.page.sent(tab.button("次へ進む").inside("form")))
    data = {**pairs, "password": "zettai-himitsu", "action": "keep"}
    told = (await tab.client.post(tab.path, data=data)).json()
    again = (await tab.client.post(tab.path, data={**data, "base": told["base"]})).json()
    assert (told["kept"], again["kept"]) == (True, True)
    assert "zettai" not in str((await stored()).answers)
    assert "password" in (await stored()).answers


def test_another_doors_frame_draws_the_table_whole(program: tuple[Starlette, Settings]) -> None:
    kind = configuration_of(program[1]).record_types["showcase"]
    drawn = {c.name: c.macro for page in plan_form(_in_one_page(kind), "ja").pages for c in page.controls}
    assert (drawn["visits"], drawn["units"]) == ("table", "table")
    assert plan_form(kind, "ja").by_page["tables"].controls[-1].macro == "rows"


async def photographs() -> list[str]:
    return [each["filename"] for each in (await stored()).answers.get("photos") or []]


async def test_a_file_taken_away_leaves_room_for_another_at_once(administrator: Tab) -> None:
    tab = await at_list(administrator)
    address = f"/applications/{(await stored()).reference}/pages/links"
    for name in ("一", "二", "三"):
        await tab.open(address)
        await tab.press("保存してあとで続ける", files={"photos": (f"{name}.pdf", PDF)})
    await tab.open(address)
    await tab.press("保存してあとで続ける", files={"photos": ("四.pdf", PDF)})  # control: it is full
    assert (tab.status, await photographs()) == (422, ["一.pdf", "二.pdf", "三.pdf"])
    form = tab.button("次へ進む").inside("form")
    assert form is not None
    await tab.post(address, [*tab.page.sent(form), ("action", "remove:photos:1")], form)
    assert await photographs() == ["一.pdf", "三.pdf"]
    assert "二.pdf" not in tab.text
    await tab.press("保存してあとで続ける", files={"photos": ("四.pdf", PDF)})
    assert tab.path.endswith("/save")
    assert await photographs() == ["一.pdf", "三.pdf", "四.pdf"]
