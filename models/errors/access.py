"""Failures of who may act: signing in, certificates, links, accounts, terms."""

from typing import Any

from models.errors.base import TorokuError


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


class ConfirmationRequired(TorokuError):
    """The act is sensitive and the last proof of who asks is too long ago. Every door answers with a page
    that asks for the password and then does what was asked."""

    code = "T-S101"
    status = 403
    message = "Please confirm that it is you: enter your password again."


class CodeRefused(TorokuError):
    """The one-time code of the second step is wrong, too old, or was used already."""

    code = "T-S102"
    status = 401
    message = "The code was not accepted. Enter the code your app shows now."


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


class RevealRefused(TorokuError):
    """A secret answer is uncovered only with a reason."""

    code = "T-P108"
    status = 422
    message = "Write why you need to see it, in {shortest} to {longest} characters."
