"""What became of the rows of an operator's file, row by row."""

from typing import Any

from models.documents.application import Application
from models.documents.job import Job
from models.language import Language, Message, translate
from models.schema.definition import KIND_LABELS

HEADS = (
    Message("Row"),
    Message("Result"),
    Message("Reference number"),
    Message("Application"),
    Message("Name"),
    Message("Column"),
    Message("What is wrong"),
)

TOLD = dict.fromkeys(("reference", "batch", "kind", "title", "submissions.round"), 1)


async def table(job: Job, language: Language) -> list[list[Any]]:
    """A table with its heads: every application made of a row, and every row something is wrong with."""
    found = Application.raw().find({"batch.job": job.id}, TOLD).sort("batch.row", 1)
    made = [[row["batch"]["row"], *_told(row, language), "", ""] async for row in found]
    left = translate("Not brought in", language)
    references = {row[0]: row for row in made}
    wrong = [
        [
            *(references.get(each["row"]) or [each["row"], left, "", "", ""])[:5],
            each["column"],
            each[language],
        ]
        for each in job.failed
    ]
    clean = [row for row in made if row[0] not in {each["row"] for each in job.failed}]
    return [[head(language) for head in HEADS], *sorted([*clean, *wrong], key=lambda row: row[0])]


async def count(job: Job) -> int:
    """How many applications were made of its rows."""
    return int(await Application.raw().count_documents({"batch.job": job.id}))


def _told(row: dict[str, Any], language: Language) -> list[str]:
    sent = bool(row.get("submissions"))
    state = translate("Sent in", language) if sent else translate("Draft", language)
    return [state, row["reference"], KIND_LABELS[row["kind"]](language), row.get("title") or ""]
