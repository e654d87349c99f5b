"""The pieces pages are made of: what they say to a reader of the screen, and that nothing typed becomes
markup."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette_admin import i18n

from admin.refusals import Problem
from admin.views.crumbs import Crumb
from tests.admin.sample import Collection, EveryoneIn, sample_admin

EVIL = '"><script>alert(1)</script>'


@pytest.fixture
def drawn(rows: Collection, notices: Collection) -> Any:
    """Draws a line of template with the pieces at hand."""
    env = sample_admin(rows, notices, EveryoneIn()).templates.env
    i18n.set_locale("ja")

    def draw(source: str, **values: Any) -> str:
        return " ".join(env.from_string('{% import "ui.html" as ui %}' + source).render(values).split())

    return draw


@pytest.mark.parametrize(
    "source",
    [
        "{{ ui.breadcrumbs([crumb]) }}",
        "{{ ui.notices([{'category': 'error', 'message': evil}]) }}",
        "{{ ui.error_summary([problem], evil) }}",
        "{{ ui.badge(evil, evil) }}",
        "{{ ui.link_button(evil, evil, evil) }}",
        "{{ ui.button(evil, evil, evil, evil) }}",
        "{{ ui.post_button(request, evil, evil, values={evil: evil}) }}",
        "{% call ui.panel(evil, 'p') %}{{ evil }}{% endcall %}",
        "{% call ui.toolbar(evil) %}{{ evil }}{% endcall %}",
        "{{ ui.tabs([(evil, evil, true, evil)], evil) }}",
        "{{ ui.definitions([(evil, evil)]) }}",
        "{{ ui.timeline([{'what': evil, 'who': evil, 'at': evil, 'note': evil, 'tone': evil}]) }}",
        "{% call ui.table(evil, [{'label': evil, 'href': evil, 'sorted': evil}]) %}{{ evil }}{% endcall %}",
        "{{ ui.empty(evil, evil) }}",
        "{{ ui.field(evil, evil, evil, evil, evil, evil, attributes={'data-x': evil}) }}",
        "{{ ui.area(evil, evil, evil, hint=evil, error=evil) }}",
        "{{ ui.choice(evil, evil, [(evil, evil)], evil, hint=evil, error=evil) }}",
    ],
)
def test_nothing_typed_becomes_markup(drawn: Any, source: str) -> None:
    request = Request({"type": "http", "headers": []})
    html = drawn(source, evil=EVIL, crumb=Crumb(EVIL, EVIL), problem=Problem(EVIL, EVIL), request=request)
    assert "alert(1)" in html
    assert "<script" not in html
    assert '"><script' not in html


def test_a_field_is_tied_to_its_label_hint_and_error(drawn: Any) -> None:
    html = drawn("{{ ui.field('name', 'Name', 'x', hint='h', error='e', required=true) }}")
    assert '<label for="name">' in html
    assert 'aria-invalid="true" aria-describedby="name-hint name-error"' in html
    assert 'id="name-hint"' in html
    assert 'id="name-error"' in html
    assert " required" in html


def test_a_field_without_trouble_says_nothing_of_it(drawn: Any) -> None:
    html = drawn("{{ ui.field('name', 'Name') }}")
    assert "aria-" not in html
    assert "value=" not in html


def test_an_error_leads_to_its_field(drawn: Any) -> None:
    html = drawn(
        "{{ ui.error_summary(problems, 'T-V001') }}", problems=[Problem("要確認", "a.b"), Problem("全体")]
    )
    assert '<a href="#a.b">要確認</a>' in html
    assert "<li>全体</li>" in html
    assert 'role="alert"' in html


def test_a_tab_says_which_is_open(drawn: Any) -> None:
    html = drawn("{{ ui.tabs([('/a', 'A', true, 3), ('/b', 'B', false)], 'Views') }}")
    assert html.count('aria-current="page"') == 1
    assert '<span class="a-count">3</span>' in html


def test_what_is_missing_is_said(drawn: Any) -> None:
    assert "未入力" in drawn("{{ ui.definitions([('a', ''), ('b', none)]) }}")
    assert "未入力" not in drawn("{{ ui.definitions([('a', 0)]) }}")


def test_a_timeline_tells_when_by_the_clock_of_the_office(drawn: Any) -> None:
    i18n.set_timezone("Asia/Tokyo")
    at = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    html = drawn("{{ ui.timeline([{'what': '承認', 'who': '佐藤', 'at': at}]) }}", at=at)
    assert '<time datetime="2026-04-01T00:30:00+09:00">2026/04/01 00:30</time>' in html


def test_a_button_that_posts_brings_the_token(drawn: Any) -> None:
    request = Request({"type": "http", "headers": []})
    request.state.csrf_token = "token"
    html = drawn("{{ ui.post_button(request, '/x', 'Go', 'danger', {'a': 1}) }}", request=request)
    assert '<input type="hidden" name="csrftoken" value="token">' in html
    assert '<input type="hidden" name="a" value="1">' in html
    assert 'method="post" action="/x"' in html
