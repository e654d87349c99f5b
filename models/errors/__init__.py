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
│   ├── NotPublishable           409 T-N101  a notice without title, text or audience
│   ├── ConsentMissing           409 T-W105  a step that needs a consent nobody has given (names whose)
│   └── StepIncomplete           422 T-W101  something the step of a registration asks for is not there
├── HoldRefused                  422 T-W102  a legal hold that cannot be placed or lifted (says why)
├── RetentionRefused             409 T-W103  a run of the retention job that is not possible (says why)
├── RedactionRefused             422 T-W104  a text that cannot be redacted (says why)
├── AlreadyDone                  409 T-W002  somebody else was first (names who and when)
├── MailMoved                    409 T-M101  a mail is not where this page thought: being sent, or dealt with
├── MailErased                   409 T-M102  the text of a mail is gone, so it cannot be sent again
├── AbortRefused                 422 T-M103  a mail called off without saying why
├── RecordChanged                409 T-W003  the record in force changed since the application began
├── DuplicateValue               422 T-V002  a value that must be unique is already registered
├── AlreadyOpen                  409 T-W004  another application on this record is open
├── AnswersInvalid               422 T-V001  answers with errors, by field
├── UploadRefused                422 T-V003  file too large, of a kind not allowed, or not what it says
│   └── ScannerUnavailable       503 T-V007  no virus scanner answers, and nothing is kept unscanned
├── FilterRefused                422 T-V004  a filter that cannot be asked (says which parts)
├── ViewRefused                  422 T-V005  a view that cannot be saved or shared (says why)
├── RevealRefused                422 T-P108  a secret answer uncovered without a reason
├── CommentRefused               422 T-V006  a comment that cannot be written or changed (says why)
├── SchemaChangeRefused          409 T-S001  a change of a record type would lose or break data (says what)
├── StepsFailed                  409 T-S002  a step of evolution fails on stored records (carries which)
├── SchemaMoved                  409 T-S003  another version was published meanwhile
├── TransferRefused              422 T-I001  a file of records cannot be read or made (says why)
├── JobMoved                     409 T-I002  the job is not where this page thought it was
├── FeedMoved                    409 T-I101  the address of a calendar was changed in another window
├── AccountGuarded               409 T-S201  an account that cannot be changed so (says why)
├── ReviewClosed                 409 T-S202  a review of who has what is over, or the line was decided
├── ImportRefused                422 T-S004  a form of another system cannot be read (says why)
├── RequestRefused               422 T-R101  a case or a request that cannot be made so (says why)
├── AcknowledgementRefused       409 T-N201  a notice that is not to be acknowledged, or no more
├── NoticeMoved                  409 T-N301  another edition of a notice stands meanwhile
├── ReminderRefused              409 T-N202  nobody can be reminded of this notice now (says why)
├── SearchTooWide                422 T-L001  a list cannot be found in the time there is; narrow it
├── TermsNotAccepted             403 T-T101  the terms of use have not been accepted by this account yet
├── TermsMoved                   409 T-T102  the version of the terms is not where this page thought it was
├── DeclarationMoved             409 T-T103  what was to be confirmed has changed or was answered meanwhile
├── BounceUnreadable             422 T-M201  a mail that is not a bounce that can be read (says what it is)
├── BounceMailboxBroken          500 T-M202  the mailbox for bounces cannot be used
├── AddressMoved                 409 T-M203  a dead address is no longer as this page showed it
├── SampleUnknown                422 T-M301  a mail shown with an application that is not for this reader
├── TrialRefused                 409 T-M302  a sample to oneself, to an address mails do not reach
├── TrialsExhausted              429 T-M303  too many samples to oneself within an hour (says until when)
├── WritingStopped               503 T-M001  applicants may only read for now (says why)
│   └── ServiceClosed            503 T-W006  nothing is offered to applicants for now (says why)
└── AuditBroken                  500 T-A001  the chain of events does not verify

``message`` is what a visitor may read: an English message id with named values, translated at the edge
(``models.language``). Nothing else of an error ever reaches a page.
"""

from models.errors.access import (
    AccountGuarded,
    CertificateExpired,
    CertificateMoved,
    CertificateNeeded,
    CertificateNotForClients,
    CertificateNotYetValid,
    CertificateRefused,
    CertificateRequired,
    CertificateRevoked,
    CertificateUnknown,
    CertificateUnreadable,
    CodeRefused,
    ConfirmationRequired,
    DeclarationMoved,
    ForwardingRefused,
    LinkRefused,
    LossMoved,
    NotAllowed,
    RevealRefused,
    ReviewClosed,
    RevocationUnknown,
    SignInFailed,
    SignInRequired,
    TermsMoved,
    TermsNotAccepted,
)
from models.errors.answers import (
    AnswersInvalid,
    FilterRefused,
    ImportRefused,
    JobMoved,
    ScannerUnavailable,
    SchemaChangeRefused,
    SchemaMoved,
    SearchTooWide,
    StepsFailed,
    TransferRefused,
    UploadRefused,
    ViewRefused,
)
from models.errors.base import (
    TorokuError,
)
from models.errors.bounces import AddressMoved, BounceMailboxBroken, BounceUnreadable
from models.errors.inbox import FeedMoved
from models.errors.notices import NoticeMoved, NotPublishable
from models.errors.outbox import AbortRefused, MailErased, MailMoved
from models.errors.service import (
    AuditBroken,
    ConfigurationError,
    DatabaseInUse,
    DatabaseRefused,
    DatabaseUnavailable,
    LimitReached,
    NotFound,
    ServiceClosed,
    StoppedByLimit,
    TooManyRequests,
    WritingStopped,
)
from models.errors.templates import SampleUnknown, TrialRefused, TrialsExhausted
from models.errors.work import (
    AcknowledgementRefused,
    AlreadyDone,
    AlreadyOpen,
    CommentRefused,
    ConsentMissing,
    DuplicateValue,
    HoldRefused,
    RecordChanged,
    RedactionRefused,
    ReminderRefused,
    RequestRefused,
    RetentionRefused,
    SendingClosed,
    StepIncomplete,
    TooManyDrafts,
    TransitionRefused,
)

__all__ = [
    "AbortRefused",
    "AccountGuarded",
    "AcknowledgementRefused",
    "AddressMoved",
    "AlreadyDone",
    "AlreadyOpen",
    "AnswersInvalid",
    "AuditBroken",
    "BounceMailboxBroken",
    "BounceUnreadable",
    "CertificateExpired",
    "CertificateMoved",
    "CertificateNeeded",
    "CertificateNotForClients",
    "CertificateNotYetValid",
    "CertificateRefused",
    "CertificateRequired",
    "CertificateRevoked",
    "CertificateUnknown",
    "CertificateUnreadable",
    "CodeRefused",
    "CommentRefused",
    "ConfigurationError",
    "ConfirmationRequired",
    "ConsentMissing",
    "DatabaseInUse",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "DeclarationMoved",
    "DuplicateValue",
    "FeedMoved",
    "FilterRefused",
    "ForwardingRefused",
    "HoldRefused",
    "ImportRefused",
    "JobMoved",
    "LimitReached",
    "LinkRefused",
    "LossMoved",
    "MailErased",
    "MailMoved",
    "NotAllowed",
    "NotFound",
    "NotPublishable",
    "NoticeMoved",
    "RecordChanged",
    "RedactionRefused",
    "ReminderRefused",
    "RequestRefused",
    "RetentionRefused",
    "RevealRefused",
    "ReviewClosed",
    "RevocationUnknown",
    "SampleUnknown",
    "ScannerUnavailable",
    "SchemaChangeRefused",
    "SchemaMoved",
    "SearchTooWide",
    "SendingClosed",
    "ServiceClosed",
    "SignInFailed",
    "SignInRequired",
    "StepIncomplete",
    "StepsFailed",
    "StoppedByLimit",
    "TermsMoved",
    "TermsNotAccepted",
    "TooManyDrafts",
    "TooManyRequests",
    "TorokuError",
    "TransferRefused",
    "TransitionRefused",
    "TrialRefused",
    "TrialsExhausted",
    "UploadRefused",
    "ViewRefused",
    "WritingStopped",
]
