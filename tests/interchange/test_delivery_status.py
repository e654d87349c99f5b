"""Reading mails that came back: what servers write, and what somebody may write to do harm."""

import base64
from random import Random
from time import perf_counter

import pytest

from models.errors import BounceUnreadable
from models.interchange.delivery_status import Report, read_report
from models.interchange.status_codes import is_gone, read_status
from tests.interchange.returned import ADDRESS, MESSAGE_ID, NAMES, returned

FAILED = {
    "postfix": ("5.1.1", True),
    "exchange": ("5.1.10", True),
    "gmail": ("5.2.2", False),
    "sendmail_docomo": ("5.2.0", True),
    "qmail": ("5.1.1", True),
    "exim": ("5.4.6", False),
    "ezweb": ("5.0.0", True),
}
"""Samples of failures: the status, and whether the address is gone."""


@pytest.mark.parametrize("name", FAILED)
def test_what_servers_write_of_a_failure_is_understood(name: str) -> None:
    report = read_report(returned(name))
    (outcome,) = report.outcomes
    assert (outcome.action, outcome.addresses) == ("failed", (ADDRESS,))
    assert (outcome.status, is_gone(outcome.status, outcome.text)) == FAILED[name]
    assert MESSAGE_ID in report.message_ids
    assert outcome.text


def test_the_words_of_the_server_are_read_from_all_their_lines() -> None:
    report = read_report(returned("postfix"))
    said = "smtp; 550 5.1.1 <taro@kaisha.example.jp>: Recipient address rejected: User unknown in virtual"
    assert report.outcomes[0].text.startswith(said)


def test_a_delay_and_a_delivery_are_no_failures() -> None:
    assert [outcome.action for outcome in read_report(returned("postfix_delayed")).outcomes] == ["delayed"]
    assert [outcome.action for outcome in read_report(returned("delivered")).outcomes] == ["delivered"]


@pytest.mark.parametrize("name", ["away", "receipt"])
def test_an_automatic_answer_tells_of_no_delivery(name: str) -> None:
    assert read_report(returned(name)).outcomes == ()


def test_without_its_marks_the_same_answer_is_not_taken_for_one() -> None:
    bare = returned("away").replace(b"Auto-Submitted: auto-replied\n", b"").replace(b"Automatic reply", b"")
    bare = bare.replace(b"=?iso-2022-jp?B?GyRCSVQ6XyRONzobKEI=?=", b"Hello")
    with pytest.raises(BounceUnreadable):
        read_report(bare)


def test_addresses_beyond_ascii_and_encoded_ones_are_read() -> None:
    (outcome,) = read_report(returned("smtputf8")).outcomes
    assert outcome.addresses == ("taro+mail@kaisha.example.jp", "太郎@kaisha.example.jp")
    assert outcome.text == "smtp; 550 5.1.1 そのような宛先はありません"


def test_a_letter_of_somebody_is_unreadable_whatever_it_speaks_of() -> None:
    with pytest.raises(BounceUnreadable, match="neither a report"):
        read_report(returned("letter"))


def test_the_id_of_our_mail_is_found_in_an_encoded_copy() -> None:
    copy = base64.encodebytes(f"To: {ADDRESS}\nMessage-ID: {MESSAGE_ID}\n\n".encode())
    bare = returned("exchange").replace(MESSAGE_ID.encode(), b"<other@example.jp>")
    raw = bare.replace(b"RnJvbTogdG9yb2t1IDx0b3Jva3VAbWFya2V0LmV4YW1wbGUuanA+DQoNCg==\n", copy)
    assert MESSAGE_ID not in read_report(bare).message_ids
    assert MESSAGE_ID in read_report(raw).message_ids


def test_the_end_of_lines_does_not_matter() -> None:
    for name in NAMES:
        if name != "letter":
            raw = returned(name)
            assert read_report(raw.replace(b"\n", b"\r\n")).outcomes == read_report(raw).outcomes


@pytest.mark.parametrize(
    ("status", "said", "gone"),
    [
        ("5.1.1", "", True),
        ("5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is disabled", True),
        ("5.2.1", "smtp; 550 5.2.1 The user is receiving mail at a rate that prevents more", False),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", False),
        ("5.1.1", "smtp; 550 5.1.1 mailbox full", False),
        ("4.1.1", "smtp; 450 4.1.1 User unknown", False),
        ("5.7.1", "smtp; 550 5.7.1 Message rejected as spam: user unknown", False),
        ("5.1.8", "smtp; 550 5.1.8 Bad sender address", False),
        ("5.5.0", "smtp; 550 5.5.0 Requested action not taken: mailbox unavailable", True),
        ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied", True),
        ("5.0.0", "smtp; 554 Transaction failed", False),
    ],
)
def test_only_what_speaks_of_the_address_itself_is_for_good(status: str, said: str, gone: bool) -> None:
    assert is_gone(status, said) is gone


def test_a_code_is_told_from_addresses_and_versions() -> None:
    assert read_status("host 192.5.1.1 said: 550 no such user") == "5.0.0"
    assert read_status("552-5.2.2 over quota") == "5.2.2"
    assert read_status("at 5 o'clock") == ""


def nested(depth: int) -> bytes:
    """Parts in parts."""
    lines = [b"From: MAILER-DAEMON@example.jp", b"Subject: failure notice"]
    for level in range(depth):
        lines += [b'Content-Type: multipart/mixed; boundary="b%d"' % level, b"", b"--b%d" % level]
    return b"\n".join([*lines, b"Content-Type: text/plain", b"", b"x", *([b"x"] * 5000)])


HOSTILE = {
    "nested in parts": nested(1_000),
    "nested in mails": b"From: MAILER-DAEMON@example.jp\n" + b"Content-Type: message/rfc822\n\n" * 1_000,
    "empty": b"",
    "no header": b"\n\nbody",
    "zeros": b"\x00" * 100_000,
    "a subject in no base64": b"From: MAILER-DAEMON@example.jp\nSubject: =?utf-8?b?x?=\n\nbody",
    "one long line": b"From: MAILER-DAEMON@example.jp\nSubject: failure notice\n\n" + b"<" * 600_000,
    "many at signs": b"From: MAILER-DAEMON@e.jp\n\nfailed 550\n\n" + b"a@" * 250_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_are_refused_in_good_time(name: str) -> None:
    began = perf_counter()
    with pytest.raises(BounceUnreadable):
        read_report(HOSTILE[name])
    assert perf_counter() - began < 1


def test_a_charset_nobody_knows_hides_nothing() -> None:
    strange = b"Content-Type: text/plain; charset=utf-99\nSubject: =?utf-99?Q?x?="
    assert len(read_report(returned("qmail").replace(b"Subject: failure notice", strange)).outcomes) == 1


def test_twenty_megabytes_are_read_by_their_beginning() -> None:
    raw = returned("postfix").replace(
        b"\n--4A1B2C3D4E.1775437205/relay.market.example.jp--", b"\nX-Filler: " + b"x" * 20_000_000
    )
    began = perf_counter()
    assert read_report(raw).outcomes[0].status == "5.1.1"
    assert perf_counter() - began < 1


def test_no_more_recipients_are_read_than_there_can_be() -> None:
    block = b"Final-Recipient: rfc822; u%d@example.jp\nAction: failed\nStatus: 5.1.1\n\n"
    blocks = b"".join(block % number for number in range(1000))
    raw = returned("delivered").replace(b"Final-Recipient:", blocks + b"Final-Recipient:", 1)
    assert len(read_report(raw).outcomes) <= 20


def test_whatever_is_changed_in_a_mail_it_is_read_or_refused() -> None:
    chance = Random(7)  # noqa: S311 (the same mails every time)
    for name in NAMES:
        raw = returned(name)
        for _ in range(25):
            begin = chance.randrange(len(raw))
            cut = raw[:begin] + chance.randbytes(chance.randrange(4)) + raw[begin + chance.randrange(40) :]
            try:
                assert isinstance(read_report(cut), Report)
            except BounceUnreadable:
                continue
