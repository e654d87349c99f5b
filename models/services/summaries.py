"""One mail that tells of all applications of an operator's file, in the place of one for each."""

from collections.abc import Mapping
from typing import Any

from models.configuration.mail import BULK_RECEIVED
from models.documents.application import Application
from models.documents.job import Job
from models.documents.store import Session
from models.language import Language
from models.services.messages import Letter, Recipient, queue_letter
from models.services.site import Site

SINGLY = 10
"""Most applications of one file that are told of in a mail each."""


def sums_up(site: Site, count: int) -> bool:
    """Whether so many applications of one file are told of in one mail: the site has the words for it."""
    return count > SINGLY and _has_words(site)


def _has_words(site: Site) -> bool:
    return (BULK_RECEIVED, site.configuration.site.languages[0]) in site.mail


async def queue_summary(site: Site, job: Job, session: Session) -> None:
    """Tell each applicant of a file what of it was sent, in the transaction that ends the job. What was told
    already is not told again; what was sent since, by a job that was resumed, is."""
    if job.kind != "bulk" or not job.parameters.get("summed") or not _has_words(site):
        return
    for told in await _sent(job, session):
        await queue_letter(site, _letter(site, job, told), session)


async def _sent(job: Job, session: Session) -> list[dict[str, Any]]:
    """The applications of a file that were sent, by the address of their applicant: how many, the first and
    the last by row."""
    steps: list[Mapping[str, Any]] = [
        {"$match": {"batch.job": job.id, "submissions.0": {"$exists": True}}},
        {"$sort": {"batch.row": 1}},
        {
            "$group": {
                "_id": "$applicant.email",
                "name": {"$first": "$applicant.name"},
                "operator": {"$first": "$operator_name"},
                "count": {"$sum": 1},
                "first": {"$first": "$reference"},
                "last": {"$last": "$reference"},
            }
        },
        {"$match": {"_id": {"$nin": ["", None]}}},
    ]
    found = await Application.raw().aggregate(steps, session=session)
    return list(await found.to_list(None))


def _letter(site: Site, job: Job, told: Mapping[str, Any]) -> Letter:
    language: Language = job.parameters["language"]
    return Letter(
        template=BULK_RECEIVED,
        recipient=Recipient(told["_id"], told["name"], language),
        cause=f"{job.id}:{told['count']}",
        to="applicant",
        values={
            "record_type": site.registry.current(job.type).definition.label(language),
            "operator_name": told["operator"],
            "count": f"{told['count']:,}",
            "first_reference": told["first"],
            "last_reference": told["last"],
            "result_page": f"{site.base_url}/portal/{job.type}/bulk/{job.id}",
        },
        operator_id=job.operator_id,
    )
