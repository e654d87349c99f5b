"""Secret answers: sealed before they are stored, uncovered only by permission, and every time an event.

Fernet (AES-128-CBC and HMAC-SHA-256, https://github.com/fernet/spec) under a key derived from the site's
secret by HKDF-SHA-256 (RFC 5869): the database alone does not give them away, nor does the key alone."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter, ValidationError

from models.access import told
from models.documents.application import Application
from models.documents.event import Subject
from models.documents.record import Record
from models.documents.store import Session
from models.errors import NotFound
from models.permissions import Actor, allowed, may_view, require
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.secret import SecretField, is_sealed
from models.services.events import record_event
from models.services.seeing import is_in_reach, may_open, seen
from models.services.site import Site
from models.services.stepping_up import require_recent

PURPOSE = b"toroku sealed answers"

UNREADABLE = "This answer cannot be uncovered with the secret the site runs with now."


@lru_cache(maxsize=8)
def _fernet(secret: bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret)
    return Fernet(urlsafe_b64encode(derived))


def seal(site: Site, text: str) -> dict[str, str]:
    """`text` as it is stored: ``{"sealed": token}``."""
    return {"sealed": _fernet(site.secret).encrypt(text.encode()).decode()}


def unseal(site: Site, sealed: Mapping[str, str]) -> str:
    """What was sealed. Raises NotFound when the site's secret has changed since."""
    try:
        return _fernet(site.secret).decrypt(sealed["sealed"].encode()).decode()
    except InvalidToken as error:
        raise NotFound(UNREADABLE) from error


def seal_answers(
    site: Site,
    definition: RecordType,
    answers: Mapping[str, Any],
    kept: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`answers` (typed or read) with every secret sealed, in groups and rows too.

    What is no valid secret is left out rather than stored in the clear. Tokens that come with the answers are
    believed only when they are among `kept`, the answers stored so far: nobody can hand in somebody
    else's."""
    known = frozenset(_tokens(kept or {}))
    return {**answers, **_sealed(site, definition.fields, answers, known)}


def _sealed(
    site: Site, fields: tuple[BaseField, ...], answers: Mapping[str, Any], known: frozenset[str]
) -> dict[str, Any]:
    return {
        field.name: _sealed_value(site, field, answers[field.name], known)
        for field in fields
        if field.name in answers and (field.parts or isinstance(field, SecretField))
    }


def _sealed_value(site: Site, field: BaseField, value: Any, known: frozenset[str]) -> Any:
    if isinstance(field, SecretField):
        if is_sealed(value):
            return {"sealed": value["sealed"]} if value["sealed"] in known else None
        return seal(site, value) if isinstance(value, str) and value and _is_valid(field, value) else None
    if isinstance(value, list):
        return [_sealed_value(site, field, row, known) if isinstance(row, dict) else row for row in value]
    return {**value, **_sealed(site, field.parts, value, known)} if isinstance(value, dict) else value


def _is_valid(field: SecretField, text: str) -> bool:
    try:
        TypeAdapter(field.value_type()).validate_python(text)
    except ValidationError:
        return False
    return True


def _tokens(answers: Any) -> Iterator[str]:
    if is_sealed(answers):
        yield answers["sealed"]
    for part in answers.values() if isinstance(answers, Mapping) else answers:
        if isinstance(part, Mapping | list):
            yield from _tokens(part)


async def reveal(site: Site, actor: Actor, holder: Record | Application, path: str) -> str:
    """The secret at `path` (``field``, ``group.part``, ``table.0.column``) of a record or of what was
    submitted with an application. The event is written before anything is told.

    Raises NotAllowed without ``secret.reveal``; ConfirmationRequired; NotFound where there is none, where the
    field or the record is not theirs to see, or where the site's secret has changed since it was sealed."""
    require(actor, "secret.reveal")
    require_recent(site, actor)
    if not await _may_look(site, actor, holder):
        raise NotFound
    readable = told(seen(site, actor, holder.type, holder.schema_version), holder.data or {})
    sealed = _at(readable, path.split("."))
    if not is_sealed(sealed):
        raise NotFound
    text = unseal(site, sealed)
    is_application = isinstance(holder, Application)
    label = holder.reference if isinstance(holder, Application) else holder.number
    subject = Subject(kind="application" if is_application else "record", id=holder.id, label=label)

    async def body(session: Session) -> None:
        operator = holder.operator_id
        await record_event(
            site,
            actor,
            "secret.revealed",
            subject,
            session,
            operator_id=operator,
            type=holder.type,
            path=path,
        )

    await site.store.transaction(body)
    return text


async def _may_look(site: Site, actor: Actor, holder: Record | Application) -> bool:
    """Whether the record or the application is theirs to see at all."""
    if isinstance(holder, Application):
        return may_view(actor, holder) and await may_open(site, actor, holder)
    return allowed(actor, "record.view") and await is_in_reach(site, actor, holder.type, holder.id)


def _at(value: Any, path: list[str]) -> Any:
    for name in path:
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
    return value
