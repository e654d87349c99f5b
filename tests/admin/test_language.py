"""Japanese by default and whole, English whole, and the choice is the visitor's."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import starlette_admin
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from starlette_admin import i18n

from admin import language
from models.language import catalogue_files
from tests.admin.conftest import Visitor

Visit = Callable[..., Visitor]
OURS = Path(language.__file__).parent
THEIRS = Path(starlette_admin.__file__).parent
CALLS = {"N_": None, "_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "say": None}
REFUSALS = dict.fromkeys(("NotFound", "NotAllowed", "TransitionRefused", "RecordChanged", "AlreadyDone"))
READERS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


Msgid = str | tuple[str, ...]


def plain(msgid: Any) -> Msgid:
    return msgid if isinstance(msgid, str) else tuple(msgid)


def msgids(folder: Path, *left_out: str) -> set[Msgid]:
    """Every message a program asks to have translated."""
    method = [(pattern, "ignore") for pattern in left_out] + READERS
    return {plain(found[2]) for found in extract_from_dir(str(folder), method, keywords=CALLS | REFUSALS)}


def shipped() -> set[Msgid]:
    """The messages starlette-admin ships a catalogue for."""
    with (THEIRS / "translations/en/LC_MESSAGES/admin.po").open("rb") as source:
        return {plain(message.id) for message in read_po(source) if message.id}


def messages(file: Path) -> dict[Msgid, str]:
    with file.open("rb") as source:
        return {plain(one.id): "".join(one.string or ()) for one in read_po(source, locale="ja") if one.id}


def japanese() -> dict[Msgid, str]:
    """What the admin's Japanese catalogues say; they never say it twice differently."""
    said: dict[Msgid, str] = {}
    for file in sorted((OURS / "locale/ja/LC_MESSAGES").glob("*.po")):
        told = messages(file)
        assert not {msgid for msgid in told if said.get(msgid, told[msgid]) != told[msgid]}, file
        said |= told
    return said


def wanted() -> set[Msgid]:
    return shipped() | msgids(THEIRS, "contrib/**") | msgids(OURS, "static/**", "locale/**")


def test_every_message_has_japanese() -> None:
    theirs = [messages(file) for file in catalogue_files("ja")]
    known = dict(pair for file in theirs for pair in file.items()) | japanese()
    assert sorted(str(message) for message in wanted() if not known.get(message)) == []


def test_a_new_message_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{{ _("Nobody translated this") }}')
    assert msgids(tmp_path) - set(japanese()) == {"Nobody translated this"}


def test_no_translation_is_left_over() -> None:
    assert set(japanese()) - wanted() == set()


def test_a_translation_keeps_the_places_of_its_message() -> None:
    for message, text in japanese().items():
        singular, plural = (message, message) if isinstance(message, str) else (message[0], message[-1])
        assert sorted(set(PLACES.findall(text))) in (
            sorted(set(PLACES.findall(singular))),
            sorted(set(PLACES.findall(plural))),
        ), message


def test_japanese_sentences_are_japanese() -> None:
    kana = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    assert [text for text in japanese().values() if not kana.search(text)] == []


def test_words_of_the_stock_scripts_are_translated() -> None:
    layout = (OURS / "templates/layout.html").read_text()
    scripts = "".join(path.read_text() for path in (THEIRS / "static/js").glob("*.js"))
    spoken = set(re.findall(r'= "([A-Z][a-z]+ [^"]+!)"|, "([A-Z][a-z]+ [^"]+!)"', scripts))
    words = {first or second for first, second in spoken}
    assert words == {"Something went wrong!"}
    assert all(f'_("{word}")' in layout for word in words)


@pytest.fixture
def restored() -> Iterator[None]:
    """Puts the catalogues back."""
    before = dict(i18n.translations)
    yield
    i18n.translations.update(before)


class Shared(NullTranslations):
    """A catalogue of the program."""

    def gettext(self, message: str) -> str:
        return {"Please sign in.": "サインインしてください。", "Edit": "へんしゅう"}.get(message, message)

    ugettext = gettext


@pytest.mark.usefixtures("restored")
def test_shared_messages_lie_beneath_the_admins_own() -> None:
    language.install({"ja": Shared()})
    i18n.set_locale("ja")
    assert language.gettext("Please sign in.") == "サインインしてください。"
    assert language.gettext("Edit") == "編集"
    assert language.ngettext("1 item was successfully deleted.", "%(count)d items", 1).endswith(
        "削除しました。"
    )


@pytest.mark.parametrize(
    ("cookie", "accepted", "chosen"),
    [
        (None, "", "ja"),
        (None, "ja,en;q=0.9", "ja"),
        (None, "en-US,en;q=0.9,ja;q=0.8", "en"),
        (None, "fr,ja;q=0.9,en;q=0.1", "ja"),
        (None, "fr", "ja"),
        ("en", "ja", "en"),
        ("ja", "en", "ja"),
        ("xx", "en", "en"),
    ],
)
async def test_the_language_is_the_cookie_then_the_browsers_best(
    visit: Visit, cookie: str | None, accepted: str, chosen: str
) -> None:
    visitor = visit("", accept_language=accepted)
    if cookie:
        visitor.cookies["language"] = cookie
    page = await visitor.get("/admin/login")
    assert f'<html lang="{chosen}">' in page.text
    assert ("ログイン" in page.text) == (chosen == "ja")
    assert ("Sign in" in page.text) == (chosen == "en")


async def test_the_choice_is_kept_and_leads_back(visit: Visit) -> None:
    visitor = visit()
    answer = await visitor.post_form("/admin/language", {"language": "en", "next": "/admin/queue?page=2"})
    assert answer.headers["location"] == "/admin/queue?page=2"
    cookie = answer.headers["set-cookie"]
    assert "language=en" in cookie
    assert {"HttpOnly", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
    assert '<html lang="en">' in (await visitor.get("/admin/")).text


@pytest.mark.parametrize("address", ["/", "/applications/list", "/notices/create", "/login"])
async def test_an_english_page_has_no_japanese_of_ours(visit: Visit, address: str) -> None:
    visitor = visit("" if address == "/login" else "審査担当", accept_language="en")
    html = (await visitor.get(f"/admin{address}")).text
    words = messages(OURS / "locale/ja/LC_MESSAGES/admin.po").values()
    samples = {"お知らせ"}  # a label of the sample admin, which speaks Japanese only
    assert [text for text in words if f">{text}<" in html and text not in samples] == []
