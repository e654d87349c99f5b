"""The editor: findings at their lines, previews, impact, steps put in; and nothing typed is ever lost."""

from html import unescape

import httpx

from admin.studio.draft import LARGEST_TEXT
from tests.admin.studio.conftest import Enter, Studio, typed_text


def said(answer: httpx.Response) -> str:
    return unescape(answer.text)


async def test_findings_are_told_with_their_line_and_the_text_stays(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = (await steward.source()).replace("type: choice", "type: choise", 1)
    line = text[: text.index("choise")].count("\n") + 1
    answer = await steward.press("check", text, 422)
    page = said(answer)
    assert f'<a href="#L{line}">' in page
    assert f'<tr id="L{line}" class="s-error">' in page
    assert "T-E008" in page
    assert typed_text(answer) == text


async def test_a_text_without_faults_is_told_so(enter: Enter) -> None:
    steward = await enter("steward-1")
    page = said(await steward.press("check", await steward.source()))
    assert "Nothing to put right" in page
    assert "s-finding--error" not in page


async def test_the_checker_answers_a_script_with_the_findings_alone(enter: Enter) -> None:
    steward = await enter("steward-1")
    answer = await steward.press("check", "record_type: [", part="findings")
    assert "<main" not in answer.text
    assert 'data-line="1"' in answer.text


async def test_a_text_over_the_limit_comes_back_with_the_reason(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = "# x\n" * (LARGEST_TEXT // 4 + 1)
    answer = await steward.press("check", text, 422)
    assert f"{LARGEST_TEXT:,} are the most" in said(answer)
    assert typed_text(answer) == text


HOSTILE = {
    "nothing": "",
    "markup": "</textarea><script>alert(1)</script>",
    "not YAML": "a: b: c: [",
    "a list": "- 1\n- 2\n",
    "a number": "7",
    "another concept": "workflow: x\nstates: {}\n",
    "deep": "a: " + "[" * 3000 + "]" * 3000,
    "deep mappings": "".join(f"{' ' * i}a:\n" for i in range(900)),
    "aliases upon aliases": "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(400)),
    "a bomb": 'a0: &a0 ["lol"]\n'
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)),
    "itself": "a: &a [*a]\n",
    "tags": "a: !!python/object/apply:os.system ['true']\n",
    "control characters": "a: \x00\x07\x1b",
    "lone surrogates and signs": "a: \ufffe\uffff🦄\u202e\n",
    "keys of no text": "{1: 2, null: 3, [a]: b}\n",
    "wrong kinds everywhere": "record_type: [1]\nlabel: 7\nfields: {a: b}\nnumber: x\napplications: []\n",
    "very long line": "a: " + "x" * 150_000,
}


async def test_no_text_is_too_much(enter: Enter) -> None:
    steward = await enter("steward-1")
    for what, text in HOSTILE.items():
        for action in ("check", "preview", "propose", "insert:x:y", "nonsense"):
            answer = await steward.press(action, text, 422)
            assert typed_text(answer) == text, what
            assert "<script>alert" not in answer.text


async def test_the_preview_shows_what_is_written_and_not_what_is_in_force(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = (await steward.source()).replace("en: Name of the resource", "en: What it is called", 1)
    answer = await steward.press("preview", text)
    assert "What it is called" in said(answer).partition("srcdoc")[2]
    assert "What the reviewer reads" in answer.text
    assert typed_text(answer) == text


def without(text: str, field: str) -> str:
    """`text` without a field of the top level and every line that only names it."""
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if line == f"  - name: {field}")
    end = next(i for i in range(start + 1, len(lines)) if lines[i][:4] == "  - " or lines[i][:1].strip())
    kept = [*lines[:start], *lines[end:]]
    return "\n".join(line for line in kept if line.strip() not in (f"- {field}",) and f"{field}:" not in line)


def losing(text: str) -> str:
    """The resources without the address of their site."""
    return without(text, "site_address")


async def test_what_loses_data_is_counted_and_refused_until_it_is_acknowledged(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = losing(await steward.source())
    page = said(await steward.press("impact", text))
    row = page[page.index("<code>site_address</code>") :].partition("</tr>")[0]
    assert "Loses data" in row
    assert '<b class="s-count">4</b>' in row
    assert "/admin/resource/list?number__eq=" in row
    refused = await steward.press("propose", text, 422, note="because")
    assert "T-S001" in refused.text
    assert typed_text(refused) == text
    assert ">\nbecause</textarea>" in refused.text
    reference = await steward.propose(text, acknowledge=["site_address"])
    assert "site_address" in await steward.see(f"/proposals/{reference}")


async def test_a_suggested_step_is_put_into_the_text_and_settles_the_change(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = losing(await steward.source())
    stepped = typed_text(await steward.press("insert:field_removed:site_address", text))
    assert stepped.startswith(text.rstrip())
    assert "evolution:\n  - {from: 1, drop: [site_address]}" in stepped
    weighed = said(await steward.press("impact", stepped))
    assert "by the step “drop”" in weighed
    assert 'name="acknowledge"' not in weighed
    await steward.propose(stepped)


async def test_a_step_of_a_change_that_is_gone_is_not_put_in(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = await steward.source()
    answer = await steward.press("insert:field_removed:site_address", text, 422)
    assert "no such change" in answer.text
    assert typed_text(answer) == text


async def test_a_date_that_is_none_is_told_and_a_date_to_come_is_kept(enter: Enter) -> None:
    first, second = await enter("steward-1"), await enter("steward-2")
    text = (await first.source()).replace("en: Resource}", "en: Power source}", 1)
    answer = await first.press("propose", text, 422, effective="tomorrow")
    assert 'href="#effective"' in answer.text
    assert typed_text(answer) == text
    reference = await first.propose(text, effective="2099-04-01T09:30")
    assert "2099-04-01 09:30" in await first.see(f"/proposals/{reference}")
    await second.decide(reference, "approve")
    assert "Approved, waiting for its time" in await first.see(f"/proposals/{reference}")


async def test_the_editor_of_one_type_does_not_become_another(enter: Enter) -> None:
    steward = await enter("steward-1")
    text = (await steward.source()).replace("record_type: resource", "record_type: resources", 1)
    assert "keep “record_type: resource”" in said(await steward.press("check", text, 422))


async def test_a_new_type_begins_from_a_text_that_holds_and_comes_into_force(
    studio: Studio, enter: Enter
) -> None:
    first, second = await enter("steward-1"), await enter("steward-2")
    text = typed_text(await first.client.get("/admin/studio/new"))
    assert "Nothing to put right" in said(await first.press_at("/new", "check", text))
    assert "nothing is stored under it yet" in said(await first.press_at("/new", "impact", text))
    answer = await first.press_at("/new", "propose", text, 303)
    reference = answer.headers["location"].rpartition("/")[2]
    assert reference in await first.see()
    assert "new_type" not in studio.site.registry.all_current()
    await second.decide(reference, "approve")
    assert "/admin/studio/types/new_type" in await first.see()


async def test_an_editor_opened_before_another_version_says_so(enter: Enter) -> None:
    first, second = await enter("steward-1"), await enter("steward-2")
    text = (await first.source()).replace("en: Resource}", "en: Power source}", 1)
    assert "Another version came" not in said(await first.press("check", text, base="1"))
    await second.decide(await first.propose(text), "approve")
    assert "Another version came" in said(await first.press("check", text, base="1"))
