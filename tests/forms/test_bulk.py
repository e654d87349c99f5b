"""An operator's file through the pages, without script: taken, filled in, brought, checked, sent."""

import csv
import io
from dataclasses import replace

from python_calamine import load_workbook

from models.documents.application import Application
from models.documents.job import Job
from models.errors import ScannerUnavailable
from models.services import jobs
from models.services.site import Site
from tests.forms.tab import Tab

HERE = "/portal/resource/bulk"


async def work(site: Site) -> None:
    """What the worker does meanwhile."""
    while await jobs.run_one(site, kinds=("bulk",)):
        pass


async def template(tab: Tab) -> list[list[str]]:
    """The heads and the example of the CSV template."""
    answer = await tab.client.get(f"{HERE}/files/template.csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def written(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


async def bring(tab: Tab, content: bytes, name: str = "電源一覧.csv") -> Tab:
    await tab.open(HERE)
    return await tab.press("取り込む", files={"file": (name, content)})


async def test_a_file_becomes_applications_row_by_row(administrator: Tab, site: Site) -> None:
    tab = administrator
    rights, heads, example = await template(tab)
    assert "改変することはできません" in rights[0]
    places = {head: at for at, head in enumerate(heads)}

    def row(name: str, **changed: str) -> list[str]:
        cells = [*example]
        for head, value in {"番号": "", "電源等の名称": name, **changed}.items():
            cells[places[head]] = value
        return cells

    codes = [{"系統コード": f"3Z00{n}", "受電地点特定番号": f"03{n:020}"} for n in (7, 8, 9)]
    rows = [example, row("第一", **codes[0]), row("第二", **codes[1], エリア="火星"), row("第三", **codes[2])]
    content = written([[*heads, "社内用"], *([*cells, "=1+1"] for cells in rows)], "cp932")
    await bring(tab, content)
    assert "項目が分からない列" in tab.text
    assert "社内用" in tab.text
    await tab.press("行を確認する")
    assert tab.answer.headers["refresh"].startswith("3; url=/portal/resource/bulk/")
    assert tab.page.all("progress")
    assert "refresh" not in (await tab.client.get(f"{tab.path}?still=1")).headers
    await work(site)
    await tab.open(tab.path)
    assert "2 件は提出できます" in tab.text
    assert "火星" in tab.text
    await tab.press("実行する")
    assert (tab.status, tab.errors()) == (422, {"#way": "各行をどうするかを選んでください。"})
    await tab.press("実行する", {"way": "send"})
    await work(site)
    await tab.open(tab.path)
    assert "2 件を提出しました" in tab.text
    result = (await tab.client.get(f"{tab.path}/result")).content.decode("utf-8-sig")
    sent = await Application.find({"batch.row": {"$in": [3, 5]}}).to_list()
    assert [each.state for each in sent] == ["submitted", "submitted"]
    assert all(each.reference in result for each in sent)
    errors = (await tab.client.get(f"{tab.path}/errors")).content.decode("utf-8-sig")
    assert errors.splitlines()[1].startswith("4,エリア,火星,")


async def test_records_are_taken_changed_and_brought_back(administrator: Tab, site: Site) -> None:
    tab = administrator
    answer = await tab.client.get(f"{HERE}/files/records.xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheet_names == ["入力", "選択肢", "項目の説明"]
    rows = [[str(cell) for cell in row] for row in book.get_sheet_by_name("入力").to_python()]
    await bring(tab, answer.content, "そのまま.xlsx")
    await tab.press("行を確認する")
    await work(site)
    await tab.open(tab.path)
    assert f"{len(rows) - 1} 件は変更がないため申請しません" in tab.text
    place = rows[0].index("電源等の名称")
    rows[1][place] = "=名称を変えた"
    await bring(tab, written(rows))
    await tab.press("行を確認する")
    await work(site)
    await tab.open(tab.path)
    await tab.press("実行する", {"way": "drafts"})
    await work(site)
    [draft] = await Application.find({"batch.row": 2}).to_list()
    assert (draft.kind, draft.state, draft.answers["resource_name"]) == ("change", "draft", "=名称を変えた")


class Away:
    """A scanner that does not answer."""

    async def scan(self, content: bytes) -> str:
        raise ScannerUnavailable


async def test_what_is_refused_or_cannot_be_scanned_is_told_at_the_file(
    administrator: Tab, site: Site
) -> None:
    tab = administrator
    await bring(tab, b"")
    assert (tab.status, tab.errors()) == (422, {"#file": "ファイルが空です。"})
    await tab.open(HERE)
    await tab.press("取り込む")
    assert tab.errors() == {"#file": "ファイルを選んでください。"}
    assert await Job.find({"kind": "bulk"}).count() == 0
    app = tab.client._transport.app  # type: ignore[attr-defined]
    app.state.site = replace(site, scanner=Away())
    await bring(tab, "電源等の名称\n第一".encode())
    assert tab.status == 503
    assert "ウイルスの検査ができない" in tab.errors()["#file"]
    assert await Job.find({"kind": "bulk"}).count() == 0


async def test_addresses_of_others_and_of_other_types_are_none(administrator: Tab) -> None:
    await bring(administrator, "電源等の名称\n第一".encode())
    address = administrator.path
    for path in (address.replace("resource", "operator"), "/portal/operator/bulk", f"{HERE}/nonsense"):
        assert (await administrator.client.get(path)).status_code == 404
    assert (await administrator.client.get(f"{HERE}/files/other.xlsx")).status_code == 404
    mine = await Job.find_one({"kind": "bulk"})
    assert mine is not None
    await Job.raw().update_one({"_id": mine.id}, {"$set": {"operator_id": None}})
    for path in (address, f"{address}/errors", f"{address}/result"):
        assert (await administrator.client.get(path)).status_code == 404
    for act in ("check", "apply", "cancel", "resume"):
        answer = await administrator.client.post(f"{address}/{act}", data={"way": "send"})
        assert answer.status_code == 404
