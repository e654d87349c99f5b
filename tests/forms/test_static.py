"""What a strict content security policy allows: nothing inline, no other host, little to load."""

import re
from pathlib import Path

import pytest

from forms.assets import FOLDER, asset
from forms.render.environment import TEMPLATES
from tests.forms.tab import Tab

SIZES = {
    "toroku.css": 44_000,
    "toroku.js": 5_000,
    "evaluator.js": 24_000,
    "rules.js": 10_000,
    "fields.js": 20_000,
    "keep.js": 10_000,
    "environment.js": 2_000,
    "seal.svg": 1_000,
}
"""Most bytes of each file."""

INLINE = re.compile(r"""<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:""", re.IGNORECASE)
ELSEWHERE = re.compile(r"""(?:src|href|url\()\s*=?\s*["'(]?(?:https?:)?//""", re.IGNORECASE)


TAKEN_AWAY = "copy_file.html"
"""A file that is downloaded and opened without the site: it brings its style along."""

PAGES = sorted(template for template in TEMPLATES.rglob("*.html") if template.name != TAKEN_AWAY)


@pytest.mark.parametrize("template", PAGES, ids=lambda path: path.name)
def test_no_template_holds_anything_inline_or_from_elsewhere(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not INLINE.search(text)
    assert not ELSEWHERE.search(text)


def test_what_is_taken_away_has_no_script_and_asks_nobody() -> None:
    text = (TEMPLATES / TAKEN_AWAY).read_text(encoding="utf-8")
    assert "<script" not in text
    assert not ELSEWHERE.search(text)


@pytest.mark.parametrize(
    "text", ["<p style='x'>", "<script>x</script>", "<a onclick=x>", "<a href='javascript:x'>", "<STYLE>"]
)
def test_inline_code_would_be_found(text: str) -> None:
    assert INLINE.search(text)


def test_a_foreign_host_would_be_found() -> None:
    assert ELSEWHERE.search('<link href="https://fonts.example/x.css">')
    assert ELSEWHERE.search("background: url(//cdn.example/x.png)")


@pytest.mark.parametrize("name", SIZES)
def test_files_are_small_and_ask_no_other_host(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    assert len(content) < SIZES[name]
    assert not ELSEWHERE.search(content.decode())


def test_every_file_is_accounted_for() -> None:
    assert {path.name for path in FOLDER.iterdir()} == SIZES.keys()


async def test_files_are_served_for_a_year_under_an_address_of_their_content(tab: Tab) -> None:
    for name in SIZES:
        answer = await tab.client.get(asset(name))
        assert answer.status_code == 200
        assert answer.content == (FOLDER / name).read_bytes()
        assert "immutable" in answer.headers["cache-control"]
