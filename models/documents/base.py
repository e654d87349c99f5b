"""What stored documents share: ids, people, and how a driver's errors become ours."""

from typing import TYPE_CHECKING, Any, Literal

from beanie import Document
from bson import ObjectId
from bson.errors import InvalidId
from pydantic import BaseModel, ConfigDict

from models.errors import NotFound

Id = ObjectId
"""The identity of a stored thing."""


AN_ID = {"$gt": ObjectId("0" * 24)}
"""Condition of partial indexes: the field holds an id (``$type`` would say it, but not every backend knows it
there)."""


def new_id() -> Id:
    """A fresh identity (not a secret: it can be guessed from its neighbours)."""
    return ObjectId()


def read_id(text: object) -> Id:
    """The id a text spells. Raises NotFound for anything else, as for an unknown id."""
    try:
        return ObjectId(str(text))
    except (InvalidId, TypeError) as error:
        raise NotFound from error


class Part(BaseModel):
    """A part of a document: lenient on read, so that an old shape never breaks a page."""

    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)


class Stored(Document):
    """Base of the documents Beanie keeps."""

    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)

    if not TYPE_CHECKING:
        __getattribute__ = object.__getattribute__  # Beanie's looks for parts not parsed yet; there are none

    @classmethod
    def raw(cls) -> Any:
        """The driver's collection, for guarded updates and projected reads."""
        return cls.get_pymongo_collection()


ActorKind = Literal["visitor", "operator", "staff", "system"]


class Person(Part):
    """Who did something, as it is kept beside what was done."""

    kind: ActorKind
    id: Id | None = None
    name: str = ""
    delegate: str = ""
    """The organisation through which they acted for the operator (terms of use 2.3.2); "" for none."""

    @property
    def shown(self) -> str:
        """Their name as every page shows it, with the organisation a delegate belongs to."""
        return f"{self.name} ({self.delegate})" if self.delegate else self.name
