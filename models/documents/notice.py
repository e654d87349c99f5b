"""Notices (お知らせ)."""

from datetime import datetime
from typing import Literal

from pymongo import DESCENDING, IndexModel

from models.documents.base import Stored
from models.language import Text


class Notice(Stored):
    """What the organisation tells its users. Bodies are Markdown."""

    title: Text
    body: Text
    category: str = "general"
    importance: Literal["normal", "high"] = "normal"
    audience: Literal["all", "operators"] = "all"
    published_at: datetime
    withdrawn_at: datetime | None = None

    class Settings:
        name = "notices"
        indexes = (IndexModel([("published_at", DESCENDING), ("_id", DESCENDING)], name="newest"),)
