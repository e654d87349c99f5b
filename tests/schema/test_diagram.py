"""Workflows as pictures: everything is in them, nothing lies on anything else, a strict page shows them."""

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.cli import program
from app.opening import configuration_of
from app.settings import ROOT, Settings
from models.configuration.load import Configuration
from models.language import Text
from models.workflow.definition import Flow, Party, State, Transition
from models.workflow.diagram import draw
from models.workflow.layout import Edge, Layout, lay_out

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = ROOT / "docs" / "images" / "registration.svg"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration_of(Settings(data=tmp_path_factory.mktemp("data")))


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - ours


def test_every_state_and_step_is_in_the_picture(configuration: Configuration) -> None:
    flow = configuration.workflows["registration"]
    said = texts(draw(flow, "ja", configuration.site.roles))
    assert {state.label.ja for state in flow.states.values()} <= set(said)
    for step in flow.transitions.values():
        assert said.count(step.label.ja) == len(step.origins)
    assert {"申請者", "審査担当者", "承認者", "システム"} <= set(said)


def test_the_picture_is_named_and_told(configuration: Configuration) -> None:
    root = ElementTree.fromstring(draw(configuration.workflows["registration"], "en"))  # noqa: S314 - ours
    assert root.get("role") == "img"
    named = {node.get("id") for node in root if node.tag in (f"{SVG}title", f"{SVG}desc")}
    assert named == set((root.get("aria-labelledby") or "").split())
    assert "Draft, Returned → Received: Submit / Applicant" in (root.findtext(f"{SVG}desc") or "")


def test_sides_and_consents_are_told_in_words() -> None:
    """A step both sides consent to; the control is the bare word of the file."""
    said = Text(ja="了承", en="Agreed")
    both = tuple(Party(party=party) for party in ("operator", "counterpart"))
    step = Transition(label=said, **{"from": "a"}, to="b", by=("system",), all_of=both)
    states = {"a": State(label=said, initial=True, held_by="originator"), "b": State(label=said, final=True)}
    drawn = texts(draw(Flow(states=states, transitions={"agree": step}), "ja"))
    assert {"開始した側", "システム（同意：事業者・相手方）"} <= set(drawn)
    assert "originator" not in drawn


def test_a_strict_page_shows_it(configuration: Configuration) -> None:
    """Nothing a Content-Security-Policy without inline styles and scripts would refuse."""
    for flow in (*configuration.workflows.values(), *configuration.lifecycles.values()):
        for node in ElementTree.fromstring(draw(flow, "ja")).iter():  # noqa: S314 - ours
            assert node.tag in {f"{SVG}{name}" for name in ("svg", "title", "desc", "path", "rect", "text")}
            assert not [name for name in node.attrib if name == "style" or name.startswith("on")]


def test_labels_cannot_break_out() -> None:
    label = Text(ja="<script>&\"'")
    step = Transition.model_validate({"label": label, "from": "a", "to": "a", "by": "<b>"})
    picture = draw(Flow(label=label, states={"a": State(label=label)}, transitions={"x": step}), "ja")
    assert "<script" not in picture
    assert label.ja in texts(picture)


def test_the_picture_of_the_manual_is_current(configuration: Configuration) -> None:
    flow = configuration.workflows["registration"]
    assert PICTURE.read_text(encoding="utf-8") == draw(flow, "en", configuration.site.roles)


@st.composite
def graphs(drawing: st.DrawFn) -> tuple[dict[str, float], list[Edge]]:
    names = [f"s{n}" for n in range(drawing(st.integers(1, 9)))]
    ends = st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=16)
    edges = [Edge(f"e{n}/x", a, b, 40.0 + n) for n, (a, b) in enumerate(drawing(ends))]
    return {name: 80.0 + 10 * n for n, name in enumerate(names)}, edges


def overlaps(layout: Layout) -> Iterator[tuple[str, str]]:
    for rank in layout.ranks:
        for one, other in combinations(rank, 2):
            if abs(one.x - other.x) < (one.width + other.width) / 2:
                yield one.key, other.key


@given(graphs())
def test_nothing_lies_on_anything_else(graph: tuple[dict[str, float], list[Edge]]) -> None:
    layout = lay_out(*graph)
    assert [*overlaps(layout)] == []
    for route in layout.routes:
        assert [cell.rank for cell in route.cells] == [*range(route.cells[0].rank, route.cells[-1].rank + 1)]
        assert route.words.rank % 2 == 1


@given(graphs())
def test_the_same_graph_is_drawn_the_same(graph: tuple[dict[str, float], list[Edge]]) -> None:
    places = [[(cell.key, cell.x) for rank in lay_out(*graph).ranks for cell in rank] for _ in range(2)]
    assert places[0] == places[1]


def test_control_boxes_pushed_together_are_found() -> None:
    layout = lay_out({"a": 80, "b": 80, "c": 80}, [Edge("x/a", "a", "b", 40), Edge("y/a", "a", "c", 40)])
    layout.boxes["c"].x = layout.boxes["b"].x + 79
    assert [*overlaps(layout)] != []


MARKET = Path(__file__).parents[2] / "fixtures" / "capacity_market"


def test_the_command_draws_every_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOROKU_DATA", str(tmp_path / "var"))
    result = CliRunner().invoke(program, ["schema", "check", "--draw", str(tmp_path / "pictures")])
    assert result.exit_code == 0, result.output
    drawn = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    flows, lives = ({path.stem for path in (MARKET / kind).iterdir()} for kind in ("workflows", "lifecycles"))
    named = {*flows, *(f"{name}-lifecycle" if name in flows else name for name in lives)}
    assert drawn == sorted(f"{name}.svg" for name in named)
    assert all(re.match("<svg ", path.read_text("utf-8")) for path in (tmp_path / "pictures").iterdir())
