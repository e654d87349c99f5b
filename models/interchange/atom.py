"""Feeds as feed readers read them: Atom (RFC 4287), with tombstones for what was withdrawn (RFC 6721)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

MEDIA_TYPE = "application/atom+xml; charset=utf-8"

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML = "http://www.w3.org/XML/1998/namespace"

register_namespace("", ATOM)
register_namespace("at", TOMBSTONES)

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters no XML 1.0 document may hold (XML 1.0, 2.2)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `identifier` stays the same for ever; `html` is the whole text; moments are aware."""

    identifier: str
    title: str
    address: str
    published: datetime
    updated: datetime
    html: str
    category: tuple[str, str] | None = None
    """A code and its label."""
    language: str = ""
    """Where it is not the feed's."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """An entry that is there no more, since when and why."""

    identifier: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its identity, its own address, the page it is of, and the same in other languages."""

    identifier: str
    title: str
    language: str
    author: str
    address: str
    page: str
    updated: datetime
    others: Sequence[tuple[str, str]] = ()
    """Language and address."""


def write_feed(feed: Feed, entries: Iterable[Entry], deleted: Iterable[Deleted] = ()) -> bytes:
    """The feed as an XML document in UTF-8. Relative addresses in a text are of the page's site."""
    root = Element(f"{{{ATOM}}}feed", {f"{{{XML}}}lang": feed.language, f"{{{XML}}}base": feed.page})
    _text(root, "id", feed.identifier)
    _text(root, "title", feed.title)
    _text(root, "updated", _moment(feed.updated))
    _text(SubElement(root, f"{{{ATOM}}}author"), "name", feed.author)
    _link(root, "self", feed.address, type=MEDIA_TYPE.partition(";")[0])
    _link(root, "alternate", feed.page, type="text/html", hreflang=feed.language)
    for language, address in feed.others:
        _link(root, "alternate", address, type=MEDIA_TYPE.partition(";")[0], hreflang=language)
    for entry in entries:
        _entry(root, entry)
    for gone in deleted:
        _deleted(root, gone)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: Element, entry: Entry) -> None:
    spoken = {f"{{{XML}}}lang": entry.language} if entry.language else {}
    element = SubElement(root, f"{{{ATOM}}}entry", spoken)
    _text(element, "id", entry.identifier)
    _text(element, "title", entry.title)
    _text(element, "published", _moment(entry.published))
    _text(element, "updated", _moment(entry.updated))
    _link(element, "alternate", entry.address, type="text/html")
    if entry.category is not None:
        code, label = map(_clean, entry.category)
        SubElement(element, f"{{{ATOM}}}category", {"term": code, "label": label})
    _text(element, "content", entry.html, type="html")


def _deleted(root: Element, gone: Deleted) -> None:
    attributes = {"ref": gone.identifier, "when": _moment(gone.at)}
    element = SubElement(root, f"{{{TOMBSTONES}}}deleted-entry", attributes)
    if gone.reason:
        SubElement(element, f"{{{TOMBSTONES}}}comment").text = _clean(gone.reason)


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, f"{{{ATOM}}}{name}", attributes).text = _clean(text)


def _link(parent: Element, rel: str, address: str, **attributes: str) -> None:
    SubElement(parent, f"{{{ATOM}}}link", {"rel": rel, "href": address, **attributes})


def _clean(text: str) -> str:
    """`text` without what XML cannot hold."""
    return _FORBIDDEN.sub("", text)


def _moment(moment: datetime) -> str:
    """A moment in UTC to the second (RFC 3339)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
