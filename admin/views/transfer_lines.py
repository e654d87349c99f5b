"""A job of somebody in words: what it is, how it stands, what it found."""

from typing import Any, NamedTuple

from admin import moments
from admin.language import language, say
from models.documents.job import Job
from models.services.profiles import PROFILES
from models.services.site import Site


class Line(NamedTuple):
    """One transfer in a list."""

    href: str
    title: str
    state: tuple[str, str]
    purpose: str
    at: Any
    done: int
    total: int
    moving: bool


def line_of(site: Site, job: Job, href: str) -> Line:
    """A transfer as a list tells it."""
    published = site.registry.all_current().get(job.type)
    label = (published.definition.plural or published.definition.label) if published else None
    told = {"type": label(language()) if label else job.type}
    title = say("Export of {type}", told) if job.kind == "export" else say("Import into {type}", told)
    moving = job.state in ("queued", "running")
    return Line(href, title, state_of(job), job.purpose, job.created_at, job.done, job.total, moving)


def state_of(job: Job) -> tuple[str, str]:
    """What a job's state is called, and its tone."""
    if job.state == "prepared":
        return (say("Checked, waits for you"), "info") if job.phase else (say("Waits for you"), "info")
    return {
        "queued": (say("Waits its turn"), "plain"),
        "running": (say("Under way"), "info"),
        "done": (say("Done"), "good"),
        "failed": (say("Failed"), "bad"),
        "cancelled": (say("Cancelled"), "done"),
    }[job.state]


def facts_of(job: Job) -> list[tuple[str, Any]]:
    """What was asked for, in words."""
    parameters, facts = job.parameters, list[tuple[str, Any]]([(say("Purpose"), job.purpose)])
    if job.kind == "export":
        facts.append((say("Content"), PROFILES[parameters["profile"]](language())))
        facts.append((say("Handed to"), parameters.get("recipient")))
        facts.append((say("Written as"), f"{parameters['format']} {_encoding(parameters)}".strip()))
    else:
        into = say("Registered records") if parameters["into"] == "records" else say("Draft applications")
        facts.append((say("File"), parameters.get("filename")))
        facts.append((say("Written as"), f"{parameters['format']} {parameters.get('encoding', '')}".strip()))
        facts.append((say("Goes to"), into))
    facts.append((say("Asked for by"), job.requester.name if job.requester else ""))
    facts.append((say("Asked for at"), moments.minute(job.created_at)))
    if job.expires_at is not None:
        facts.append((say("Files are kept until"), moments.minute(job.expires_at)))
    return facts


def _encoding(parameters: Any) -> str:
    return str(parameters.get("encoding", "")) if parameters["format"] == "csv" else ""


def counts_of(job: Job) -> list[tuple[str, int, str]]:
    """What became of the rows: words, how many, tone."""
    checked = job.phase == "check"
    words = {
        "new": (say("to be registered") if checked else say("registered"), "good"),
        "changed": (say("to be changed") if checked else say("changed"), "info"),
        "same": (say("without any change"), "plain"),
        "refused": (say("with errors"), "bad"),
        "incomplete": (say("of them not complete yet"), "warn"),
    }
    found = [(words[name], job.counts[name]) for name in words if job.counts.get(name)]
    return [(label, count, tone) for (label, tone), count in found]
