"""Diagrams: other records as boxes in bands, readable in words too, whatever is in them and however many."""

import re
import time
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from models.permissions import Actor
from models.pictures.bands import ALIKE, MOST_LINES, Box, Picture, draw, shows_lines
from models.services.drawings import MOST, Drawn, drawings_of
from models.services.site import Site
from tests.services.harbour import Port, harbour, port
from tests.services.stored import store_records
from tests.services.two_sides import officer

__all__ = ["harbour"]

SVG = "{http://www.w3.org/2000/svg}"
BANDS = (("sea", "海側"), ("land", "陸側"))


def together(kind: str, count: int) -> str:
    return f"{kind} × {count}"


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def drawn(boxes: list[Box], lines: list[tuple[str, str]]) -> ElementTree.Element:
    """The picture as a browser reads it: well-formed, or this raises."""
    return read(draw(Picture("plan", "図", BANDS, boxes, lines, "岸壁"), together))


def words(picture: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


async def plan(place: Port, actor: Actor) -> Drawn:
    (found,) = await drawings_of(place.site, actor, place.berth, "ja", lambda _, row: f"/{row['number']}")
    return found


async def test_records_stand_in_their_bands_with_their_lines(harbour: Site) -> None:
    place = await port(harbour)
    arm = await place.keep("gear", name="荷役 1 号", kind="arm", ends_at="tank")
    buoy = await place.keep("gear", name="浮標 2", kind="buoy", leads_to=arm.number)
    elsewhere = await port(harbour)
    await elsewhere.keep("gear", name="よその設備", kind="arm")
    found = await plan(place, place.firm.user)
    told = [(line["band"], line["box"].title, line["to"]) for line in found.lines]
    assert told == [
        ("海側", "荷役 1 号", ["タンク"]),
        ("海側", "浮標 2", ["荷役 1 号"]),
        ("陸側", "ポンプ", ["タンク"]),
        ("陸側", "タンク", []),
    ]
    assert [line["box"].standing for line in found.lines] == [False, False, True, True]
    picture = read(found.svg)
    assert {link.get("href") for link in picture.iter(f"{SVG}a")} == {f"/{arm.number}", f"/{buoy.number}"}
    assert "岸壁の線" in words(picture)
    assert "よその設備" not in found.svg


async def test_the_staff_see_the_same_and_row_rules_hold_for_the_boxes(harbour: Site) -> None:
    place, reviewer = await port(harbour), await officer(harbour, "reviewer")
    await place.keep("gear", name="荷役 1 号", kind="arm")
    assert (await plan(place, reviewer)).lines[0]["box"].title == "荷役 1 号"
    stranger = (await port(harbour)).firm.user
    outside = await officer(harbour, "reviewer")
    narrowed = Actor(kind="operator", operator_id=stranger.operator_id, types=frozenset({"berth"}))
    assert "荷役 1 号" in (await plan(place, outside)).svg
    assert "荷役 1 号" not in (await plan(place, narrowed)).svg


async def test_what_a_kind_is_not_known_of_stands_apart_and_too_many_are_told(harbour: Site) -> None:
    place = await port(harbour)
    await place.keep("gear", name="不明")
    found = await plan(place, place.firm.user)
    assert (found.lines[-1]["band"], found.lines[-1]["box"].title) == ("その他", "不明")
    assert not found.more
    rows = [{"berth": place.berth.number, "title": f"荷役 {n}", "kind": "arm"} for n in range(MOST)]
    gear = harbour.registry.current("gear")
    await store_records(harbour, gear, *rows, operator_id=place.firm.record.id)
    found = await plan(place, place.firm.user)
    assert found.more
    assert any(word.startswith("荷役装置 × ") for word in words(read(found.svg)))


HOSTILE = "</text></svg><script>alert(1)</script>\"'&{{7*7}}"


def test_hostile_words_stay_words() -> None:
    boxes = [Box("1", HOSTILE, HOSTILE, "sea", f"/x?{HOSTILE}"), Box("2", "a", "b", "land", standing=True)]
    picture = drawn(boxes, [("1", "2")])
    assert not list(picture.iter("script")) + list(picture.iter(f"{SVG}script"))
    assert next(iter(picture.iter(f"{SVG}a"))).get("href") == f"/x?{HOSTILE}"
    assert HOSTILE in "".join(picture.itertext())


def test_nothing_in_it_needs_a_style_or_a_script() -> None:
    svg = draw(Picture("plan", "図", BANDS, [Box("1", "a", "b", "sea")], []), together)
    assert 'role="img"' in svg
    led = draw(Picture("plan", "図", BANDS, [Box("1", "a", "b", "sea", "/at")], []), together)
    assert 'role="group"' in led  # what has links in it is no single picture
    assert not re.search(r"style=|<style|<script|\son\w+=|url\(|javascript:", svg)
    control = svg.replace("<title", '<rect style="fill:red"/><title', 1)
    assert re.search(r"style=", control)


@pytest.mark.parametrize("count", [ALIKE, ALIKE + 1])
def test_boxes_that_are_alike_are_drawn_as_one_once_there_are_many(count: int) -> None:
    boxes = [Box(str(n), f"荷役 {n}", "荷役装置", "sea") for n in range(count)]
    picture = drawn([*boxes, Box("t", "タンク", "タンク", "land")], [(str(n), "t") for n in range(count)])
    lines = [path for path in picture.iter(f"{SVG}path") if path.get("class") == "flow-step"]
    assert (len(lines), f"荷役装置 × {count}" in words(picture)) == (
        (count, False) if count <= ALIKE else (1, True)
    )


def test_boxes_of_one_row_and_rows_of_two_bands_never_overlap() -> None:
    boxes = [Box(str(n), f"設備 {n}", f"種類 {n}", ("sea", "land")[n % 2]) for n in range(30)]
    lines = [(str(n), str((7 * n + 3) % 30)) for n in range(30)]
    places = [
        tuple(float(rect.get(key, 0)) for key in ("y", "x", "width", "height"))
        for rect in drawn(boxes, lines).iter(f"{SVG}rect")
        if rect.get("class") == "flow-state"
    ]
    assert len(places) == 30
    for (y, x, width, height), (next_y, next_x, *_) in pairwise(sorted(places)):
        assert (next_y == y and next_x >= x + width) or next_y >= y + height


def test_hundreds_of_boxes_are_drawn_in_good_time() -> None:
    boxes = [Box(str(n), f"設備 {n}", f"種類 {n % 9}", ("sea", "land")[n % 2]) for n in range(MOST)]
    lines = [(str(n), str((31 * n + 5) % MOST)) for n in range(MOST)]
    begun = time.perf_counter()
    picture = drawn(boxes, lines)
    assert time.perf_counter() - begun < 5
    assert len(list(picture.iter(f"{SVG}rect"))) < MOST


@pytest.mark.parametrize("more", [0, 1])
def test_lines_nobody_could_follow_are_left_to_the_list(more: int) -> None:
    boxes = [Box(str(n), f"設備 {n}", f"種類 {n}", ("sea", "land")[n % 2]) for n in range(25)]
    lines = [(a.key, b.key) for a in boxes for b in boxes if a is not b][: MOST_LINES + more]
    begun = time.perf_counter()
    assert shows_lines(draw(Picture("plan", "図", BANDS, boxes, lines), together)) == (not more)
    assert time.perf_counter() - begun < 5
