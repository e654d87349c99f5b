"""The language of the admin: Japanese by default, English completely; catalogues straight from ``.po``."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin import i18n
from starlette_admin.i18n import gettext, lazy_gettext, ngettext

from models.language import DEFAULT_LANGUAGE, LANGUAGES, Language, Message, Text, choose_language

__all__ = [
    "COOKIE",
    "LANGUAGES",
    "N_",
    "ChooseLanguage",
    "gettext",
    "install",
    "language",
    "lazy_gettext",
    "ngettext",
    "say",
    "spoken",
]

COOKIE = "language"
FOLDER = Path(__file__).parent / "locale"
DOMAIN = "admin"


def install(shared: Mapping[str, NullTranslations]) -> None:
    """Makes Japanese known to starlette-admin and puts `shared` catalogues (the program's own) beneath.

    The admin's own wording wins over the shared one. Safe to call again: catalogues are built afresh.
    """
    for name in LANGUAGES:
        found = load(name) if name == DEFAULT_LANGUAGE else _shipped(name)
        if name in shared:
            found.add_fallback(shared[name])
        if name not in i18n.SUPPORTED_LOCALES:
            i18n.SUPPORTED_LOCALES.append(name)
        i18n.translations[name] = found


def load(name: str) -> Translations:
    """The admin's catalogues in one language (every ``.po`` of its folder), compiled in memory.

    Raises ``FileNotFoundError`` when there is none.
    """
    files = sorted((FOLDER / name / "LC_MESSAGES").glob("*.po"))
    if not files:
        raise FileNotFoundError(FOLDER / name)
    whole = _compiled(files[0], name)
    for file in files[1:]:
        whole.merge(_compiled(file, name))
    return whole


def _compiled(file: Path, name: str) -> Translations:
    with file.open("rb") as source:
        parsed = read_po(source, locale=name, domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def _shipped(name: str) -> NullTranslations:
    """starlette-admin's own catalogue; English msgids of ours need none."""
    return Translations.load(Path(i18n.__file__).parent / "translations", [name], DOMAIN)


def language() -> Language:
    """The language of the answer being made."""
    return "en" if i18n.get_locale() == "en" else DEFAULT_LANGUAGE


def N_(msgid: str) -> str:
    """`msgid` as it is, marked for the catalogue."""
    return msgid


def spoken(text: Text) -> Any:
    """A text of the configuration that speaks the language of whichever answer it is drawn in."""
    return LazyProxy(lambda: text(language()), enable_cache=False)


def say(msgid: str, values: Mapping[str, Any] | None = None) -> str:
    """`msgid` in the language of this answer, its ``{named}`` values put in; texts among them are chosen
    too."""
    text = gettext(msgid)
    if not values:
        return text
    return text.format_map({key: _chosen(value) for key, value in values.items()})


def _chosen(value: Any) -> Any:
    return value(language()) if isinstance(value, Text | Message) else value


class ChooseLanguage:
    """Pure ASGI: cookie ``language``, else the best of ``Accept-Language``, else Japanese."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked = HTTPConnection(scope)
            i18n.set_locale(
                choose_language(asked.cookies.get(COOKIE), asked.headers.get("accept-language", ""))
            )
        await self.app(scope, receive, send)
