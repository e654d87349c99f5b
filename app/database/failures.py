"""Which driver errors mean “the database does not answer”, told to the visitor as DatabaseUnavailable."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pymongo import errors

from models.errors import DatabaseUnavailable

UNCERTAIN = (
    "The database did not answer in time. If you were saving something, "
    "please check whether it was saved before you try again."
)
"""The honest message when a write may or may not have happened."""

UNREACHABLE: tuple[type[errors.PyMongoError], ...] = (
    errors.ConnectionFailure,
    errors.ExecutionTimeout,
    errors.WriteConcernError,
    errors.CursorNotFound,
)
"""Always DatabaseUnavailable: not reached, not primary, too slow, not replicated, cursor lost in a failover.
All other classes pass, unless a label or a timeout says otherwise."""

TRANSIENT = ("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError")
"""Labels that say “try again” (MongoDB driver specifications: transactions, retryable writes)."""

_inside: ContextVar[bool] = ContextVar("inside a transaction", default=False)


def translate(error: errors.PyMongoError) -> DatabaseUnavailable | None:
    """The DatabaseUnavailable that `error` amounts to, or None when it is something else.

    Its message says “nothing was saved” only where that is certain, else UNCERTAIN.
    """
    if not _unreachable(error):
        return None
    return DatabaseUnavailable(UNCERTAIN if _uncertain(error) else None)


@contextmanager
def honest() -> Iterator[None]:
    """Turn unreachable-database errors of the block into DatabaseUnavailable; all others pass.

    Inside a transaction's body nothing is turned: the transaction needs the driver's error to try again.
    """
    try:
        yield
    except errors.PyMongoError as error:
        failure = None if _inside.get() else translate(error)
        if failure is None:
            raise
        raise failure from error


@contextmanager
def inside() -> Iterator[None]:
    """Mark the block as the attempts of one transaction."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def _unreachable(error: errors.PyMongoError) -> bool:
    if isinstance(error, errors.DuplicateKeyError):
        return False
    if isinstance(error, UNREACHABLE) or error.timeout or any(map(error.has_error_label, TRANSIENT)):
        return True
    if isinstance(error, errors.BulkWriteError):
        details = error.details or {}
        return bool(details.get("writeConcernErrors")) and not details.get("writeErrors")
    if isinstance(error, errors.ClientBulkWriteException):
        return isinstance(error.error, errors.PyMongoError) and _unreachable(error.error)
    return False


def _uncertain(error: errors.PyMongoError) -> bool:
    if error.has_error_label("UnknownTransactionCommitResult"):
        return True
    if error.has_error_label("TransientTransactionError"):
        return False
    return not isinstance(error, errors.ServerSelectionTimeoutError | errors.WaitQueueTimeoutError)
