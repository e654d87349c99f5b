"""Making a database ready: documents bound, collections walled, indexes from the definitions."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from beanie import init_beanie
from beanie.exceptions import CollectionWasNotInitialized
from bson.codec_options import CodecOptions, TypeCodec, TypeRegistry
from bson.decimal128 import Decimal128
from pymongo import IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Stored
from models.documents.bounce import Bounce
from models.documents.calendar_day import CalendarDay
from models.documents.calendar_feed import CalendarFeed
from models.documents.certificate import Certificate
from models.documents.code import Authenticator
from models.documents.comment import Comment
from models.documents.counter import Counter
from models.documents.dead_address import DeadAddress
from models.documents.declaration import Confirmation, ConfirmationRound, Declaration
from models.documents.event import Event
from models.documents.guess import Guess
from models.documents.hold import Hold
from models.documents.inbox import InboxItem, InboxRound
from models.documents.indexes import ensure_indexes, record_indexes
from models.documents.job import Job
from models.documents.ledger import LedgerLine
from models.documents.limiting import LimitCount
from models.documents.link import Link
from models.documents.loss import LossReport
from models.documents.mail_alarm import MailAlarm
from models.documents.mail_lane import MailLane
from models.documents.mailing import Mailing
from models.documents.message import Message
from models.documents.owed import Owed
from models.documents.publication import Publication
from models.documents.recertification import Recertification, RecertificationLine
from models.documents.record import RecordTypeVersion, RecordVersion, envelope_schema
from models.documents.redaction import Redaction
from models.documents.request import Request
from models.documents.retention import RetentionItem, RetentionRun
from models.documents.schema_change import SchemaChange
from models.documents.sealing_key import SealingKey
from models.documents.session import BrowserSession
from models.documents.stop import Stop
from models.documents.store import Mongo, Store
from models.documents.sweep import Sweep
from models.documents.terms import Acceptance, TermsVersion
from models.documents.thread import Post
from models.documents.view import SavedView
from models.schema.definition import RecordType
from models.workflow.definition import Lifecycle

DOCUMENTS: tuple[type[Stored], ...] = (
    Account,
    Acceptance,
    Application,
    Authenticator,
    Bounce,
    BrowserSession,
    CalendarDay,
    CalendarFeed,
    Certificate,
    Comment,
    Confirmation,
    ConfirmationRound,
    Counter,
    DeadAddress,
    Declaration,
    Event,
    Guess,
    Hold,
    InboxItem,
    InboxRound,
    Job,
    LedgerLine,
    LimitCount,
    Link,
    LossReport,
    MailAlarm,
    MailLane,
    Mailing,
    Message,
    Owed,
    Post,
    Publication,
    Recertification,
    RecertificationLine,
    RecordTypeVersion,
    RecordVersion,
    Request,
    Redaction,
    RetentionItem,
    RetentionRun,
    SavedView,
    SchemaChange,
    SealingKey,
    Stop,
    Sweep,
    TermsVersion,
)
"""Every document with a collection of its own; records have one per type."""


class ExactDecimal(TypeCodec):
    """Python's Decimal as MongoDB's Decimal128, both ways."""

    python_type = Decimal
    bson_type = Decimal128

    def transform_python(self, value: Decimal) -> Decimal128:
        return Decimal128(value)

    def transform_bson(self, value: Decimal128) -> Decimal:
        return value.to_decimal()


CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, type_registry=TypeRegistry([ExactDecimal()])
)


def database_of(store: Store) -> Mongo:
    """The store's database with times aware and decimals exact."""
    return store.mongo.with_options(codec_options=CODEC) if store.transactional else store.mongo


Kind = tuple[RecordType, Lifecycle]
"""A record type and the lifecycle its records have."""

MARK = "prepared"
"""The collection that says what this database was prepared for."""

LAST = "last"
"""Its one document: going back to earlier definitions prepares again, for their indexes may be gone."""


async def bind(store: Store) -> None:
    """Bind the documents to `store`, unless they are; nothing is written."""
    if _is_bound(store):
        return
    await init_beanie(database=database_of(store), document_models=list(DOCUMENTS), skip_indexes=True)


def _is_bound(store: Store) -> bool:
    """Whether the documents, the last of them too, are bound to this very database."""
    try:
        held = DOCUMENTS[-1].raw().database
    except CollectionWasNotInitialized:
        return False
    return held.client is store.mongo.client and held.name == store.mongo.name


async def prepare(store: Store, kinds: Iterable[Kind]) -> None:
    """Create collections, walls and indexes where they are missing, for documents and records of `kinds`.

    That asks the server about every collection, so it is left out when the same was done before and no
    collection was dropped since. An index dropped by hand comes back when ``prepared`` is emptied."""
    database, wanted = database_of(store), list(kinds)
    checksum = _checksum(wanted)
    if store.transactional and await _is_prepared(database, checksum):
        return
    for model in DOCUMENTS:
        await ensure_indexes(database[str(model.Settings.name)], list(getattr(model.Settings, "indexes", ())))
    for kind in wanted:
        await prepare_kind(store, kind)
    if store.transactional:
        mark = {"checksum": checksum, "collections": await _identities(database)}
        await database[MARK].replace_one({"_id": LAST}, mark, upsert=True)


async def prepare_kind(store: Store, kind: Kind) -> None:
    """Create the collection, the wall and the indexes of one record type where they are missing.

    Raises ConfigurationError when what is stored already breaks a unique index."""
    database, (definition, lifecycle) = database_of(store), kind
    if definition.collection not in await database.list_collection_names():
        await _create(store, database, definition)
    await ensure_indexes(database[definition.collection], record_indexes(definition, lifecycle))


def _checksum(kinds: Iterable[Kind]) -> str:
    """SHA-256 of every index and wall there is to be."""
    wanted = {model.Settings.name: _described(getattr(model.Settings, "indexes", ())) for model in DOCUMENTS}
    wanted |= {kind.collection: _described(record_indexes(kind, life)) for kind, life in kinds}
    told = json.dumps([wanted, envelope_schema()], default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def _described(indexes: Iterable[IndexModel]) -> list[Mapping[str, Any]]:
    return [index.document for index in indexes]


async def _is_prepared(database: Mongo, checksum: str) -> bool:
    """Whether the mark is there and every collection it names is still the same one."""
    mark = await database[MARK].find_one({"_id": LAST, "checksum": checksum})
    return mark is not None and mark["collections"].items() <= (await _identities(database)).items()


async def _identities(database: Mongo) -> dict[str, str]:
    """The collections by name, with the id the server gave each when it was made."""
    found = await database.list_collections(filter={"type": "collection"})
    identities = {each["name"]: str(each["info"]["uuid"]) async for each in found}
    return {name: uuid for name, uuid in identities.items() if not name.startswith("system.")}


async def _create(store: Store, database: Mongo, definition: RecordType) -> None:
    envelope = envelope_schema("null" if definition.is_ours else "objectId")
    options: Mapping[str, Any] = {"validator": {"$jsonSchema": envelope}} if store.transactional else {}
    try:
        await database.create_collection(definition.collection, **options)
    except CollectionInvalid:
        return
    except OperationFailure as error:
        if error.code != 48:  # NamespaceExists: another process was first
            raise
