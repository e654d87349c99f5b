"""One site with demo data, served three ways in this process: TLS that demands a client certificate, TLS that
asks for one, and without TLS for proxies. Real HAProxy and nginx stand in front of the last."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.authority import FolderAuthority
from app.demo import PASSWORD, load_demo
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_clock, system_entropy
from tests.clock import Hands
from tests.shelf import Shelf
from tests.tls.front import Front, in_front
from tests.tls.ways import Served, serving


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> FolderAuthority:
    """An authority in a folder, made today."""
    made = FolderAuthority(tmp_path_factory.mktemp("tls"), system_clock(), PASSWORD)
    made.prepare()
    return made


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def served(
    shelf: Shelf, authority: FolderAuthority, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """The site with its three servers."""
    data, files = tmp_path_factory.mktemp("data"), authority.files
    common: dict[str, Any] = {
        "data": data,
        "smtp_url": None,
        "worker": False,
        "staff_codes": "optional",
        "port": 0,
    }
    behind: dict[str, Any] = {
        "certificate_source": "proxy",
        "proxies": "127.0.0.1,10.0.0.0/8",
        "client_ca": files.authorities,
    }
    strict = Settings(**common, tls=authority.folder)
    ways: dict[str, Settings] = {
        "strict": strict,
        "lenient": Settings(**common, tls=authority.folder, client_certificates="optional"),
        "behind": Settings(
            **common, **behind, client_crl=files.revoked, client_certificates="optional",
            base_url="https://localhost",
        ),
    }  # fmt: skip
    configuration, hands = configuration_of(strict), Hands()
    hands.now = system_clock()
    site = await build_site(strict, configuration, await shelf.take(), hands, system_entropy)
    await load_demo(site, data / "demo", authority=authority)
    async with AsyncExitStack() as stack:
        ports = {
            name: await stack.enter_async_context(serving(site, settings, configuration))
            for name, settings in ways.items()
        }
        yield Served(site, hands, authority, ports)
    await shelf.put_back()


@pytest_asyncio.fixture(scope="package", loop_scope="session", params=["haproxy", "nginx"])
async def front(
    request: pytest.FixtureRequest, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Front]:
    """A proxy in front of the server without TLS; where it is missing, its tests are skipped with the reason,
    and fail in CI."""
    program = str(request.param)
    if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
        if os.environ.get("CI"):
            raise AssertionError(f"{program} is missing: see .ci/run")
        pytest.skip(f"no {program} found: apt-get install haproxy nginx libnginx-mod-http-js")
    folder: Path = tmp_path_factory.mktemp(program)
    async with in_front(program, folder, served.authority.files, served.ports["behind"]) as started:
        yield started
