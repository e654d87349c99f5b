"""Every expected failure, drawn once.

TorokuError                      500 T-X000  something went wrong on our side
├── ConfigurationError           500 T-X100  the configuration cannot be used (carries the findings)
├── DatabaseUnavailable          503 T-D001  the database does not answer; try again
├── DatabaseRefused              500 T-D002  the database is of a kind that cannot keep our promises
├── DatabaseInUse                500 T-D003  another process holds the data folder
├── NotFound                     404 T-N001  no such page or record, or not for you to see
├── NotAllowed                   403 T-P001  the rules do not allow it (names the rule)
├── SignInRequired               401 T-P002  sign in first
├── SignInFailed                 401 T-P003  ID, password or certificate not accepted
├── CertificateRefused           422 T-P004  the client certificate cannot be used
│   ├── CertificateUnknown       422 T-C101  from no authority this site accepts
│   ├── CertificateExpired       422 T-C102  its time is over (says since when)
│   ├── CertificateNotYetValid   422 T-C103  its time has not begun (says when it does)
│   ├── CertificateRevoked       422 T-C104  its issuer took it back
│   ├── CertificateUnreadable    422 T-C105  no certificate that can be read
│   ├── CertificateNotForClients 422 T-C106  made for something else
│   ├── RevocationUnknown        503 T-C107  whether it was taken back cannot be told
│   └── CertificateRequired      403 T-C109  the site is open only to who presents one
├── CertificateMoved             409 T-C201  a certificate is no longer as this page showed it
├── CertificateNeeded            409 T-C202  a certificate nobody could do without is not given up so
├── LossMoved                    409 T-C203  a report of loss is no longer as this page showed it
├── ForwardingRefused            400 T-C108  a proxy's header from somebody else, or garbled
├── LinkRefused                  410 T-P005  the one-time link is used, expired or unknown
├── TooManyRequests              429 T-P006  slow down
│   ├── LimitReached             429 T-W007  above a limit of the site (says when it is possible again)
│   └── StoppedByLimit           429 T-W008  above it again and again: limited for a while
├── ConfirmationRequired         403 T-S101  a sensitive act: enter the password again first
├── CodeRefused                  401 T-S102  the one-time code is wrong or was used
├── TransitionRefused            409 T-W001  the workflow has no such step from here
│   ├── SendingClosed            409 T-W005  nothing is received now (says when it opens)
│   ├── TooManyDrafts            409 T-W009  as many drafts are open as can be kept
│   └── StepIncomplete           422 T-W101  something the step of a registration asks for is not there
├── HoldRefused                  422 T-W102  a legal hold that cannot be placed or lifted (says why)
├── RetentionRefused             409 T-W103  a run of the retention job that is not possible (says why)
├── RedactionRefused             422 T-W104  a text that cannot be redacted (says why)
├── AlreadyDone                  409 T-W002  somebody else was first (names who and when)
├── RecordChanged                409 T-W003  the record in force changed since the application began
├── DuplicateValue               422 T-V002  a value that must be unique is already registered
├── AlreadyOpen                  409 T-W004  another application on this record is open
├── AnswersInvalid               422 T-V001  answers with errors, by field
├── UploadRefused                422 T-V003  file too large, of a kind not allowed, or not what it says
│   └── ScannerUnavailable       503 T-V007  no virus scanner answers, and nothing is kept unscanned
├── FilterRefused                422 T-V004  a filter that cannot be asked (says which parts)
├── ViewRefused                  422 T-V005  a view that cannot be saved or shared (says why)
├── CommentRefused               422 T-V006  a comment that cannot be written or changed (says why)
├── SchemaChangeRefused          409 T-S001  a change of a record type would lose or break data (says what)
├── StepsFailed                  409 T-S002  a step of evolution fails on stored records (carries which)
├── SchemaMoved                  409 T-S003  another version was published meanwhile
├── TransferRefused              422 T-I001  a file of records cannot be read or made (says why)
├── JobMoved                     409 T-I002  the job is not where this page thought it was
├── AccountGuarded               409 T-S201  an account that cannot be changed so (says why)
├── ReviewClosed                 409 T-S202  a review of who has what is over, or the line was decided
├── ImportRefused                422 T-S004  a form of another system cannot be read (says why)
├── RequestRefused               422 T-R101  a case or a request that cannot be made so (says why)
├── SearchTooWide                422 T-L001  a list cannot be found in the time there is; narrow it
├── TermsNotAccepted             403 T-T101  the terms of use have not been accepted by this account yet
├── TermsMoved                   409 T-T102  the version of the terms is not where this page thought it was
├── DeclarationMoved             409 T-T103  what was to be confirmed has changed or was answered meanwhile
├── WritingStopped               503 T-M001  applicants may only read for now (says why)
│   └── ServiceClosed            503 T-W006  nothing is offered to applicants for now (says why)
└── AuditBroken                  500 T-A001  the chain of events does not verify

``message`` is what a visitor may read: an English message id with named values, translated at the edge
(``models.language``). Nothing else of an error ever reaches a page.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class TorokuError(Exception):
    """Base of every expected failure: a stable code, an HTTP status, a public message."""

    code: ClassVar[str] = "T-X000"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "Something went wrong on our side."
    retry_after: int | None = None
    """Seconds after which trying again makes sense, where that is known (RFC 9110, 10.2.3)."""

    def __init__(self, message: str | None = None, **values: Any) -> None:
        self.public = message or self.message
        self.values: Mapping[str, Any] = values
        super().__init__(self.public.format_map(values) if values else self.public)


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


class NotAllowed(TorokuError):
    """The rules refuse; ``rule`` names the row of the permission table."""

    code = "T-P001"
    status = 403
    message = "You are not allowed to do this."

    def __init__(self, message: str | None = None, *, rule: str = "", **values: Any) -> None:
        self.rule = rule
        super().__init__(message, **values)


class SignInRequired(TorokuError):
    """The page is for signed-in people."""

    code = "T-P002"
    status = 401
    message = "Please sign in."


class SignInFailed(TorokuError):
    """One message for every cause, so that accounts cannot be probed (ASVS 6.3.8)."""

    code = "T-P003"
    status = 401
    message = "The ID, the password or the client certificate was not accepted."


class CertificateRefused(TorokuError):
    """The client certificate presented cannot be used here."""

    code = "T-P004"
    status = 422
    message = "This client certificate cannot be used."


class CertificateUnknown(CertificateRefused):
    """Signed by no authority this site accepts; also where the chain to it is incomplete."""

    code = "T-C101"
    message = "This client certificate was not issued by an authority this site accepts."


class CertificateExpired(CertificateRefused):
    """Presented at or after the end of its validity, or of that of its issuer."""

    code = "T-C102"
    message = "This client certificate has expired."


class CertificateNotYetValid(CertificateRefused):
    """Presented before its validity begins."""

    code = "T-C103"
    message = "This client certificate is not valid yet."


class CertificateRevoked(CertificateRefused):
    """On the list of those its issuer took back (RFC 5280, 5)."""

    code = "T-C104"
    message = "This client certificate has been revoked by its issuer."


class CertificateUnreadable(CertificateRefused):
    """Not one X.509 certificate."""

    code = "T-C105"
    message = "What was presented as a client certificate cannot be read."


class CertificateNotForClients(CertificateRefused):
    """Its key usage does not allow it to authenticate a client (RFC 5280, 4.2.1.3, 4.2.1.12)."""

    code = "T-C106"
    message = "This certificate is not for client authentication."


class RevocationUnknown(CertificateRefused):
    """The issuer's revocation list is missing or out of date: nothing is believed without it."""

    code = "T-C107"
    status = 503
    message = "Client certificates cannot be checked right now. Please try again later."


class CertificateRequired(CertificateRefused):
    """The site is open only to connections that present a client certificate (R11)."""

    code = "T-C109"
    status = 403
    message = (
        "This site is open only to browsers that present a client certificate. Install yours, close all "
        "windows of the browser, open this page again and choose the certificate when asked."
    )


class CertificateMoved(TorokuError):
    """The certificate is in another state than the act needs: somebody was faster."""

    code = "T-C201"
    status = 409
    message = "This certificate has changed meanwhile. Look at it again."


class CertificateNeeded(TorokuError):
    """Without it nobody of the operator, or not the person who asks, could sign in any more."""

    code = "T-C202"
    status = 409
    message = "This is the only certificate your organisation can sign in with. Register another one first."


class LossMoved(TorokuError):
    """A report of loss is closed, or was answered or closed by somebody else meanwhile."""

    code = "T-C203"
    status = 409
    message = "This report has changed meanwhile. Look at it again."


class ForwardingRefused(TorokuError):
    """What only a proxy of this site may say (RFC 9440) came from elsewhere, twice, or garbled."""

    code = "T-C108"
    status = 400
    message = "This request carries a header that is not accepted here."


class LinkRefused(TorokuError):
    """A one-time link that was used, has expired or never was."""

    code = "T-P005"
    status = 410
    message = "This link has been used or has expired. Please ask for a new one."


class TooManyRequests(TorokuError):
    """A limit was reached (R32)."""

    code = "T-P006"
    status = 429
    message = "Too many requests. Please wait a moment and try again."


class ConfirmationRequired(TorokuError):
    """The act is sensitive and the last proof of who asks is too long ago. Every door answers with a page that
    asks for the password and then does what was asked."""

    code = "T-S101"
    status = 403
    message = "Please confirm that it is you: enter your password again."


class CodeRefused(TorokuError):
    """The one-time code of the second step is wrong, too old, or was used already."""

    code = "T-S102"
    status = 401
    message = "The code was not accepted. Enter the code your app shows now."


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


class AccountGuarded(TorokuError):
    """What was asked would leave nobody in charge, or is not possible in the state the account is in."""

    code = "T-S201"
    status = 409
    message = "This account cannot be changed so."


class ReviewClosed(TorokuError):
    """The review is over, or somebody has decided about this account already."""

    code = "T-S202"
    status = 409
    message = "This has been decided already, or the review is over. Look at it again."


class RequestRefused(TorokuError):
    """A case or a request to operators that cannot be made as it was asked for (says why)."""

    code = "T-R101"
    status = 422
    message = "This request cannot be made."


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


class CommentRefused(TorokuError):
    """A comment of the staff that is empty or too long, or that is not one's own to change any more."""

    code = "T-V006"
    status = 422
    message = "This comment cannot be changed."


class SearchTooWide(TorokuError):
    """A list would take the database longer than anybody waits."""

    code = "T-L001"
    status = 422
    message = (
        "This search takes too long. Please narrow it: search for more characters, add a filter, "
        "or sort by another column. Nothing was changed."
    )


class TermsNotAccepted(TorokuError):
    """Somebody of an operator who has not accepted the terms of use yet (R14)."""

    code = "T-T101"
    status = 403
    message = "Read and accept the terms of use first."


class TermsMoved(TorokuError):
    """A version of the terms that was changed, proposed or published by somebody else meanwhile."""

    code = "T-T102"
    status = 409
    message = "This version of the terms has changed meanwhile. Look at it again."


class DeclarationMoved(TorokuError):
    """A declaration whose words changed, or whose confirmation was given or taken back meanwhile."""

    code = "T-T103"
    status = 409
    message = "What is to be confirmed has changed meanwhile. Look at it again."


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
