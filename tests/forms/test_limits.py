"""What a post may hold: everything beyond is an error at its field, ignored, or left out — never believed."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData, Headers, UploadFile

from forms.render.posted import TEXT_LIMIT, Action, Posted, read_action, read_posted
from models.schema.fields.structure import ROW_LIMIT
from tests.forms.sample import KEEPER, definition, draw


def read(*pairs: tuple[str, Any]) -> Posted:
    return read_posted(FormData(list(pairs)), definition().fields, KEEPER)


def test_a_text_over_the_limit_is_an_error_and_is_still_there() -> None:
    text = "あ" * (TEXT_LIMIT + 1)
    posted = read(("word", text))
    assert [(error.path, error.key) for error in posted.errors] == [("word", "too_long")]
    assert posted.answers["word"] == text
    assert text in draw({"word": text})


def test_a_text_at_the_limit_is_no_error() -> None:
    assert read(("word", "あ" * TEXT_LIMIT)).errors == []


def test_the_limit_holds_in_rows_and_in_boxes() -> None:
    long = "1" * (TEXT_LIMIT + 1)
    posted = read(("parts.7.title", long), ("day.year", long))
    assert {error.path for error in posted.errors} == {"parts.0.title", "day"}


def test_names_the_page_does_not_have_are_ignored() -> None:
    posted = read(
        ("word", "a"), ("operator_id", "1"), ("__proto__", "x"), ("parts.0.secret", "x"), ("total", "9")
    )
    assert posted.answers["word"] == "a"
    assert not {"operator_id", "__proto__", "total"} & posted.answers.keys()
    assert "secret" not in str(posted.answers["parts"])


def test_no_more_rows_are_read_than_a_table_can_hold_and_one_to_say_so() -> None:
    posted = read(*((f"parts.{n}.title", "x") for n in range(ROW_LIMIT + 50)))
    rows = posted.answers["parts"]
    assert isinstance(rows, list)
    assert len(rows) == ROW_LIMIT + 1


def test_row_numbers_that_are_no_small_numbers_are_no_rows() -> None:
    posted = read(
        ("parts.99999.title", "x"), ("parts.-1.title", "x"), ("parts.１.title", "x"), ("parts..title", "x")
    )
    assert posted.answers["parts"] is None


def test_empty_rows_are_left_out_when_a_page_is_left_and_kept_while_rows_are_added() -> None:
    sent = (("parts.0.title", " "), ("parts.1.title", "x"))
    left = read(*sent, ("action", "next")).answers["parts"]
    kept = read(*sent, ("action", "add:parts")).answers["parts"]
    assert isinstance(left, list)
    assert isinstance(kept, list)
    assert (len(left), len(kept)) == (1, 2)


def test_an_unsigned_upload_is_not_believed() -> None:
    forged = '{"id": "64b000000000000000000000", "filename": "theirs.pdf"}'
    assert read(("paper", forged), ("paper__held", forged)).answers["paper"] is None


def test_a_certificate_never_comes_by_a_form() -> None:
    assert read(("card", '{"fingerprint": "x"}'), ("card.fingerprint", "x")).answers.get("card") is None


def test_a_file_sent_where_a_text_is_asked_is_ignored() -> None:
    upload = UploadFile(file=None, filename="a.pdf", headers=Headers())  # type: ignore[arg-type]
    assert read(("word", upload)).answers["word"] is None


def test_two_different_addresses_are_an_error_at_the_second() -> None:
    posted = read(("mail", "a@example.jp"), ("mail__confirm", "b@example.jp"))
    assert [(error.path, error.key) for error in posted.errors] == [("mail__confirm", "confirm")]
    assert read(("mail", "a@example.jp"), ("mail__confirm", "ａ@example.jp ")).errors == []


def test_unknown_actions_mean_next() -> None:
    assert read_action("add:parts") == Action("add", "parts")
    assert read_action("remove:parts:2") == Action("remove", "parts", 2)
    for text in ("", "drop:parts", "__class__", "next; drop", "remove" * 99):
        assert read_action(text) == Action()


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(
                    ["word", "day.year", "picks", "parts.0.title", "parts.0.since.year", "paper__held"]
                ),
                st.tuples(
                    st.sampled_from(["word", "parts", "day"]), st.text(".0123456789abc", max_size=12)
                ).map("".join),
            ),
            st.text(max_size=30),
        ),
        max_size=15,
    )
)
def test_any_post_can_be_read_and_drawn_again(pairs: list[tuple[str, str]]) -> None:
    posted = read(*pairs)
    draw(posted.answers, repeated=posted.repeated)
