"""Uploads, and client certificates presented as files."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from models.language import Language
from models.schema.fields.base import BaseField, refuse

KINDS: dict[str, tuple[str, ...]] = {
    "pdf": ("application/pdf",),
    "png": ("image/png",),
    "jpg": ("image/jpeg",),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
    "zip": ("application/zip",),
    "csv": ("text/csv",),
    "txt": ("text/plain",),
}
"""Kinds of file that may be accepted, by ending, with the content type they are served as."""


class UploadField(BaseField):
    """What one upload and several share: which kinds of file, and how large each may be."""

    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False

    accept: tuple[str, ...] = ("pdf",)
    max_mb: int = 10

    def unparse(self, value: Any) -> Any:
        return value


class FileField(UploadField):
    """One upload: ``{id, filename, size, content_type, sha256}``; the bytes are in the store. Whatever it is
    called, its content must be of one of the kinds in ``accept``; ``max_mb`` is in megabytes of 1,048,576."""

    control: ClassVar[str] = "file"

    type: Literal["file"]

    def parse(self, raw: Any) -> Any:
        return raw if _is_upload(raw) else None

    def value_type(self) -> Any:
        return Annotated[dict[str, Any], AfterValidator(_uploaded)]

    def show(self, value: Any, language: Language) -> str:
        return _told(value)

    def search_text(self, value: Any) -> str:
        return _name_of(value)

    def stored_schema(self) -> dict[str, Any]:
        return UPLOAD_SCHEMA


class FilesField(UploadField):
    """Several uploads, in the order they came, each like one ``file``. At most ``max_files``; at least
    ``min_files`` where any are given."""

    control: ClassVar[str] = "files"

    type: Literal["files"]
    min_files: int = 0
    max_files: int = 10

    def parse(self, raw: Any) -> Any:
        sent = raw if isinstance(raw, list) else [raw]
        return [upload for upload in sent if _is_upload(upload)] or None

    def value_type(self) -> Any:
        each = Annotated[dict[str, Any], AfterValidator(_uploaded)]
        return Annotated[list[each], AfterValidator(self._counted)]

    def _counted(self, uploads: list[Any]) -> list[Any]:
        if len(uploads) < self.min_files:
            raise refuse("min_files", "{label}: attach at least {min_files} files.", min_files=self.min_files)
        if len(uploads) > self.max_files:
            raise refuse("max_files", "{label}: attach at most {max_files} files.", max_files=self.max_files)
        return uploads

    def show(self, value: Any, language: Language) -> str:
        separator = "、" if language == "ja" else ", "
        return separator.join(_told(upload) for upload in value or [])

    def search_text(self, value: Any) -> str:
        return " ".join(_name_of(upload) for upload in value or [])

    def stored_schema(self) -> dict[str, Any]:
        lengths = {"minItems": max(self.min_files, 1), "maxItems": self.max_files}
        return {"type": "array", "items": UPLOAD_SCHEMA, **lengths}


UPLOAD_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "filename": {"type": "string"},
        "size": {"type": "integer", "minimum": 0},
        "content_type": {"type": "string"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
    "required": ["id", "filename"],
}
"""One upload's facts as they are stored."""


def _is_upload(raw: Any) -> bool:
    return isinstance(raw, dict) and bool(raw.get("id"))


def _name_of(value: Any) -> str:
    return str(value.get("filename", "")) if isinstance(value, dict) else ""


def size_told(size: int) -> str:
    """How large a file of `size` bytes is, for people."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(size // 1024, 1)} kB"


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    return f"{value.get('filename', '')} ({size_told(int(value.get('size') or 0))})"


def _uploaded(value: dict[str, Any]) -> dict[str, Any]:
    if not {"id", "filename"} <= value.keys():
        raise refuse("file", "{label}: choose a file.")
    return value


class CertificateField(BaseField):
    """A client certificate (X.509): ``{serial, subject, issuer, not_before, not_after, fingerprint}``.
    Filled in from the certificate that was presented, never typed."""

    control: ClassVar[str] = "certificate"
    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False

    type: Literal["certificate"]

    def parse(self, raw: Any) -> Any:
        return raw if isinstance(raw, dict) and raw.get("fingerprint") else None

    def unparse(self, value: Any) -> Any:
        return value

    def value_type(self) -> Any:
        return Annotated[dict[str, Any], AfterValidator(_presented)]

    def show(self, value: Any, language: Language) -> str:
        return str(value.get("subject", "")) if isinstance(value, dict) else ""

    def search_text(self, value: Any) -> str:
        return self.show(value, "ja")

    def stored_schema(self) -> dict[str, Any]:
        texts = {key: {"type": "string"} for key in (*_FACTS, "not_before")}
        return {"type": "object", "properties": texts, "required": list(_FACTS)}


_FACTS = ("serial", "issuer", "subject", "not_after", "fingerprint")


def _presented(value: dict[str, Any]) -> dict[str, Any]:
    if not value.keys() >= set(_FACTS):
        raise refuse("certificate", "{label}: present a client certificate.")
    return value
