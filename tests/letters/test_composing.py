"""A mail as a mail server gets it: parts, encodings and headers, for every template of the market."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import pytest

from app.composing import compose
from models.configuration.check import check
from models.configuration.load import Configuration, load_configuration
from models.configuration.mail import LINKS, MailTemplate, fill
from models.documents.base import new_id
from models.documents.message import Message
from models.letters.samples import SITE, samples
from models.letters.values import JOINER, put_in
from models.services.delivery import Envelope
from models.services.messages import one_line, with_foot

MARKET = Path("fixtures/capacity_market")


@pytest.fixture(scope="module")
def market() -> Configuration:
    return load_configuration([MARKET], check)


def envelope(market: Configuration, template: MailTemplate, **changed: str) -> Envelope:
    values = {**samples(template.language), **changed}
    foot = market.site.mail.footer(template.language)
    body = put_in(with_foot(template.body, foot), values)
    message = Message.model_construct(
        id=new_id(),
        message_id="<1@market.example.jp>",
        template=template.name,
        language=template.language,
        to_name=values["recipient_name"],
        to_address="hanako@example.co.jp",
        subject=one_line(fill(template.subject, values)),
        preheader=one_line(fill(template.preheader, values)),
        body=body,
        preferences=changed.get("preferences_page", ""),
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    return Envelope(message, body)


def received(market: Configuration, sent: Envelope) -> tuple[EmailMessage, bytes]:
    raw = compose(sent, market.site).as_bytes(policy=SMTP)
    back = email.message_from_bytes(raw, policy=default)
    assert isinstance(back, EmailMessage)
    return back, raw


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_every_mail_of_the_market_arrives_whole_in_both_parts(market: Configuration) -> None:
    for (name, language), template in market.mail.items():
        sent = envelope(market, template)
        mail, raw = received(market, sent)
        assert (mail.get_content_type(), mail["Content-Language"]) == ("multipart/alternative", language)
        assert mail["Subject"].strip() == sent.message.subject, name
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998, name
        text, html = part(mail, "plain"), part(mail, "html")
        assert not [sign for sign in ("{", "}", "**", "[[", "](", JOINER) if sign in text], name
        for link in (found for found in LINKS if f"{{{found}}}" in template.body):
            assert f'href="{samples(language)[link]}"' in html, (name, link)
            assert samples(language)[link] in text.splitlines(), (name, link)
        assert f'<html lang="{language}">' in html
        assert html.count("href=") == html.count(f'href="{SITE}')


def test_the_parts_are_carried_as_their_language_asks(market: Configuration) -> None:
    ways = {}
    for language in ("ja", "en"):
        mail, _ = received(market, envelope(market, market.mail["due_soon", language]))
        ways[language] = {each["Content-Transfer-Encoding"] for each in mail.iter_parts()}
    assert ways == {"ja": {"base64"}, "en": {"quoted-printable"}}


@pytest.mark.parametrize(
    "title", ["長い件名" * 60, "x" * 300, "a " * 150, "𠮷野家🍺" * 40, "=?utf-8?B?44GC?="]
)
def test_long_and_odd_subjects_are_folded_and_come_back(market: Configuration, title: str) -> None:
    sent = envelope(market, market.mail["thread_message", "ja"], title=title)
    mail, raw = received(market, sent)
    assert mail["Subject"].strip() == sent.message.subject
    head = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    assert max(map(len, head)) <= 998


def test_only_mails_of_ones_own_choice_lead_to_the_page_where_it_is_made(market: Configuration) -> None:
    page = "https://a-rather-long-name-of-a-site.market.example.jp/portal/account#mails-and-reminders"
    chosen, _ = received(market, envelope(market, market.mail["daily_digest", "ja"], preferences_page=page))
    owed, _ = received(market, envelope(market, market.mail["due_soon", "ja"]))
    assert (chosen["List-Unsubscribe"].strip(), owed["List-Unsubscribe"]) == (f"<{page}>", None)
    assert page in part(chosen, "plain")
