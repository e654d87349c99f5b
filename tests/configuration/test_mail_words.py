"""What is found in the words of mail templates, at the very limit of each rule."""

from pathlib import Path

import pytest

from models.configuration.checks.mail_words import LONGEST_SUBJECT, problems
from models.configuration.mail import PLACEHOLDERS
from models.configuration.sending import GENERAL, PROGRAM
from models.letters.samples import samples
from tests.configuration.sample import FILES, look, write_site

RECEIVED = "mail/received.ja.md"


def found(folder: Path, **files: str) -> list[str]:
    """The codes found in the sample site with other Japanese mails than its own."""
    changed = {f"mail/{name}.ja.md": text for name, text in files.items()}
    return [finding.code for finding in look(write_site(folder, {**FILES, **changed}))]


def mail(body: str, subject: str = "受付", front: str = "") -> str:
    return f"---\nsubject: {subject}\n{front}---\n{body}\n"


@pytest.mark.parametrize(("count", "codes"), [(LONGEST_SUBJECT, []), (LONGEST_SUBJECT + 1, ["T-E103"])])
def test_a_subject_is_as_long_as_its_values_make_it(tmp_path: Path, count: int, codes: list[str]) -> None:
    reference = samples("ja")["reference"]
    subject = "受" * (count - len(reference)) + "{reference}"
    assert found(tmp_path, received=mail("{reference}", subject)) == codes


@pytest.mark.parametrize("name", ["recipient_name", "status_link", "page", "reason", "account_id"])
def test_nothing_secret_or_personal_stands_in_a_subject_or_a_preheader(tmp_path: Path, name: str) -> None:
    for at, text in enumerate(
        (mail("{reference}", f"受付 {{{name}}}"), mail("{reference}", front=f"preheader: {{{name}}}\n"))
    ):
        assert "T-E102" in found(tmp_path / str(at), received=text)


def test_a_preheader_and_a_quoted_subject_are_read_and_other_keys_are_not(tmp_path: Path) -> None:
    fine = mail("{reference}", '"受付: {reference}"', 'preheader: "{reference} の受付"\n')
    assert found(tmp_path / "fine", received=fine) == []
    assert found(tmp_path / "other", received=mail("{reference}", front="preheadr: x\n")) == ["T-E003"]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("{page}", []),
        ("[見る]({page})", []),
        ("<{status_link}>", []),
        ("[見る]({base_url}/notices)", []),
        ("<mailto:help@example.jp>", []),
        ("[窓口](mailto:help@example.jp)", []),
        ("https://market.example.jp/x", ["T-E105"]),
        ("[見る](https://evil.example)", ["T-E105"]),
        ("[見る][x]\n\n[x]: //evil.example", ["T-E105"]),
        ("[見る]({base_url}.evil.example)", ["T-E105"]),
        ("[見る](//evil.example)", ["T-E105"]),
        ("[見る]({title})", ["T-E105"]),
        ("www.example.jp をご覧ください", ["T-E105"]),
        ("FTP://example.jp", ["T-E105"]),
        ("1 < 2 & 3 > 2", []),
        ("<br>", ["T-E104"]),
        ("<!-- 隠す -->", ["T-E104"]),
        ("![絵]({page})", ["T-E104"]),
        ("~~取消~~", ["T-E104"]),
        ("```\ncode\n```", ["T-E104", "T-E104"]),
        ("**太字** です", []),
        ("これは**「太字」**です", ["T-E104"]),
        ("これは**{title}**です", []),
        ("| a | b |\n|---|---|\n| 1 | 2 |", []),
    ],
)
def test_links_and_markup_a_mail_cannot_hold_are_found(body: str, codes: list[str]) -> None:
    assert [code for _, code, _ in problems(body + "\n", "ja")] == codes


def test_they_are_said_at_their_line(tmp_path: Path) -> None:
    text = mail("{reference}\n\nhttps://evil.example")
    (finding,) = look(write_site(tmp_path, {**FILES, RECEIVED: text}))
    assert (finding.code, text.splitlines()[finding.line - 1]) == ("T-E105", "https://evil.example")


def test_a_mail_holds_what_every_place_that_sends_it_fills(tmp_path: Path) -> None:
    fine = {"account_locked": mail("{site_name}")}
    assert "T-E100" not in found(tmp_path / "fine", **fine)
    assert "T-E100" in found(tmp_path / "not", account_locked=mail("{reference}"))


def test_the_foot_of_all_mails_is_looked_at_too(tmp_path: Path) -> None:
    site = FILES["site.yaml"]
    for written, codes in (
        ("{contact}", []),
        ("{kontact}", ["T-E017"]),
        ("{reference}", ["T-E100"]),
        ("https://evil.example", ["T-E105"]),
    ):
        foot = f"  mail: {{footer: {{ja: '{written}', en: '{written}'}}}}\n  operator_type"
        files = {**FILES, "site.yaml": site.replace("  operator_type", foot, 1)}
        codes_found = {finding.code for finding in look(write_site(tmp_path / str(len(written)), files))}
        assert codes_found == set(codes), written


def test_every_placeholder_has_a_sample_and_a_place_that_fills_it() -> None:
    assert samples("ja").keys() == samples("en").keys() == PLACEHOLDERS.keys()
    assert all(samples("ja").values())
    assert {name for sent in PROGRAM.values() for name in sent.fills} <= PLACEHOLDERS.keys()
    assert PLACEHOLDERS.keys() >= GENERAL
