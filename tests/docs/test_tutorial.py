"""The tutorial works as it is written: its files are the shipped module, its steps lead where they say."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from typer.testing import CliRunner

from app.cli import program as commands
from app.database import Database
from app.demo import load_demo
from app.main import create_app
from app.opening import build_site, configuration_of
from app.settings import ROOT, Settings
from models.clock import system_clock, system_entropy
from models.configuration.check import check
from models.configuration.load import examine
from models.services.timers import take_due
from tests.clock import Hands
from tests.docs.test_examples import blocks
from tests.forms.reader import Element
from tests.forms.tab import Tab
from tests.journey.mailbox import Mailbox, serving
from tests.journey.server import Program, running

TUTORIAL = ROOT / "docs" / "tutorial.md"
MODULE = ROOT / "fixtures" / "example_permits"
BROWSERS = {"Mori applies": "mori", "The desk decides": "desk", "The event is over": "mori"}
"""In whose browser the steps under a heading are done."""

Row = tuple[str, str, str, str]


def written(folder: Path, *, most: int = 99) -> Path:
    """The files of the tutorial as a reader saves them: the first `most`; each says its path first."""
    for block in blocks(TUTORIAL, "yaml")[:most]:
        first, _, rest = block.partition("\n")
        path = folder / first.removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rest, encoding="utf-8")
    return folder


def files_of(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}


def test_what_is_typed_in_is_the_shipped_module_and_nothing_else(tmp_path: Path) -> None:
    typed, shipped = files_of(written(tmp_path)), files_of(MODULE)
    assert typed == shipped
    assert all(name.endswith(".yaml") for name in shipped)
    assert sum(len(text.splitlines()) for text in shipped.values()) < 150


@pytest.mark.parametrize("most", [4, 99], ids=["after-the-people", "in-the-end"])
def test_the_check_holds_at_every_place_that_asks_for_it(tmp_path: Path, most: int) -> None:
    assert [str(finding) for finding in examine([written(tmp_path, most=most)], check)[1]] == []


def test_the_command_says_that_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"TOROKU_CONFIG": str(written(tmp_path / "permits")), "TOROKU_DATA": str(tmp_path / "var")}
    said = CliRunner().invoke(commands, ["schema", "check"], env=settings)
    assert (said.exit_code, "permit" in said.stdout) == (0, True)
    slip = tmp_path / "permits" / "site.yaml"
    slip.write_text(slip.read_text("utf-8").replace("operator_type", "operator_tpye"), encoding="utf-8")
    said = CliRunner().invoke(commands, ["schema", "check"], env=settings)
    assert (said.exit_code, "operator_type" in said.output) == (1, True)


def rows(heading: str) -> Iterator[Row]:
    """The steps under a heading of the tutorial."""
    section = TUTORIAL.read_text(encoding="utf-8").partition(f"### {heading}\n")[2].partition("\n#")[0]
    for line in re.findall(r"^\|(.+)\|$", section, re.MULTILINE):
        at, typed, press, see = (cell.strip() for cell in line.split("|"))
        if at != "at" and not at.startswith("---"):
            yield at, typed, press, see


class Reader(Tab):
    """Somebody who does what the tutorial says, without JavaScript."""

    async def do(self, row: Row) -> None:
        """One row of it; the words it ends with are on the page then."""
        at, typed, press, see = row
        address, _, link = at.partition(",")
        if address:
            await self.open(address.strip("`"))
        if link:
            await self.press_link(self._number())
        answers = dict(each.split(": ", 1) for each in typed.split("; ")) if typed else {}
        if press:
            await self.press(
                press, {k: v for name, text in answers.items() for k, v in self._typed(name, text)}
            )
        assert see in self.text, f"{row}: {self.text}"

    def button(self, words: str) -> Element:
        """The button that says `words` and nothing else."""
        return [e for e in self.page.all("button") if e.text.strip() == words][-1]

    def _number(self) -> str:
        """The first number of an application or a record among the links of the page."""
        found = (re.search(r"[AP]\d{4}-\d{4,6}", link.text) for link in self.page.all("a"))
        return next(number[0] for number in found if number)

    def _typed(self, name: str, text: str) -> list[tuple[str, str]]:
        """What a form sends for the answer under a label: typed, chosen or ticked."""
        for label in self.page.all("label"):
            control = self.page.by_id(label.get("for")) or self._inside(label)
            if label.text.strip().startswith(name) and control is not None:
                return [(control.get("name"), control.get("value") if text == "ticked" else text)]
        legends = [e for e in self.page.all("legend") if e.text.strip().startswith(name)]
        assert legends, f"nothing on {self.path} is called {name!r}: {self.text}"
        group = legends[0].inside("fieldset")
        controls = [e for e in self.page.controls if e.inside("fieldset") is group]
        if text == "yesterday":
            day = date.today() - timedelta(days=1)  # noqa: DTZ011 - as the reader's calendar shows it
            return [(e.get("name"), str(getattr(day, e.get("name").rpartition(".")[2]))) for e in controls]
        return [(e.get("name"), e.get("value")) for e in controls if self._label_of(e) == text]

    def _inside(self, label: Element) -> Element | None:
        return next((e for e in self.page.controls if e.inside("label") is label), None)

    def _label_of(self, control: Element) -> str:
        around = control.inside("label")
        found = (e.text.strip() for e in self.page.all("label") if e.get("for") == control.get("id"))
        return around.text.strip() if around is not None else next(found, "")


@pytest_asyncio.fixture
async def desk(store: Database, tmp_path: Path) -> AsyncIterator[Starlette]:
    """The desk of the tutorial, opened in this process with its demo."""
    settings = Settings(data=tmp_path / "var", config=(written(tmp_path / "permits"),), worker=False)
    app, hands = create_app(settings), Hands()
    hands.now = system_clock()
    app.state.site = await build_site(settings, configuration_of(settings), store, hands, system_entropy)
    await load_demo(app.state.site, tmp_path / "demo")
    yield app


async def do_all(readers: Mapping[str, Reader], pass_time: Callable[[str], Awaitable[None]]) -> None:
    """Every step of the tutorial, with the time it takes the program to go on after each part."""
    for heading, person in BROWSERS.items():
        steps = list(rows(heading))
        assert steps
        for step in steps:
            await readers[person].do(step)
        await pass_time(heading)


@asynccontextmanager
async def browsers(
    address: str, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[dict[str, Reader]]:
    """A browser for everybody, in English."""
    async with AsyncExitStack() as stack:
        found = {}
        for person in set(BROWSERS.values()):
            client = httpx.AsyncClient(
                transport=transport,
                base_url=address,
                follow_redirects=True,
                timeout=60,
                headers={"accept-language": "en"},
            )
            found[person] = Reader(await stack.enter_async_context(client))
        yield found


async def test_the_desk_does_what_the_tutorial_says(desk: Starlette) -> None:
    async def pass_time(_: str) -> None:
        while await take_due(desk.state.site):
            pass

    transport = httpx.ASGITransport(desk, client=("192.0.2.1", 1))
    async with browsers("http://127.0.0.1:8000", transport) as readers:
        await do_all(readers, pass_time)
        with pytest.raises(AssertionError, match="nowhere to be seen"):  # control
            await readers["mori"].do(("`/portal`", "", "", "nowhere to be seen"))


@pytest.mark.slow
async def test_the_program_itself_does_what_the_tutorial_says(tmp_path: Path) -> None:
    """By its own command, with its own worker; mails go to a real server."""
    config = str(written(tmp_path / "permits"))
    with (
        serving(Mailbox()) as port,
        running(Program(tmp_path / "var", smtp=port, TOROKU_CONFIG=config)) as it,
    ):
        async with browsers(it.url) as readers:

            async def pass_time(heading: str) -> None:
                for _ in range(60 if heading == "The desk decides" else 0):
                    if "closing report" in (await readers["mori"].open("/portal")).text:
                        return
                    await asyncio.sleep(0.5)

            await do_all(readers, pass_time)
