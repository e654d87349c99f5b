"""What everybody who may see schemas can read: the types, their versions, forms, workflows and examples."""

import re

import pytest

from tests.admin.studio.conftest import Enter, Studio

LOOKERS = ("reviewer-1", "approver-1", "auditor-1", "steward-1")


async def test_the_list_tells_each_type_with_its_version_and_records(enter: Enter) -> None:
    page = await (await enter("reviewer-1")).see()
    row = page[page.index("/admin/studio/types/resource") :].partition("</tr>")[0]
    assert re.findall(r'<td class="a-num">([^<]*)</td>', row)[0] == "1"
    assert re.findall(r'<td class="a-num">([^<]*)</td>', row)[-1] == "4"
    assert "Switched off" in page
    assert "Files differ" not in page


async def test_a_type_whose_files_differ_is_marked(studio: Studio, enter: Enter) -> None:
    first, second = await enter("steward-1"), await enter("steward-2")
    text = (await first.source()).replace("en: Resource}", "en: Power source}", 1)
    reference = await first.propose(text)
    assert (await second.decide(reference, "approve")).status_code == 303
    page = await first.see()
    assert page.count("Files differ") == 1
    assert "Files differ" in await first.see("/types/resource")


@pytest.mark.parametrize("who", LOOKERS)
@pytest.mark.parametrize("part", ["versions", "form", "source", "workflow", "examples"])
async def test_every_part_of_a_type_is_shown(enter: Enter, who: str, part: str) -> None:
    page = await (await enter(who)).see(f"/types/resource?part={part}")
    assert "style=" not in page.partition("<main")[2]
    assert ('href="/admin/studio/types/resource/edit"' in page) == (who == "steward-1")


@pytest.mark.parametrize(
    "path",
    ["/types/nothing", "/types/resource?part=nothing", "/types/resource/versions/7", "/types/x/versions/1"],
)
async def test_what_is_not_there_is_not_found(enter: Enter, path: str) -> None:
    await (await enter("steward-1")).see(path, status=404)


async def test_the_form_is_shown_in_both_languages_and_can_send_nothing(enter: Enter) -> None:
    steward = await enter("steward-1")
    answer = await steward.client.get("/admin/studio/types/resource?part=form")
    frames = re.findall(r'<iframe class="s-frame" sandbox="([^"]*)" srcdoc="([^"]*)"', answer.text)
    assert [sandbox for sandbox, _ in frames] == ["allow-same-origin"] * 2
    assert "電源等の名称" in frames[0][1]
    assert "Name of the resource" in frames[1][1]
    assert all("&lt;fieldset class=&#34;field&#34; disabled&gt;" in form for _, form in frames)
    assert all("&lt;form" not in form and "&lt;script" not in form for _, form in frames)


async def test_the_diagram_of_the_workflow_is_drawn(enter: Enter) -> None:
    page = await (await enter("reviewer-1")).see("/types/resource?part=workflow")
    assert page.count("<svg") >= 2
    assert "registration" in page


async def test_versions_tell_who_changed_what_when(enter: Enter) -> None:
    first, second = await enter("steward-1"), await enter("steward-2")
    text = (await first.source()).replace("en: Resource}", "en: Power source}", 1)
    reference = await first.propose(text, note="The market says so")
    await second.decide(reference, "approve")
    page = await first.see("/types/resource/versions/2")
    assert "Differences from version 1" in page
    assert "設定 六花" in page
    assert re.search(r'class="s-in">.*en: Power source', page)
    assert re.search(r'class="s-out">.*en: Resource}', page)
    assert f"/admin/studio/proposals/{reference}" in await first.see("/types/resource")
