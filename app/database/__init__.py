"""The database: the only room, with ``models.documents``, that knows the driver."""

from app.database.connect import connect, open_database
from app.database.database import Database
from app.database.failures import UNCERTAIN, honest, translate
from app.database.timeouts import Timeouts

__all__ = ["UNCERTAIN", "Database", "Timeouts", "connect", "honest", "open_database", "translate"]
