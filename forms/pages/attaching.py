"""Uploads that come with a page: stored one by one; a refused one is told by its name, the others stay."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile

from forms.pages.draft import Draft
from forms.render.plan import PagePlan
from forms.render.posted import Posted
from models.errors import UploadRefused
from models.language import Message
from models.schema.fields.file import FilesField, UploadField
from models.schema.reading import AnswerError
from models.services import uploads
from models.services.uploads import clean_name

MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload of a field."""

    field: str
    id: str


def removed_by(plan: PagePlan, posted: Posted) -> Upload | None:
    """The upload the button pressed takes away; None for every other button."""
    action = posted.action
    target, held = plan.questions.get(action.path), posted.answers.get(action.path)
    if isinstance(target, FilesField) and action.name == "remove":
        known = held if isinstance(held, list) else []
        held = known[action.row] if 0 <= action.row < len(known) else None
    elif not isinstance(target, UploadField) or action.name != "clear":
        return None
    return Upload(action.path, str(held.get("id", ""))) if isinstance(held, dict) else None


async def take_in(draft: Draft, posted: Posted, path: str, chosen: list[UploadFile]) -> None:
    """Store the files chosen for the field at `path` and note them among the answers; those refused are one
    error at their field, which names each."""
    refused: list[tuple[str, Message]] = []
    for upload in chosen:
        try:
            await _take_in(draft, posted, path, upload)
        except UploadRefused as error:
            problem = Message(error.public, error.values)
            name = clean_name(upload.filename or "")
            refused.append((error.code, Message("{name}: {problem}", {"name": name, "problem": problem})))
    if refused:
        posted.errors.append(AnswerError(path, refused[0][0], _together([said for _, said in refused])))


def _together(told: list[Message]) -> Message:
    """Several sentences one after the other."""
    first, *others = told
    return Message("{one} And {other}", {"one": first, "other": _together(others)}) if others else first


async def _take_in(draft: Draft, posted: Posted, path: str, upload: UploadFile) -> None:
    """Store one upload and note it among the answers. Raises UploadRefused."""
    visit, target = draft.visit, draft.compiled.definition.by_name.get(path)
    if not isinstance(target, UploadField):
        raise UploadRefused
    if (upload.size or 0) > target.max_mb * MEBIBYTE:
        raise UploadRefused("The file is larger than {max_mb} MB.", max_mb=target.max_mb)
    held = posted.answers.get(path)
    earlier = held if isinstance(held, list) else []
    if isinstance(target, FilesField) and len(earlier) >= target.max_files:
        raise UploadRefused("At most {count} files can be attached here.", count=target.max_files)
    content = await upload.read()
    kept = await uploads.attach(
        visit.site, visit.actor, draft.application, path, upload.filename or "", content
    )
    posted.answers[path] = [*earlier, kept] if isinstance(target, FilesField) else kept
