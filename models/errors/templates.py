"""Failures of the pages of mail templates: samples that cannot be shown or sent."""

from models.errors.base import TorokuError


class SampleUnknown(TorokuError):
    """A template shown with an application that is not there, or not for this reader; ``field`` is the input
    at fault."""

    code = "T-M301"
    status = 422
    message = "There is no application of this number that you may see."
    field = "reference"


class TrialRefused(TorokuError):
    """A sample to oneself without an address that mails reach."""

    code = "T-M302"
    status = 409
    message = "Mails do not reach the address of your account. Put it right in “My account” first."


class TrialsExhausted(TorokuError):
    """Too many samples to oneself within an hour; ``time`` says when it is possible again."""

    code = "T-M303"
    status = 429
    message = "You have sent yourself {count} samples within an hour. Please try again after {time}."
