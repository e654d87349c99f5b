"""Failures of what was handed in: answers, files, filters, changes of record types."""

from typing import Any

from models.errors.base import TorokuError


class SchemaChangeRefused(TorokuError):
    """The change would lose or break what is stored; ``rows`` are ``services.impact.Counted``, each wanting a
    step from version ``base`` or an acknowledgement. Empty where the message says it all."""

    code = "T-S001"
    status = 409
    message = "This change would lose or break stored data. Add the step it needs, or acknowledge it."

    def __init__(
        self, message: str | None = None, *, rows: tuple[Any, ...] = (), base: int = 0, **values: Any
    ) -> None:
        self.rows, self.base = rows, base
        super().__init__(message, **values)


class StepsFailed(TorokuError):
    """A step of evolution does not work on some records; ``failures`` says which. Nothing was written."""

    code = "T-S002"
    status = 409
    message = "The steps do not work on {count} stored records. Nothing was changed."

    def __init__(self, failures: tuple[Any, ...], count: int) -> None:
        self.failures = failures
        super().__init__(None, count=count)


class SchemaMoved(TorokuError):
    """Another version was published since this change was begun; look at it again."""

    code = "T-S003"
    status = 409
    message = "Another version of this record type was published meanwhile. Look at your change again."


class ImportRefused(TorokuError):
    """A form of another system cannot be read, or is larger than anybody fills in."""

    code = "T-S004"
    status = 422
    message = "This file is no form that can be imported."


class TransferRefused(TorokuError):
    """A file of records that cannot be brought in, or an export that cannot be made."""

    code = "T-I001"
    status = 422
    message = "This file cannot be read as a table of records."


class JobMoved(TorokuError):
    """The job is not in the state this was asked for: it is over, or somebody was faster."""

    code = "T-I002"
    status = 409
    message = "This job has gone on meanwhile. Look at it again."


class AnswersInvalid(TorokuError):
    """Answers with errors; ``errors`` is a tuple of ``models.schema.reading.AnswerError``."""

    code = "T-V001"
    status = 422
    message = "Some answers need to be corrected."

    def __init__(self, errors: tuple[Any, ...] = (), message: str | None = None) -> None:
        self.errors = errors
        super().__init__(message)


class UploadRefused(TorokuError):
    """An upload over the size, of a kind not allowed, or whose content is not what its name says."""

    code = "T-V003"
    status = 422
    message = "This file cannot be accepted."


class ScannerUnavailable(UploadRefused):
    """The virus scanner the site is set up with does not answer: nothing is kept that was not scanned."""

    code = "T-V007"
    status = 503
    message = (
        "The file could not be checked for viruses just now and has not been kept. "
        "Please choose it again in a few minutes."
    )


class FilterRefused(TorokuError):
    """A filter that cannot be asked; ``flaws`` are ``models.schema.filters.Flaw``, one per part at fault."""

    code = "T-V004"
    status = 422
    message = "This filter cannot be used: {problem}."

    def __init__(self, flaws: tuple[Any, ...]) -> None:
        self.flaws = flaws
        super().__init__(None, problem=flaws[0].message)


class ViewRefused(TorokuError):
    """A view of a list that cannot be saved, or not be shared."""

    code = "T-V005"
    status = 422
    message = "This view cannot be saved."


class SearchTooWide(TorokuError):
    """A list would take the database longer than anybody waits."""

    code = "T-L001"
    status = 422
    message = (
        "This search takes too long. Please narrow it: search for more characters, add a filter, "
        "or sort by another column. Nothing was changed."
    )
