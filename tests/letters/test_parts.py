"""Both parts of a mail from one Markdown: what people typed stays text, and both parts say the same."""

import re

import pytest

from models.configuration.mail import fill
from models.letters.page import to_fragment
from models.letters.parts import Parts, parts, plain
from models.letters.values import JOINER, put_in

HOSTILE = (
    "<b>太字</b>",
    "<script>alert(1)</script>",
    "[ここ](https://evil.example)",
    "<https://evil.example>",
    "![絵](https://evil.example/x.png)",
    "**強調** _斜体_ `code` ~~消~~",
    "# 見出し",
    "- 項目",
    "1. 項目",
    "> 引用",
    "&lt;b&gt; &copy;",
    "| a | b |",
    "a\\",
    "---",
    "===",
    "[[0123]]",
    "{reference}",
    "“」*_",
)


def made(text: str, **values: str) -> Parts:
    return parts(put_in(text, values), "ja", title="件名", heading="見本")


def elements(found: Parts) -> list[str]:
    """The elements of the mail itself, without those of the page around it."""
    inside = found.html.split('overflow-wrap:anywhere">', 1)[1].split("</table>", 1)[0]
    return re.findall(r"<([a-z0-9]+)[ >]", inside)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["recipient_name", "reason"])
def test_a_value_stays_the_text_it_is(value: str, name: str) -> None:
    place = f"{{{name}}}"
    for text in (f"{place} 様", f"- 名前: {place}\n- 次", place, f"**{place}**の"):
        found = made(text, **{name: value})
        wanted = elements(made(text, **{name: "みなと"}))
        assert elements(found) == wanted, (text, found.html)
        assert value in found.text.replace("\n", " "), (text, found.text)


def test_control_put_in_as_it_is_a_value_becomes_markup() -> None:
    raw = fill("- 名前: {title}\n", {"title": "[ここ](https://evil.example)\n\n# 見出し"})
    assert {"a", "h1"} <= set(elements(parts(raw, "ja", title="", heading="")))


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\v", "\x85", "\n\n\n"])
def test_a_name_keeps_to_its_line(end: str) -> None:
    found = made(
        "- 名前: {recipient_name}\n- 番号: {reference}", recipient_name=f"山田{end}- 偽の項目", reference="A1"
    )
    assert found.text.splitlines() == ["・名前: 山田 - 偽の項目", "・番号: A1"]


def test_a_reason_of_several_paragraphs_keeps_to_its_item_and_has_them_where_it_stands_alone() -> None:
    reason = "一つ目。\n\n# 二つ目。\r\n- 三つ目。"
    assert elements(made("- 理由: {reason}\n- 次", reason=reason)) == ["ul", "li", "br", "br", "li"]
    alone = made("{reason}\n\n以上", reason=reason)
    assert elements(alone) == ["p", "p", "br", "p"]
    assert alone.text == "一つ目。\n\n# 二つ目。\n- 三つ目。\n\n以上\n"


def test_remarks_are_a_list_whose_items_hold_text() -> None:
    found = made(
        "{remarks}", remarks="- 住所: <b>番地</b>まで。\n  # 続き\n- 名前: [x](https://evil.example)"
    )
    assert elements(found) == ["ul", "li", "br", "li"]
    assert found.text == "・住所: <b>番地</b>まで。\n　# 続き\n・名前: [x](https://evil.example)\n"
    assert elements(made("{remarks}", remarks="住所\n- ")) == ["p", "br"]


def test_signs_that_turn_or_hide_text_are_left_out() -> None:
    assert put_in("{title}", {"title": "a\u202eb\u2060\x00\ud800\u200fc　d"}) == "abc　d"


def test_addresses_of_our_pages_become_links_and_nobody_elses() -> None:
    page = "https://market.example.jp/portal/notices/1?a=1&b=2"
    found = made("{page}\n\n[見る]({page})\n\n{title}", page=page, title="https://evil.example/")
    assert re.findall(r'href="([^"]*)"', found.html) == [page.replace("&", "&amp;")] * 2
    assert found.text == f"{page}\n\n見る <{page}>\n\nhttps://evil.example/\n"
    assert "href" not in made("{page}", page="https://a.example/><b>x</b>").html


def test_an_address_in_a_sentence_ends_before_the_words() -> None:
    assert made("次の{page}です", page="https://a.example/x").text == "次のhttps://a.example/x です\n"


def test_emphasis_holds_beside_brackets_and_is_left_out_of_the_text() -> None:
    found = made(
        "**{title}**は、**{due_date}**まで。**{state}**", title="「甲」", due_date="2027-04-30", state=""
    )
    assert elements(found) == ["p", "strong", "strong"]
    assert found.text == "「甲」は、2027-04-30まで。\n"
    assert JOINER not in found.html + found.text


def test_the_text_part_reads_without_the_signs_of_markdown() -> None:
    text = "甲 様\n**見出し**\n\n**理由**\n\n次の\n1. 一\n2. 二\n\n> 引用\n\n"
    told = "甲 様\n見出し\n\n■ 理由\n\n次の\n\n1. 一\n2. 二\n\n> 引用\n\n"
    table = "| 項目 | 値 |\n|---|---|\n| a | b |\n\n## 節\n- x\n  - y"
    assert plain(text + table, "ja") == f"{told}項目 | 値\na | b\n\n■ 節\n\n・x\n　・y\n"
    assert plain("**Why**\n\n- x", "en") == "Why\n---\n\n- x\n"


def test_the_html_part_says_its_language_and_loads_nothing() -> None:
    body = put_in("{recipient_name} 様\n\n---\n\n窓口", {"recipient_name": "山田"})
    html = parts(body, "ja", title="<件名>", heading="A & B", preheader="先頭 <b>").html
    assert html.startswith('<!DOCTYPE html>\n<html lang="ja">')
    assert "<title>&lt;件名&gt;</title>" in html
    assert ("A &amp; B" in html, "先頭 &lt;b&gt;" in html, "max-width:600px" in html) == (True, True, True)
    assert ("prefers-color-scheme:dark" in html, 'class="foot"' in html) == (True, True)
    assert not re.search(r"<(img|script|link|iframe|form)|\bsrc=|url\(", html)


def test_the_foot_stands_under_a_rule_in_the_text() -> None:
    assert plain("本文\n\n---\n\n窓口", "ja") == f"本文\n\n{'-' * 40}\n\n窓口\n"


def test_raw_html_of_a_template_stays_text_too() -> None:
    assert to_fragment('<b onclick="x">a</b> [x](javascript:alert(1))') == (
        '<p>&lt;b onclick="x"&gt;a&lt;/b&gt; [x](javascript:alert(1))</p>\n'
    )


def test_an_item_that_only_tells_an_empty_value_is_left_out() -> None:
    text = "- 理由: {reason}\n- 期限: **{due_date}**\n- 件名: {title} です\n"
    assert put_in(text, {"reason": "", "due_date": " ", "title": ""}) == "- 件名:  です\n"
    assert (
        put_in(text, {"reason": "紛失", "due_date": "", "title": "甲"}) == "- 理由: 紛失\n- 件名: 甲 です\n"
    )
