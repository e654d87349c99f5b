"""From a mongod just started to a primary: initiate, reconfigure, wait."""

import asyncio
import time
from asyncio.subprocess import Process

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from app.database.client import Client, part
from app.database.process import SET

POLL = 0.005
"""Seconds between two looks."""


async def until_primary(process: Process, port: int, seconds: float) -> bool:
    """Wait until `process` is the writable primary on `port`; False when it ended or `seconds` went by."""
    until = time.monotonic() + seconds
    if not await _listening(process, port, until):
        return False
    client: Client = AsyncMongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=700)
    try:
        while process.returncode is None and time.monotonic() < until:
            if await _advance(client, process.pid, f"127.0.0.1:{port}"):
                return True
            await asyncio.sleep(POLL)
        return False
    finally:
        await part(client)


async def _listening(process: Process, port: int, until: float) -> bool:
    while process.returncode is None and time.monotonic() < until:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(POLL)
        else:
            writer.close()
            return True
    return False


async def _advance(client: Client, pid: int, host: str) -> bool:
    """One look, and the step it asks for; True once `host` is primary."""
    try:
        hello = await client.admin.command("hello")
        if hello["isWritablePrimary"] and hello["me"] == host:
            return await _is_ours(client, pid)
        if "setName" not in hello and await _is_ours(client, pid):
            await _configure(client, host)
    except (ConnectionFailure, OperationFailure):
        return False  # starting up, or in between two states: look again
    return False


async def _is_ours(client: Client, pid: int) -> bool:
    """Another program may have been faster on the port."""
    status = await client.admin.command("serverStatus", repl=0, metrics=0, locks=0, wiredTiger=0)
    return bool(status["pid"] == pid)


async def _configure(client: Client, host: str) -> None:
    """Give the set its only member. What is stored decides: a stored configuration may not be loaded yet."""
    stored = await client.local["system.replset"].find_one()
    if stored is None:
        await client.admin.command("replSetInitiate", {"_id": SET, "members": [{"_id": 0, "host": host}]})
    elif stored["members"][0]["host"] != host:
        stored["members"][0]["host"] = host
        stored["version"] += 1
        await client.admin.command("replSetReconfig", stored, force=True)
