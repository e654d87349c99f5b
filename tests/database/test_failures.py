"""No driver error is forgotten: each is mapped or knowingly passed."""

import inspect

import pytest
from pymongo import errors

from app.database import UNCERTAIN, honest, translate
from app.database.failures import UNREACHABLE
from models.errors import DatabaseUnavailable

PASSED = {
    errors.PyMongoError,
    errors.ProtocolError,
    errors.ConfigurationError,
    errors.InvalidURI,
    errors.OperationFailure,
    errors.WriteError,
    errors.DuplicateKeyError,
    errors.BulkWriteError,
    errors.ClientBulkWriteException,
    errors.InvalidOperation,
    errors.InvalidName,
    errors.CollectionInvalid,
    errors.DocumentTooLarge,
    errors.EncryptionError,
    errors.EncryptedCollectionError,
}
"""Mistakes of ours, rules of the data, or wrappers whose content decides: they come out as they are."""


def every_error() -> set[type[Exception]]:
    own = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
    ]
    return {kind for kind in own if issubclass(kind, Exception)}


def undecided(known: set[type[Exception]]) -> set[type[Exception]]:
    return {kind for kind in known if kind not in PASSED and not issubclass(kind, UNREACHABLE)}


def test_every_error_class_of_the_driver_is_decided() -> None:
    assert len(every_error()) > 20
    assert undecided(every_error()) == set()


def test_control_an_error_class_nobody_decided_is_found() -> None:
    class Novelty(errors.PyMongoError):
        pass

    assert undecided(every_error() | {Novelty}) == {Novelty}


def labelled(label: str) -> errors.OperationFailure:
    return errors.OperationFailure("x", 112, {"errorLabels": [label]})


WRITE_CONCERN = {"code": 64, "errmsg": "waiting for replication timed out"}
DUPLICATE = {"code": 11000, "index": 0}


@pytest.mark.parametrize(
    "error",
    [
        errors.ServerSelectionTimeoutError("x"),
        errors.NotPrimaryError("x"),
        errors.NetworkTimeout("x"),
        errors.AutoReconnect("x"),
        errors.WaitQueueTimeoutError("x"),
        errors.ExecutionTimeout("x", 50),
        errors.WTimeoutError("x", 64),
        errors.CursorNotFound("x", 43),
        labelled("TransientTransactionError"),
        labelled("UnknownTransactionCommitResult"),
        labelled("RetryableWriteError"),
        errors.BulkWriteError({"writeErrors": [], "writeConcernErrors": [WRITE_CONCERN]}),
        errors.ClientBulkWriteException(
            {"error": errors.AutoReconnect("x"), "writeErrors": []}, verbose=False
        ),
        errors.EncryptionError(errors.NetworkTimeout("x")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unreachable_database_is_unavailable(error: errors.PyMongoError) -> None:
    with pytest.raises(DatabaseUnavailable) as caught, honest():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        errors.DuplicateKeyError("x", 11000),
        errors.OperationFailure("not allowed", 13),
        errors.InvalidOperation("x"),
        errors.BulkWriteError({"writeErrors": [DUPLICATE], "writeConcernErrors": [WRITE_CONCERN]}),
        errors.ClientBulkWriteException({"error": None, "writeErrors": [DUPLICATE]}, verbose=False),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_pass(error: errors.PyMongoError) -> None:
    with pytest.raises(type(error)) as caught, honest():
        raise error
    assert caught.value is error


def test_errors_that_are_not_the_drivers_pass() -> None:
    with pytest.raises(KeyError), honest():
        raise KeyError


@pytest.mark.parametrize(
    ("error", "public"),
    [
        (errors.ServerSelectionTimeoutError("x"), DatabaseUnavailable.message),
        (labelled("TransientTransactionError"), DatabaseUnavailable.message),
        (errors.NetworkTimeout("x"), UNCERTAIN),
        (errors.WTimeoutError("x", 64), UNCERTAIN),
        (labelled("UnknownTransactionCommitResult"), UNCERTAIN),
    ],
)
def test_nothing_was_saved_is_said_only_where_it_is_sure(error: errors.PyMongoError, public: str) -> None:
    failure = translate(error)
    assert failure is not None
    assert failure.public == public
