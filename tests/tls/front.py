"""HAProxy and nginx with the examples of ``deploy``, on other ports and files."""

import asyncio
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.settings import ROOT
from app.tls import Files
from tests.journey.mailbox import free_port

DEPLOY = ROOT / "deploy"


@dataclass(frozen=True)
class Front:
    """A running proxy."""

    program: str
    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@asynccontextmanager
async def in_front(program: str, folder: Path, files: Files, backend: int) -> AsyncIterator[Front]:
    """The proxy with its example from ``deploy``, in front of the server on port `backend`."""
    front = Front(program, free_port())
    example = "haproxy.cfg" if program == "haproxy" else "nginx.conf"
    text = (DEPLOY / example).read_text(encoding="utf-8")
    prepare(files, folder)
    path = folder / example
    path.write_text(adapted(text, folder, front.port, backend), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(*command(program, path, folder), stderr=PIPE)
    try:
        await _answering(front.port, process)
        yield front
    finally:
        process.terminate()
        await process.communicate()


def prepare(files: Files, folder: Path) -> None:
    """The files where the examples have them: in ``tls``, one with certificate and key for HAProxy."""
    shutil.copytree(files.folder, folder / "tls")
    both = files.certificate.read_bytes() + files.key.read_bytes()
    (folder / "tls" / "server-with-key.pem").write_bytes(both)
    shutil.copy(DEPLOY / "client_cert.js", folder)


def adapted(text: str, folder: Path, port: int, backend: int) -> str:
    """The example with the ports, folders and the leniency of the tests; nothing else of it is changed."""
    changes = {
        "127.0.0.1:443": f"127.0.0.1:{port}",
        "127.0.0.1:8000": f"127.0.0.1:{backend}",
        "/etc/toroku": str(folder),
        "/run/nginx.pid": str(folder / "nginx.pid"),
        "/var/log/nginx": str(folder),
        "verify required": "verify optional",
        "access_log off;": f"access_log off;\n    client_body_temp_path {folder}/body;\n"
        f"    proxy_temp_path {folder}/proxy;\n    fastcgi_temp_path {folder}/fastcgi;\n"
        f"    uwsgi_temp_path {folder}/uwsgi;\n    scgi_temp_path {folder}/scgi;",
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def command(program: str, path: Path, folder: Path) -> list[str]:
    """How the proxy is started in the foreground."""
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or program
    if program == "haproxy":
        return [found, "-db", "-f", str(path)]
    return [found, "-p", str(folder), "-c", str(path), "-e", str(folder / "error.log"), "-g", "daemon off;"]


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(200):
        assert process.returncode is None, (await process.communicate())[1]
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return
    raise AssertionError("nothing listens")
