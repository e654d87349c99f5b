"""Comments: what colleagues write to each other about an application. In a collection of their own, so that
no page or mail made from the application itself can hold one."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Person, Stored


class Mentioned(Person):
    """A colleague a comment names, with the login that stands in its text."""

    login: str


class Comment(Stored):
    """One comment. What was taken back keeps its place, without its text; ``key`` is the form it came from,
    so that a form sent twice makes one comment."""

    application_id: Id
    key: str
    text: str
    by: Person
    at: datetime
    mentions: list[Mentioned] = []
    edited_at: datetime | None = None
    removed_at: datetime | None = None

    class Settings:
        name = "comments"
        indexes = (
            IndexModel([("application_id", ASCENDING), ("_id", ASCENDING)], name="thread"),
            IndexModel([("application_id", ASCENDING), ("key", ASCENDING)], unique=True, name="once"),
        )
