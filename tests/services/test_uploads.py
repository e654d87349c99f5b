"""What may be uploaded: kind, size and content are checked, whatever the file is called."""

import pytest

from models.errors import UploadRefused
from models.schema.fields.file import FileField
from models.services.uploads import check_upload, clean_name

PDF = b"%PDF-1.7 ..."
PNG = b"\x89PNG\r\n\x1a\n..."
ZIP = b"PK\x03\x04..."
PROGRAM = b"MZ\x90\x00"
MEBIBYTE = 1_048_576

FIELD = FileField.model_validate(
    {"name": "paper", "type": "file", "accept": ["pdf", "png", "jpg", "xlsx", "csv"], "max_mb": 1}
)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("誓約書.pdf", PDF, "pdf"),
        ("図.PNG", PNG, "png"),
        ("photo.jpeg", b"\xff\xd8\xff...", "jpg"),
        ("表.xlsx", ZIP, "xlsx"),
        ("一覧.csv", "番号,名称\r\n1,港\r\n".encode("cp932"), "csv"),
        ("just.pdf", PDF.ljust(MEBIBYTE, b"."), "pdf"),
    ],
)
def test_what_is_what_it_says_is_taken(name: str, content: bytes, kind: str) -> None:
    assert check_upload(FIELD, name, content) == kind


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.pdf", b"", "empty"),
        ("large.pdf", PDF.ljust(MEBIBYTE + 1, b"."), "larger than"),
        ("run.exe", PROGRAM, "Only these kinds"),
        ("page.html", b"<script>", "Only these kinds"),
        ("drawing.svg", b"<svg onload=x>", "Only these kinds"),
        ("archive.zip", ZIP, "Only these kinds"),
        ("no ending", PDF, "Only these kinds"),
        ("run.exe.pdf", PROGRAM, "not what its name says"),
        ("picture.png", PDF, "not what its name says"),
        ("page.pdf", b"<!doctype html>" + PDF, "not what its name says"),
        ("list.csv", b"a,b\x00c", "not what its name says"),
    ],
)
def test_everything_else_is_refused_with_its_reason(name: str, content: bytes, why: str) -> None:
    with pytest.raises(UploadRefused, match=why):
        check_upload(FIELD, name, content)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("誓約書（最終版）.pdf", "誓約書（最終版）.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\資料.pdf", "資料.pdf"),
        ("a\u202efdp.exe\r\n.pdf", "afdp.exe.pdf"),
        ('q"<x>|.pdf', "qx.pdf"),
        ("か\u3099.pdf", "が.pdf"),
        ("", "file"),
        ("長" * 400 + ".pdf", "長" * 150 + ".pdf"),
    ],
)
def test_names_are_kept_without_what_could_harm(given: str, kept: str) -> None:
    assert clean_name(given) == kept
