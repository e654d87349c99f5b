"""The feed of notices: what is for everybody, with identities that stay, whatever stands in the texts."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest

from models.interchange.atom import ATOM, TOMBSTONES
from models.language import Language
from models.services.feeds import WITHDRAWN_FOR, notices_feed
from models.services.site import Site
from tests.clock import Hands
from tests.services.announced import publish, rendered, replace_by, withdraw

NAMES = {"a": ATOM, "at": TOMBSTONES}
HOSTILE = "</title><script>\x00\x0b\ud7ff &amp; ]]>"


async def read(site: Site, language: Language = "ja") -> ElementTree.Element:
    content, _ = await notices_feed(site, language)
    return ElementTree.fromstring(content)  # noqa: S314 - what we wrote ourselves


def texts(root: ElementTree.Element, path: str) -> list[str]:
    return [each.text or "" for each in root.findall(path, NAMES)]


async def test_the_feed_holds_what_stands_for_everybody_under_identities_that_stay(
    site: Site, hands: Hands
) -> None:
    empty = await read(site)
    assert len(texts(empty, "a:updated")) == 1
    first = await publish(site, "初版", ago=timedelta(days=1))
    both = await publish(site, HOSTILE, pages={"ja": rendered(HOSTILE), "en": rendered("Both")})
    for open_to in ("operators", "staff", "listed"):
        await publish(site, "内部", open_to)
    before = await read(site)
    assert texts(before, "a:entry/a:title") == [HOSTILE.replace("\x00\x0b", ""), "初版"]
    assert "<script>" not in (await notices_feed(site, "ja"))[0].decode()
    identifier = texts(before, "a:entry/a:id")[1]
    assert identifier.startswith(f"tag:127.0.0.1,{first.record_id.generation_time:%Y-%m-%d}:notices:")
    hands.forward(hours=1)
    second = await replace_by(site, first, "第二版")
    after = await read(site)
    assert texts(after, "a:entry/a:title")[0] == "第二版"
    assert texts(after, "a:entry/a:id")[0] == identifier
    assert texts(after, "a:entry/a:published")[0] == f"{first.published_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (
        texts(after, "a:entry/a:updated")[0]
        == texts(after, "a:updated")[0]
        == f"{site.now():%Y-%m-%dT%H:%M:%SZ}"
    )
    english = await read(site, "en")
    assert texts(english, "a:entry/a:title") == ["第二版", "Both"]
    assert not set(texts(english, "a:entry/a:id")) & set(texts(after, "a:entry/a:id"))
    await tombstones(site, hands, second, identifier)
    assert both.number


async def tombstones(site: Site, hands: Hands, edition: object, identifier: str) -> None:
    """A notice that was withdrawn is told as gone, for a while."""
    hands.forward(hours=1)
    await withdraw(site, edition)  # type: ignore[arg-type]
    gone, changed = await notices_feed(site, "ja")
    root = ElementTree.fromstring(gone)  # noqa: S314 - what we wrote ourselves
    found = root.findall("at:deleted-entry", NAMES)
    assert [each.get("ref") for each in found] == [identifier]
    assert texts(root, "at:deleted-entry/at:comment") == ["内容に誤りがあったため"]
    assert identifier not in texts(root, "a:entry/a:id")
    assert changed == site.now()
    hands.forward(days=WITHDRAWN_FOR.days, seconds=1)
    assert not (await read(site)).findall("at:deleted-entry", NAMES)


def test_the_reader_of_these_tests_sees_what_xml_forbids() -> None:
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring("<a>\x0b</a>")  # noqa: S314 - written here
