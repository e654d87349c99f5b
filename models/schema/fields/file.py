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


class FileField(BaseField):
    """One upload: ``{id, filename, size, content_type, sha256}``; the bytes are in the store."""

    control: ClassVar[str] = "file"

    type: Literal["file"]
    accept: tuple[str, ...] = ("pdf",)
    max_mb: int = 10

    def parse(self, raw: Any) -> Any:
        return raw if isinstance(raw, dict) and raw.get("id") else None

    def unparse(self, value: Any) -> Any:
        return value

    def value_type(self) -> Any:
        return Annotated[dict[str, Any], AfterValidator(_uploaded)]

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, dict):
            return ""
        size = int(value.get("size") or 0)
        readable = f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(size // 1024, 1)} kB"
        return f"{value.get('filename', '')} ({readable})"


def _uploaded(value: dict[str, Any]) -> dict[str, Any]:
    if not {"id", "filename"} <= value.keys():
        raise refuse("file", "{label}: choose a file.")
    return value


class CertificateField(BaseField):
    """A client certificate (X.509): ``{serial, subject, issuer, not_before, not_after, fingerprint}``.
    Filled in from the certificate that was presented, never typed."""

    asked: ClassVar[bool] = True
    control: ClassVar[str] = "certificate"

    type: Literal["certificate"]

    def parse(self, raw: Any) -> Any:
        return raw if isinstance(raw, dict) and raw.get("fingerprint") else None

    def unparse(self, value: Any) -> Any:
        return value

    def value_type(self) -> Any:
        return Annotated[dict[str, Any], AfterValidator(_presented)]

    def show(self, value: Any, language: Language) -> str:
        return str(value.get("subject", "")) if isinstance(value, dict) else ""


def _presented(value: dict[str, Any]) -> dict[str, Any]:
    if not {"serial", "issuer", "subject", "not_after", "fingerprint"} <= value.keys():
        raise refuse("certificate", "{label}: present a client certificate.")
    return value
