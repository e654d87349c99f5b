"""Failures of work under way: steps, records, cases, holds."""

from typing import Any

from models.errors.base import TorokuError


class TransitionRefused(TorokuError):
    """The workflow has no such step from the present state, or a need is not met."""

    code = "T-W001"
    status = 409
    message = "This step is not possible now."


class SendingClosed(TransitionRefused):
    """Nothing is received now: outside the service hours, or outside the application window (R15)."""

    code = "T-W005"
    message = "Applications cannot be sent now."


class StepIncomplete(TransitionRefused):
    """A step of a lifecycle lacks its reason, ground, evidence or day; ``field`` says which."""

    code = "T-W101"
    status = 422
    message = "Something this step asks for is missing."

    def __init__(self, message: str | None = None, *, field: str = "", **values: Any) -> None:
        self.field = field
        super().__init__(message, **values)


class ConsentMissing(TransitionRefused):
    """A step several parties have to consent to (``all_of``), one of whom has not, or took it back."""

    code = "T-W105"
    message = "This step needs a consent that is still missing: {parties}"


class HoldRefused(TorokuError):
    """A legal hold that cannot be placed, or not be lifted; ``field`` is the input at fault."""

    code = "T-W102"
    status = 422
    message = "This hold cannot be placed or lifted."

    def __init__(self, message: str | None = None, *, field: str = "", **values: Any) -> None:
        self.field = field
        super().__init__(message, **values)


class RetentionRefused(TorokuError):
    """A run of the retention job that cannot be asked for, approved or begun."""

    code = "T-W103"
    status = 409
    message = "This run of the retention job is not possible now."


class RedactionRefused(TorokuError):
    """A text that cannot be redacted, or not be put back."""

    code = "T-W104"
    status = 422
    message = "This text cannot be redacted."


class TooManyDrafts(TransitionRefused):
    """An operator, or a browser without an account, has as many drafts open as the site keeps."""

    code = "T-W009"
    message = (
        "There are {count} applications that have not been sent yet, as many as can be kept at a time. "
        "Please send or withdraw some of them first."
    )


class AlreadyDone(TorokuError):
    """Somebody else was first."""

    code = "T-W002"
    status = 409
    message = "{who} already did “{what}” at {when}."


class RecordChanged(TorokuError):
    """The version in force is no longer the one the application began on."""

    code = "T-W003"
    status = 409
    message = "The registered information has changed since this application began."


class DuplicateValue(TorokuError):
    """A unique value is taken; ``field`` is its path."""

    code = "T-V002"
    status = 422
    message = "The same value is already registered."

    def __init__(self, message: str | None = None, *, field: str = "", **values: Any) -> None:
        self.field = field
        super().__init__(message, **values)


class AlreadyOpen(TorokuError):
    """One open application per record."""

    code = "T-W004"
    status = 409
    message = "Another application for this record is still open."


class RequestRefused(TorokuError):
    """A case or a request to operators that cannot be made as it was asked for (says why)."""

    code = "T-R101"
    status = 422
    message = "This request cannot be made."


class CommentRefused(TorokuError):
    """A comment of the staff that is empty or too long, or that is not one's own to change any more."""

    code = "T-V006"
    status = 422
    message = "This comment cannot be changed."


class AcknowledgementRefused(TorokuError):
    """A notice nobody is to acknowledge, or no more: withdrawn, over, or replaced by a later edition."""

    code = "T-N201"
    status = 409
    message = "This notice does not need to be acknowledged now."


class ReminderRefused(TorokuError):
    """Nobody can be reminded: the notice asks for nothing, stands no more, or reminders went out today."""

    code = "T-N202"
    status = 409
    message = "Nobody can be reminded of this notice now."
