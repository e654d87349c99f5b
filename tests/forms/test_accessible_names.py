"""Every control says what it is for, and every error can be reached and is read out at its control."""

from collections.abc import Iterator

from tests.forms.reader import Document, Element
from tests.forms.sample import definition, draw

EVERYTHING = {
    "paper": {"id": "1", "filename": "a.pdf"},
    "card": {
        "fingerprint": "1",
        "subject": "CN=a",
        "issuer": "CN=b",
        "serial": "1",
        "not_after": "2030-01-01",
    },
    "parts": [{"title": "一", "kind": "c1"}, {"title": "二"}],
}
ERRORS = {
    **{field.name: "だめ" for field in definition().fields if field.asked},
    "mail__confirm": "だめ",
    "parts.1.title": "だめ",
    "parts.0.since": "だめ",
}


def labels(document: Document, control: Element) -> Iterator[str]:
    identifier = control.get("id")
    yield from (e.text for e in document.all("label") if identifier and e.get("for") == identifier)
    if control.get("aria-label"):
        yield control.get("aria-label")


def test_every_control_has_one_label_with_words_in_it() -> None:
    document = Document(draw(EVERYTHING))
    assert len(document.controls) > 40
    for control in document.controls:
        found = list(labels(document, control))
        assert len(found) == 1, control
        assert found[0].strip()


def test_every_group_has_a_legend() -> None:
    document = Document(draw(EVERYTHING))
    for group in document.all("fieldset"):
        assert any(e.text.strip() for e in document.all("legend") if e.parent is group), group


def test_ids_are_unique_and_descriptions_point_at_something() -> None:
    document = Document(draw(EVERYTHING, errors=ERRORS, remarks={"word": ["直して"]}))
    ids = [e.get("id") for e in document.elements if e.has("id")]
    assert len(ids) == len(set(ids))
    for element in document.elements:
        for target in element.get("aria-describedby").split():
            assert target in ids, (element.tag, target)


def test_every_error_is_at_the_place_the_summary_links_to_and_described_there() -> None:
    document = Document(draw(EVERYTHING, errors=ERRORS))
    for path in ERRORS:
        identifier = "field-" + path.replace(".", "-")
        assert document.by_id(identifier) is not None, path
        told = document.by_id(f"{identifier}--error")
        assert told is not None
        assert "だめ" in told.text
        assert f"{identifier}--error" in str([e.get("aria-describedby") for e in document.elements]), path


def test_without_errors_nothing_is_marked_invalid() -> None:
    document = Document(draw(EVERYTHING))
    assert not [e for e in document.elements if e.has("aria-invalid") or "-error" in e.get("id")]


def test_required_and_optional_are_said_in_words() -> None:
    document = Document(draw({}))
    tags = {e.get("for"): e.text for e in document.all("label")}
    assert "必須" in tags["field-word"]
    assert "任意" in tags["field-story"]
