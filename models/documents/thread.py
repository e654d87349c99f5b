"""Threads: what the staff and an operator write to each other about one thing."""

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from models.documents.base import Id, Person, Stored

_SUBJECT = (("subject_kind", ASCENDING), ("subject_id", ASCENDING))


class Post(Stored):
    """One message of a thread; it is never changed. ``key`` is the form it came from, so that a form sent
    twice makes one message."""

    subject_kind: str
    subject_id: Id
    operator_id: Id
    key: str
    text: str
    by: Person
    at: datetime

    class Settings:
        name = "posts"
        indexes = (
            IndexModel([*_SUBJECT, ("_id", ASCENDING)], name="thread"),
            IndexModel([*_SUBJECT, ("key", ASCENDING)], unique=True, name="once"),
        )
