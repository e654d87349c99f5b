"""``connect(url)``: the one way to a database.

========================================  ===========================================================
``embedded:`` ``embedded:NAME``           a mongod of our own under the data folder (the default)
``mongodb://…`` ``mongodb+srv://…``       a replica set or sharded cluster; its path names the database
``memory://`` ``memory://NAME``           nothing is kept, no transactions: trials and fast tests
========================================  ===========================================================
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import ConfigurationError, OperationFailure
from pymongo.read_concern import ReadConcern

from app.database import transaction
from app.database.attachments import GridAttachments
from app.database.client import Client, part
from app.database.database import Database
from app.database.failures import honest
from app.database.sockets import close_abandoned
from app.database.timeouts import Timeouts
from models.errors import DatabaseRefused

NAME = "toroku"
"""The database when the URL names none."""

UNREADABLE = (
    "TOROKU_DATABASE_URL is not understood. It is embedded: or embedded:NAME, mongodb://… or "
    "mongodb+srv://…, or memory:// (special characters of a password must be percent-encoded)."
)
STANDALONE = (
    "This MongoDB is a standalone server: it has no transactions, so it cannot keep our promises. Start it "
    "with --replSet rs0 (or replication.replSetName in its configuration file) and run rs.initiate() in "
    "mongosh once; one node is enough. Then add ?replicaSet=rs0 to TOROKU_DATABASE_URL."
)
UNWELCOME = (
    "The database refused us ({reason}). Check the user name, the password and the rights of that user."
)
NO_MEMORY = "memory:// needs the extra “memory” (mongomock-motor), which is not installed."


async def connect(url: str, *, data_dir: Path, owner: bool, timeouts: Timeouts | None = None) -> Database:
    """The database at `url`, checked: it answers and has transactions (all but ``memory://``).

    For ``embedded:``, `owner` says who may run the mongod under `data_dir`: True (``serve``) must be its only
    owner, False (other commands) uses the owner's and owns it only when nobody does. mongod ends with the
    thread that called this: the main thread, or one that lives as long as the database is needed.

    Raises DatabaseRefused (wrong kind, wrong URL, cannot start here), DatabaseInUse (another owner),
    DatabaseUnavailable (no answer in time).
    """
    timeouts = timeouts or Timeouts()
    scheme, _, rest = url.partition(":")
    match scheme:
        case "embedded":
            return await _embedded(rest or NAME, data_dir, owner, timeouts)
        case "mongodb" | "mongodb+srv":
            async with AsyncExitStack() as stack:
                return await _server(url, timeouts, stack)
        case "memory":
            return _memory(rest.strip("/") or NAME)
    raise DatabaseRefused(UNREADABLE)


@asynccontextmanager
async def open_database(
    url: str, *, data_dir: Path, owner: bool, timeouts: Timeouts | None = None
) -> AsyncIterator[Database]:
    """``connect`` for the length of a block."""
    database = await connect(url, data_dir=data_dir, owner=owner, timeouts=timeouts)
    try:
        yield database
    finally:
        await database.close()


def _memory(name: str) -> Database:
    try:
        from app.database import memory
    except ImportError as error:
        raise DatabaseRefused(NO_MEMORY) from error
    return Database(memory.open_memory(name), memory.MemoryAttachments())


async def _embedded(name: str, data_dir: Path, owner: bool, timeouts: Timeouts) -> Database:
    from app.database import embedded, process  # not importable on Windows, where the others still work

    async with AsyncExitStack() as stack:
        running = await (embedded.own if owner else embedded.attach)(data_dir)
        stack.push_async_callback(running.close)
        return await _server(
            f"mongodb://127.0.0.1:{running.port}/{name}?replicaSet={process.SET}", timeouts, stack
        )


async def _server(url: str, timeouts: Timeouts, stack: AsyncExitStack) -> Database:
    """A checked Database that takes over what `stack` has to close."""
    close_abandoned()
    try:
        client: Client = AsyncMongoClient(
            url, appname="toroku", tz_aware=True, retryWrites=True, retryReads=True, **timeouts.options()
        )
        stack.push_async_callback(part, client)
        mongo = client.get_default_database(
            NAME,
            read_preference=ReadPreference.PRIMARY,
            write_concern=transaction.durable(timeouts),
            read_concern=ReadConcern("majority"),
        )
    except (ConfigurationError, ValueError):
        raise DatabaseRefused(UNREADABLE) from None  # the driver's text may quote the password
    await _check(client)
    return Database(
        mongo, GridAttachments(mongo), address=url, client=client, timeouts=timeouts, closing=stack.pop_all()
    )


async def _check(client: Client) -> None:
    """A member of a replica set or a router of a sharded cluster answers, and lets us in."""
    try:
        with honest():
            hello = await client.admin.command("hello")
    except ConfigurationError:
        raise DatabaseRefused(UNREADABLE) from None
    except OperationFailure as error:
        raise DatabaseRefused(UNWELCOME, reason=(error.details or {}).get("codeName", error.code)) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise DatabaseRefused(STANDALONE)
