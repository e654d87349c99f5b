"""Folders and files that are not what they seem: each is a finding, none is an exception."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from models.configuration.check import check
from models.configuration.load import examine
from tests.configuration.sample import FILES, TYPE, look, write_site


def loop(site: Path) -> None:
    (site / "record_types" / "loop.yaml").symlink_to("loop.yaml")


def folder_loop(site: Path) -> None:
    (site / "record_types" / "again").symlink_to(site, target_is_directory=True)


def pipe(site: Path) -> None:
    os.mkfifo(site / "record_types" / "pipe.yaml")


def dangling(site: Path) -> None:
    (site / "record_types" / "gone.yaml").symlink_to("nowhere")


def odd_name(site: Path) -> None:
    Path(os.fsdecode(os.fsencode(site / "record_types") + b"/\xff\xfe.yaml")).write_text("a: 1\n", "utf-8")


def mail_in_another_encoding(site: Path) -> None:
    (site / "mail" / "received.ja.md").write_bytes("---\nsubject: 受付\n---\n本文\n".encode("shift_jis"))


def mail_in_another_language(site: Path) -> None:
    (site / "mail" / "received.fr.md").write_text("---\nsubject: Bonjour\n---\n", "utf-8")


def terms_that_are_a_list(site: Path) -> None:
    (site / "terms").mkdir()
    (site / "terms" / "a.md").write_text("---\n- a\n---\ntext\n", "utf-8")


def terms_with_a_slip(site: Path) -> None:
    (site / "terms").mkdir()
    (site / "terms" / "a.md").write_text("---\nterms: a\nversion: [1\n---\ntext\n", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (loop, "T-E034"),
        (pipe, "T-E034"),
        (dangling, "T-E034"),
        (odd_name, "T-E006"),
        (mail_in_another_encoding, "T-E033"),
        (mail_in_another_language, "T-E005"),
        (terms_that_are_a_list, "T-E005"),
        (terms_with_a_slip, "T-E001"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, spoil: Callable[[Path], None], code: str) -> None:
    site = write_site(tmp_path)
    spoil(site)
    found = look(site)
    assert code in {finding.code for finding in found}, [str(finding) for finding in found]
    assert all(str(finding).encode("utf-8") for finding in found)


def test_a_folder_that_leads_back_to_itself_is_read_once(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    folder_loop(site)
    assert look(site) == ()


def test_a_module_that_is_a_file_is_no_module(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    assert [finding.code for finding in examine([site / TYPE], check)[1]] == ["T-E029"]


def test_a_folder_one_may_not_read_is_told_or_read(tmp_path: Path) -> None:
    """Where the tests run as root there is nothing one may not read; then all is in order."""
    site = write_site(tmp_path, FILES)
    (site / TYPE).chmod(0)
    codes = {finding.code for finding in look(site)}
    assert codes == (set() if os.access(site / TYPE, os.R_OK) else {"T-E034"})
