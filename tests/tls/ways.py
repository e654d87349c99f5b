"""Servers of the program in this process, and clients with certificates."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from app.authority import FolderAuthority
from app.cli.serving import server_of
from app.main import create_app
from app.settings import Settings
from models.configuration.load import Configuration
from models.documents.event import Event
from models.services.site import Site
from tests.clock import Hands

OWN, OTHER, NEW = "9A01-01", "9B02-01", "new-operator-01"
"""Clients of the demo: of the operator of ``minato-admin``, of another operator, of nobody yet."""


class Quiet(uvicorn.Server):
    """A server that leaves signals to the test run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(site: Site, settings: Settings, configuration: Configuration) -> AsyncIterator[int]:
    """The program on `site`, as ``serve`` runs it; yields its port."""
    app = create_app(settings, configuration)
    app.state.site = site
    async with listening(server_of(settings, app)) as port:
        yield port


@asynccontextmanager
async def listening(config: uvicorn.Config) -> AsyncIterator[int]:
    """uvicorn until the end of the block; yields its port."""
    server = Quiet(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), task
        await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task


@dataclass
class Served:
    """The site, its clock, the authority of its clients, and the ports it is served on by way."""

    site: Site
    hands: Hands
    authority: FolderAuthority
    ports: Mapping[str, int]

    def url(self, way: str) -> str:
        scheme = "http" if way == "behind" else "https"
        return f"{scheme}://localhost:{self.ports[way]}"

    def client(self, way: str, name: str = "", **options: Any) -> httpx.AsyncClient:
        """A browser that presents the certificate of client `name`, or none."""
        return browser(self.url(way), self.authority, name, **options)

    async def events(self, action: str) -> list[Event]:
        """Events of this kind, newest first."""
        return await Event.find({"action": action}).sort("-_id").to_list()


def browser(
    url: str, authority: FolderAuthority, name: str = "", folder: Path | None = None, **options: Any
) -> httpx.AsyncClient:
    """A browser for `url` that presents the certificate of client `name` (of the folder's own), or none."""
    context = ssl.create_default_context(cafile=str(authority.files.authorities))
    if name:
        place = folder or authority.clients
        context.load_cert_chain(place / f"{name}.pem", place / f"{name}.key")
    options["headers"] = {"accept-language": "en", **options.get("headers", {})}
    return httpx.AsyncClient(base_url=url, verify=context, timeout=20, **options)
