"""Failures of the service itself: configuration, database, stops and limits."""

from typing import Any

from models.errors.base import TorokuError


class ConfigurationError(TorokuError):
    """The configuration cannot be used; ``findings`` say where and why."""

    code = "T-X100"
    message = "The configuration has errors."

    def __init__(self, findings: tuple[Any, ...] = (), message: str | None = None, **values: Any) -> None:
        self.findings = findings
        super().__init__(message, **values)

    def __str__(self) -> str:
        return "\n".join([self.public.format_map(self.values), *(str(finding) for finding in self.findings)])


class DatabaseUnavailable(TorokuError):
    """No primary answers in time. The page says so honestly and offers a retry."""

    code = "T-D001"
    status = 503
    message = "The system cannot reach its database right now. Nothing was saved. Please try again shortly."


class DatabaseRefused(TorokuError):
    """The server found cannot keep our promises (a standalone has no transactions)."""

    code = "T-D002"
    message = "This database cannot be used."


class DatabaseInUse(TorokuError):
    """Another process owns the embedded database's folder."""

    code = "T-D003"
    message = "Another process is using the data folder {folder} (process {pid})."


class NotFound(TorokuError):
    """Unknown, or not for this actor to know of: both look the same from outside."""

    code = "T-N001"
    status = 404
    message = "The page was not found."


class TooManyRequests(TorokuError):
    """A limit was reached (R32)."""

    code = "T-P006"
    status = 429
    message = "Too many requests. Please wait a moment and try again."


class LimitReached(TooManyRequests):
    """More than the site allows within a while, of one address, account, certificate or operator (R32)."""

    code = "T-W007"
    message = "Too many requests within a short time. Please try again in {seconds} seconds."


class StoppedByLimit(TooManyRequests):
    """A limit was exceeded so often that a stop was set for one address, account, certificate or operator."""

    code = "T-W008"
    message = (
        "Access from here has been far above the fixed limit several times. It is limited automatically "
        "until {time}; you need not do anything."
    )


class WritingStopped(TorokuError):
    """Applicants may read and not write for now (terms of use 2.4); says on which ground. ``own``: only their
    operator is concerned."""

    code = "T-M001"
    status = 503
    message = "Changes are stopped for now and nothing was saved: {ground}. {text}"
    own = False


class ServiceClosed(WritingStopped):
    """Applicants may neither read nor write for now (terms of use 2.4); staff go on."""

    code = "T-W006"
    message = "The service is closed for now and nothing was saved: {ground}. {text}"


class AuditBroken(TorokuError):
    """The chain of events does not verify; ``sequence`` is the first event at fault."""

    code = "T-A001"
    message = "The event log does not verify: event {sequence} {reason}."
