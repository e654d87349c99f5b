"""The chapter on terms: anybody can read them, and which version is in force follows from its dates."""

from dataclasses import replace
from datetime import date

import pytest
from starlette.applications import Starlette

from models.configuration.terms import TermsText
from models.language import Text
from models.services.site import Site
from tests.forms.tab import Tab


async def test_terms_are_read_before_having_an_account(tab: Tab) -> None:
    await tab.open("/terms")
    assert tab.status == 200
    assert "本システムを利用し、又は利用しようとする者" in tab.text


async def test_disclaimers_court_and_law_are_shown_in_japanese_whatever_the_language(tab: Tab) -> None:
    for language in ("ja", "en"):
        await tab.open("/terms", **{"accept-language": language})
        shown = next(element.text for element in tab.page.all("div") if element.get("lang") == "ja")
        assert "本システム利用者に生じた損害については一切責任を負わない" in shown
        assert "第三者による情報の改ざんや漏えい等により発生した不利益" in shown
        assert "東京地方裁判所を第一審の専属的合意管轄裁判所とする" in shown
        assert "準拠法は日本法とする" in shown


def newer(first: TermsText, day: date) -> TermsText:
    return first.model_copy(
        update={
            "version": "2.0",
            "revised": day,
            "effective_from": day,
            "change": Text(ja="期待容量の登録を追加", en="Expected capacity added"),
            "body": "第二版の本文",
        }
    )


@pytest.mark.parametrize(("day", "in_force"), [(date(2026, 11, 20), True), (date(2026, 11, 21), False)])
async def test_the_version_in_force_is_shown_with_the_history(
    tab: Tab, site: Site, program: tuple[Starlette, object], day: date, in_force: bool
) -> None:
    """On 20 November 2026 a version that comes into force that day applies, tomorrow's does not yet."""
    (first,) = site.configuration.terms
    changed = replace(site.configuration, terms=(first, newer(first, day)))
    program[0].state.site = replace(site, configuration=changed)
    await tab.open("/terms")
    assert ("第二版の本文" in tab.text) is in_force
    for told in ("1.0", "2.0", "2020年2月5日", "新規作成", "期待容量の登録を追加"):
        assert told in tab.text
