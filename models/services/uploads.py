"""Uploads: what may come in, checked by its content, and who may have it back."""

import unicodedata
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import Any

from models.access import seen_by, told
from models.documents.application import Application
from models.documents.base import read_id
from models.documents.guarded import update_where
from models.documents.store import Attachment
from models.errors import NotFound, UploadRefused
from models.permissions import Actor, may_view
from models.schema.fields.file import KINDS, FilesField, UploadField
from models.services.applications import (
    compiled,
    form_of,
    keep_upload,
    may_type,
    open_fields,
    require_applicant,
    subject_of,
    variables_of,
    writable,
)
from models.services.scanning import require_clean
from models.services.seeing import holds, require_in_reach
from models.services.site import Site
from models.services.switches import require_writing

NAME_LIMIT = 150
"""Longest file name kept (characters)."""

_ZIP = b"PK\x03\x04"
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "docx": (_ZIP,),
    "xlsx": (_ZIP,),
    "zip": (_ZIP,),
}
"""How the content of each kind begins; kinds not listed are texts and must be free of control bytes."""

INLINE = frozenset({"application/pdf", "image/png", "image/jpeg"})
"""Content types shown in the browser; everything else is handed over as a download."""


async def attach(
    site: Site, actor: Actor, application: Application, field_name: str, filename: str, content: bytes
) -> dict[str, Any]:
    """Store an upload, its facts in the answers: in the place of the earlier one, or after those there where
    the field takes several. Raises UploadRefused, NotFound, TransitionRefused."""
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    field = form_of(site, application).by_name.get(field_name)
    opened = open_fields(site, application)
    if not isinstance(field, UploadField) or (opened is not None and field_name not in opened):
        raise NotFound
    if not may_type(actor, field, application):
        raise NotFound
    if isinstance(field, FilesField):
        _require_room(field, application)
    name = clean_name(filename)
    kind = check_upload(field, name, content)
    await require_clean(site, actor, content, subject_of(application))
    stored = await site.store.attachments.put(name, KINDS[kind][0], str(application.id), content)
    value = facts(stored)
    most = field.max_files if isinstance(field, FilesField) else None
    await keep_upload(site, application, field_name, value, among=most)
    return value


async def take_away(
    site: Site, actor: Actor, application: Application, field_name: str, upload_id: str
) -> Application:
    """Take one upload out of the answers, at once; its page is to be looked at again. The application as it
    is afterwards; one that has gone already is gone. Raises NotFound, TransitionRefused."""
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    field = form_of(site, application).by_name.get(field_name)
    if not isinstance(field, UploadField) or not await _may_change(site, actor, application, field_name):
        raise NotFound
    path, touched = f"answers.{field_name}", {"updated_at": site.now(), "consents": []}
    now = {"$set": touched, "$inc": {"revision": 1}}
    pages = [
        page.name for page in compiled(site, application).definition.laid_out if field_name in page.fields
    ]
    undone = {"pages_done": {"$in": pages}}
    if isinstance(field, FilesField):
        out: dict[str, Any] = {"$pull": {path: {"id": upload_id}, **undone}}
    else:
        out = {"$unset": {path: ""}, "$pull": undone}
    held = {"_id": application.id, "state": application.state, f"{path}.id": upload_id}
    kept = await update_where(Application, held, {**out, **now})
    return kept or application


async def _may_change(site: Site, actor: Actor, application: Application, name: str) -> bool:
    """Whether the answer of a field may be taken away now."""
    variables = await variables_of(site, application)
    return name in writable(site, actor, application, frozenset({name}), {name: None}, variables)


def _require_room(field: FilesField, application: Application) -> None:
    """Raise UploadRefused when the field holds all the files it may, as the application was read."""
    held = application.answers.get(field.name)
    if isinstance(held, list) and len(held) >= field.max_files:
        raise UploadRefused("At most {count} files can be attached here.", count=field.max_files)


def clean_name(filename: str) -> str:
    """The name a person gave, without a path or control characters; Japanese names are kept."""
    base = PurePosixPath(filename.replace("\\", "/")).name
    name = "".join(c for c in unicodedata.normalize("NFC", base) if c.isprintable() and c not in '<>:"|?*')
    stem, dot, ending = name.strip(". ").rpartition(".")
    return f"{stem[:NAME_LIMIT]}{dot}{ending[:10]}" if dot else ending[:NAME_LIMIT] or "file"


def check_upload(field: UploadField, name: str, content: bytes) -> str:
    """The kind of an upload, by its ending and its content, which must agree (ASVS 5.2.2)."""
    if not content:
        raise UploadRefused("The file is empty.")
    if len(content) > field.max_mb * 1_048_576:
        raise UploadRefused("The file is larger than {max_mb} MB.", max_mb=field.max_mb)
    ending = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    if ending not in field.accept or ending not in KINDS:
        raise UploadRefused("Only these kinds of file are accepted: {kinds}.", kinds=", ".join(field.accept))
    if not _fits(ending, content):
        raise UploadRefused("The content of the file is not what its name says.")
    return ending


def _fits(ending: str, content: bytes) -> bool:
    if ending in SIGNATURES:
        return content.startswith(SIGNATURES[ending])
    return not any(byte < 9 or 13 < byte < 32 for byte in content[:4096])


def facts(stored: Attachment) -> dict[str, Any]:
    """What a field of type ``file`` stores."""
    return {
        "id": str(stored.id),
        "filename": stored.filename,
        "size": stored.size,
        "content_type": stored.content_type,
        "sha256": stored.sha256,
    }


async def open_upload(
    site: Site, actor: Actor, application: Application, identifier: str
) -> tuple[Attachment, AsyncIterator[bytes]]:
    """An upload of this application and its bytes. Raises NotFound for anybody else's, and for one that is
    among no answers this actor may read."""
    if not may_view(actor, application) or not _is_among_read(site, actor, application, identifier):
        raise NotFound
    await require_in_reach(site, actor, application)
    stored = await site.store.attachments.get(read_id(identifier))
    if stored is None or not await _is_of(site, application, stored):
        raise NotFound
    return stored, site.store.attachments.read(stored.id)


async def _is_of(site: Site, application: Application, stored: Attachment) -> bool:
    """Whether an upload came with this application, or with an earlier one and is still among the answers of
    the record it is about."""
    if stored.owner == str(application.id):
        return True
    record = await site.records[application.type].get(application.concerned)
    return record is not None and holds(record.data, str(stored.id))


def _is_among_read(site: Site, actor: Actor, application: Application, identifier: str) -> bool:
    """Whether a field this actor may read holds the upload, or held it when the answers were handed over."""
    form = form_of(site, application)
    seen = seen_by(actor, form)
    if seen.fields == form.fields:
        return True
    handed = (submission.data for submission in application.submissions)
    given = (application.answers, application.data or {}, *handed)
    return any(holds(told(seen, answers), identifier) for answers in given)
