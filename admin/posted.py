"""Forms received, always within limits."""

from urllib.parse import unquote_plus

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_FIELDS = 1000
LARGEST_FIELD = 256 * 1024

PLAIN = "application/x-www-form-urlencoded"


async def read_form(
    request: Request, *, files: int = 0, fields: int = MOST_FIELDS, field_bytes: int = LARGEST_FIELD
) -> FormData:
    """The form of `request`: at most `files` uploads, `fields` inputs and `field_bytes` bytes in each input.

    Raises ``HTTPException(400)`` beyond the limits and 415 when the body is not a form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (PLAIN, "multipart/form-data"):
        raise HTTPException(415)
    if kind == PLAIN:
        return _plain(await request.body(), fields, field_bytes)
    return await request.form(max_files=files, max_fields=fields, max_part_size=field_bytes)


def _plain(body: bytes, most: int, largest: int) -> FormData:
    """A form without uploads, at once rather than byte by byte: the review page sends a hundred inputs."""
    pairs = [pair for pair in body.split(b"&") if pair]
    if len(pairs) > most or any(len(pair) > largest for pair in pairs):
        raise HTTPException(400)
    told = (pair.decode("latin-1").partition("=") for pair in pairs)
    return FormData([(unquote_plus(name), unquote_plus(value)) for name, _, value in told])


def text_of(form: FormData, name: str, *, longest: int = 10_000) -> str:
    """The text typed into `name`, line ends as ``\\n``, without surrounding space; empty when it is missing.

    Raises ``HTTPException(400)`` when it is longer than `longest` characters.
    """
    value = form.get(name)
    text = value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
    if len(text) > longest:
        raise HTTPException(400)
    return text


def number_of(form: FormData, name: str) -> int:
    """The small whole number sent as `name`, a revision or a choice; -1, which nothing has, for anything
    else."""
    value = form.get(name)
    sound = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9
    return int(value) if sound else -1  # type: ignore[arg-type]
