"""Controls: lists to search in, rows pasted, dates put in whole, and what was tidied is told."""

from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile

from forms import received
from forms.received import PART_LIMIT, Received
from forms.render.finding import LISTED, SEARCHED, SHOWN, exact, search, words_of
from forms.render.pasting import paste
from forms.render.plan import plan_form
from forms.render.posted import Posted, read_posted
from forms.render.rows import apply_action, told_after
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.fields import TableField
from models.schema.reading import read_answers
from tests.forms.reader import Document
from tests.forms.sample import KEEPER, definition, draw
from tests.forms.tab import Tab


def listed(count: int, **changes: Any) -> RecordType:
    """The record type whose `pick_many` has `count` answers, at the top, in rows and in the group."""
    options = [
        {
            "code": f"a{n:04}",
            "label": {"ja": f"第{n}エリア", "en": f"Area {n}"},
            "attributes": {"kana": f"ダイ{n}エリア"},
        }
        for n in range(count)
    ]
    kind = definition()
    raw = kind.published()
    for field in raw["fields"]:
        for part in (field, *field.get("fields", ())):
            if part["name"] in ("pick_many", "kind"):
                part |= {"options": options, **changes}
    return RecordType.model_validate(raw)


def read(kind: RecordType, *pairs: tuple[str, Any], form: FormData | None = None) -> Posted:
    return read_posted(form or FormData(list(pairs)), kind.fields, KEEPER)


def has(page: str, **attributes: str | None) -> bool:
    """Whether an element of the page has these attributes."""
    wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
    return any(wanted.items() <= e.attributes.items() for e in Document(page).elements)


class TestLists:
    @pytest.mark.parametrize(("count", "searched"), [(SEARCHED, False), (SEARCHED + 1, True), (LISTED, True)])
    def test_a_list_of_more_than_fifteen_is_searched_by_label_reading_and_code(
        self, count: int, searched: bool
    ) -> None:
        page = draw({}, listed(count))
        assert ('id="field-pick_many" name="pick_many" data-search' in page) is searched
        assert ('data-words="a0003 ダイ3エリア Area 3"' in page) is searched

    def test_one_too_long_to_be_sent_is_looked_through_by_the_server_anywhere_on_the_page(self) -> None:
        answers = {"parts": [{"title": "x"}]}
        looked = {
            "pick_many__find": "だい 30",
            "parts.0.kind__find": "ＡＲＥＡ 77",
            "site.kind__find": "a0012",
        }
        page = draw(answers, listed(LISTED + 1), repeated=looked)
        assert "第30エリア" in page
        assert has(page, name="parts.0.kind", value="a0077", type="radio")
        assert has(page, name="site.kind", value="a0012", type="radio")
        assert page.count('type="radio"') < 3 * SHOWN
        assert has(page, name="action", value="find:parts.0.kind")
        assert "第150エリア" not in page

    def test_what_was_answered_is_there_before_anybody_looks(self) -> None:
        page = draw({"pick_many": "a0005"}, listed(LISTED + 1))
        assert has(page, name="pick_many", value="a0005", checked=None)
        assert "第5エリア" in page

    def test_matches_beyond_those_shown_are_counted(self) -> None:
        target = listed(LISTED + 1).by_name["pick_many"]
        options = plan_form(listed(LISTED + 1), "ja").pages[0].controls[13].options
        found = search(options, words_of(target, "ja"), "エリア", "")  # type: ignore[arg-type]
        assert (len(found.matches), found.more) == (SHOWN, LISTED + 1 - SHOWN)
        assert search(options, {}, "どこにもない", "").matches == []

    def test_the_very_name_or_code_of_an_answer_is_that_answer(self) -> None:
        kind = listed(LISTED + 1)
        assert exact(kind.by_name["pick_many"], "第 ３ エリア") == "a0003"  # type: ignore[arg-type]
        posted = read(kind, ("pick_many__find", "Area 3"), ("action", "next"))
        assert (posted.answers["pick_many"], posted.errors) == ("a0003", [])

    def test_what_fits_several_comes_back_to_be_chosen_and_nothing_typed_is_lost(self) -> None:
        kind = listed(LISTED + 1)
        sent = [("pick_many__find", "1"), ("word", "港"), ("action", "next")]
        posted = read(kind, *sent)
        assert [(error.path, error.key) for error in posted.errors] == [("pick_many", "find")]
        assert (posted.answers["word"], posted.repeated["pick_many__find"]) == ("港", "1")
        assert read(kind, *sent[:2], ("action", "save")).errors == []

    def test_an_answer_picked_among_what_was_found_stands(self) -> None:
        sent = [("pick_many__find", "1"), ("pick_many__sought", "1"), ("pick_many", "a0010")]
        posted = read(listed(LISTED + 1), *sent, ("action", "next"))
        assert (posted.answers["pick_many"], posted.errors) == ("a0010", [])


class TestPasting:
    def parts(self) -> TableField:
        found = definition().by_name["parts"]
        assert isinstance(found, TableField)
        return found

    def press(self, text: str, action: str = "paste:parts", **more: str) -> Posted:
        kind = definition()
        typed = {"parts.0.title": "前から", "parts__paste": text, **more}
        posted = read(kind, *typed.items(), ("action", action))
        posted.answers = apply_action(posted, kind.fields)
        return posted

    def test_lines_become_rows_and_tabs_columns_in_the_order_shown(self) -> None:
        posted = self.press("弁\t令和8年4月\t選択肢1\r\n\r\n管\t2026-05\tOption 2\n")
        rows = posted.answers["parts"]
        assert isinstance(rows, list)
        assert [row["title"] for row in rows] == ["前から", "弁", "管"]  # type: ignore[index,call-overload]
        assert [row["kind"] for row in rows[1:]] == ["c1", "c2"]  # type: ignore[index,call-overload]
        assert posted.notice is not None
        assert posted.notice.values["count"] == 2
        assert "parts__paste" not in posted.repeated

    def test_a_first_line_of_names_says_where_cells_belong(self) -> None:
        outcome = paste(self.parts(), [], "種類\t名前\n選択肢1\t弁")
        assert outcome.rows == [{"kind": "c1", "title": "弁"}]

    def test_every_wrong_cell_is_an_error_at_its_place_and_still_there(self) -> None:
        posted = self.press("弁\t去年\tない種類")
        reading = read_answers(compile_type(definition()), posted.answers, {})
        assert {e.path for e in told_after(posted, reading)} == {"parts.1.since", "parts.1.kind"}
        assert (
            told_after(Posted(action=posted.action), read_answers(compile_type(definition()), {}, {})) == ()
        )
        page = draw(posted.answers)
        assert "ない種類" in page
        assert "去年" in page

    def test_cells_beyond_the_last_column_change_nothing(self) -> None:
        posted = self.press("\t".join("x" * 30))
        assert [(error.path, error.key) for error in posted.errors] == [("parts", "paste")]
        rows = posted.answers["parts"]
        assert isinstance(rows, list)
        assert len(rows) == 1
        assert posted.repeated["parts__paste"]

    def test_lines_a_table_has_no_room_for_stay_in_their_box(self) -> None:
        posted = self.press("\n".join(f"行{n}" for n in range(9)))
        assert posted.repeated["parts__paste"].splitlines() == [f"行{n}" for n in range(4, 9)]
        assert "行4" in draw(posted.answers, repeated=posted.repeated)

    def test_cells_pasted_into_a_row_fill_it_and_those_below_from_that_column(self) -> None:
        more = {"parts.1.title": "二", "parts__column": "kind"}
        posted = self.press("選択肢1\n選択肢2\n選択肢3", "paste:parts:1", **more)
        rows: Any = posted.answers["parts"]
        assert [(row.get("title"), row.get("kind")) for row in rows] == [
            ("前から", None),
            ("二", "c1"),
            (None, "c2"),
            (None, "c3"),
        ]

    def test_rows_pasted_and_forgotten_are_told_before_the_page_is_left(self) -> None:
        posted = read(definition(), ("parts__paste", "弁"), ("action", "next"))
        assert [(error.path, error.key) for error in posted.errors] == [("parts", "pasted")]
        assert read(definition(), ("parts__paste", "弁"), ("action", "save")).errors == []


class TestTold:
    @pytest.mark.parametrize(
        ("name", "typed", "kept"),
        [
            ("day", {"year": "令和8年4月1日"}, "2026年4月1日"),
            ("day", {"year": "２０２６/4/1"}, "2026年4月1日"),
            ("day", {"year": "20260401"}, "2026年4月1日"),
            ("day", {"year": "H31", "month": "4", "day": "30"}, "2019年4月30日"),
            ("month", {"year": "R8.4"}, "2026年4月"),
            ("at", {"year": "2026-04-01 9:30"}, "2026年4月1日 09:30"),
            ("at", {"year": "2026-04-01", "hour": "9", "minute": "30"}, "2026年4月1日 09:30"),
            ("call", "０３ー００００ー１２３４", "03-0000-1234"),
            ("word", "港\u200b\tの", "港 の"),
            ("count", "１２３", "123 kW"),
        ],
    )
    def test_what_was_tidied_is_told_at_its_field_and_a_text_stands_as_typed(
        self, name: str, typed: Any, kept: str
    ) -> None:
        page = Document(draw({name: typed}))
        note = page.by_id(f"field-{name}--note")
        assert note is not None
        assert f"「{kept}」" in note.text
        if isinstance(typed, str):
            assert any(element.get("value") == typed for element in page.elements)

    def test_a_whole_date_is_put_into_its_boxes(self) -> None:
        page = draw({"day": {"year": "令和8年4月1日"}})
        assert has(page, name="day.year", value="2026")
        assert has(page, name="day.day", value="1")
        assert has(draw({"day": {"year": "令和8年13月1日"}}), name="day.year", value="令和8年13月1日")

    @pytest.mark.parametrize("answer", [{"year": "2026", "month": "4", "day": "1"}, "2026-04-01"])
    def test_what_was_typed_as_it_is_kept_is_not_told(self, answer: Any) -> None:
        assert (
            Document(draw({"day": answer, "word": "港", "count": "1,000"})).by_id("field-day--note") is None
        )

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("港\x07", "目に見えない制御文字"),
            ("港\ue000", "外字"),
            ("港\u202e", "文字の並ぶ向きを変える"),
            ("港\ufffd", "失われた文字"),
            ("港\ud83d", "壊れた文字"),
        ],
    )
    def test_characters_that_cannot_be_kept_are_named(self, text: str, named: str) -> None:
        errors = read_answers(compile_type(definition()), {"word": text}, {}).errors
        assert [named in error.message("ja") for error in errors if error.path == "word"] == [True]

    @pytest.mark.parametrize(
        ("repertoire", "text", "named"),
        [
            ("jis_x_0208", "髙①㈱", "「髙」、「①」、「㈱」"),
            ("windows_31j", "髙①🎉", "「🎉」"),
            ("windows_31j", "𠮷野", "「𠮷」"),
        ],
    )
    def test_characters_other_systems_cannot_take_are_named(
        self, repertoire: str, text: str, named: str
    ) -> None:
        raw = definition().published()
        raw["fields"][0] |= {"characters": repertoire}
        kind = compile_type(RecordType.model_validate(raw))
        found = [e.message("ja") for e in read_answers(kind, {"word": text}, {}).errors if e.path == "word"]
        assert len(found) == 1
        assert f"（{named}）" in found[0]
        tidy = read_answers(kind, {"word": "ﾐﾅﾄ～－"}, {})
        assert tidy.data["word"] == "ミナト～－"

    def test_a_reading_names_the_letters_that_are_no_kana(self) -> None:
        raw = definition().published()
        raw["fields"][0] |= {"format": "kana"}
        kind = compile_type(RecordType.model_validate(raw))
        found = [e for e in read_answers(kind, {"word": "ミナト港A"}, {}).errors if e.path == "word"]
        assert [(error.key, "「港」、「A」" in error.message("ja")) for error in found] == [("format", True)]


class TestPurpose:
    def told(self, **personal: Any) -> tuple[str, list[str]]:
        raw = {**definition().published(), "purpose": {"ja": "審査のため", "en": "For the review"}}
        for field in raw["fields"]:
            field |= personal.get(field["name"], {})
        page = plan_form(RecordType.model_validate(raw), "ja").pages[0]
        return page.purpose, [control.name for control in page.controls if control.purpose]

    def test_one_purpose_for_all_is_told_once_at_the_head(self) -> None:
        assert self.told(word={"personal": "yes"}, mail={"personal": "possibly"}) == ("審査のため", [])

    def test_a_question_with_another_purpose_tells_its_own(self) -> None:
        own = {"personal": "yes", "purpose": {"ja": "連絡のため"}}
        assert self.told(word={"personal": "yes"}, call={"personal": "yes"}, mail=own) == (
            "審査のため",
            ["mail"],
        )

    def test_where_nothing_is_personal_nothing_is_told(self) -> None:
        assert self.told(word={"personal": "no", "purpose": {"ja": "連絡のため"}}) == ("", [])


class TestTooMuch:
    def test_a_text_cut_while_it_was_read_is_an_error_at_its_field(self) -> None:
        form = Received([("word", "長" * 30), ("call", "03-0000-1234")], {"word": 5 * 2**20})
        posted = read(definition(), form=form)
        assert [(error.path, error.key) for error in posted.errors] == [("word", "too_long")]
        assert "5120" in posted.errors[0].message("ja")
        assert posted.answers["call"] == "03-0000-1234"

    def test_files_that_were_too_many_are_counted_at_their_field(self) -> None:
        upload = UploadFile(file=None, filename="a.pdf")  # type: ignore[arg-type]
        posted = read(definition(), form=Received([("papers", upload)], surplus={"papers": 180}))
        assert [(error.path, error.key) for error in posted.errors] == [("papers", "too_many")]
        assert "180" in posted.errors[0].message("ja")

    def test_more_parts_than_a_page_has_are_told(self) -> None:
        posted = read(definition(), form=Received([("word", "港")], overfull=True))
        assert [(error.path, error.key) for error in posted.errors] == [("", "too_much")]
        assert posted.answers["word"] == "港"


class TestSent:
    """The same through the whole program, as a browser sends it."""

    async def send(self, tab: Tab, *texts: tuple[str, str], files: int = 0) -> Tab:
        base = next(e.get("value") for e in tab.page.elements if e.get("name") == "base")
        parts: list[Any] = [(name, (None, text.encode())) for name, text in (("base", base), *texts)]
        parts += [("operator_name", (f"誓約書{n}.pdf", b"%PDF-1.4")) for n in range(files)]
        return tab._show(await tab.client.post(str(tab.answer.url), files=parts))

    async def test_five_megabytes_in_one_box_leave_everything_else_typed(self, applicant: Tab) -> None:
        texts = ("operator_code", "9A01"), ("operator_name", "x" * 5 * 2**20)
        await self.send(applicant, *texts, ("action", "next"))
        assert applicant.status == 422
        assert "5120" in applicant.errors()["#field-operator_name"]
        kept = {name: applicant.page.by_id(f"field-{name}") for name in ("operator_code", "operator_name")}
        assert kept["operator_code"] is not None
        assert kept["operator_name"] is not None
        assert kept["operator_code"].get("value") == "9A01"
        assert len(kept["operator_name"].get("value")) == PART_LIMIT

    async def test_two_hundred_files_where_none_is_asked_leave_everything_typed(self, applicant: Tab) -> None:
        await self.send(applicant, ("operator_code", "9A01"), ("action", "next"), files=200)
        assert applicant.status == 422
        code = applicant.page.by_id("field-operator_code")
        assert code is not None
        assert code.get("value") == "9A01"

    async def test_more_parts_than_can_be_read_are_told_and_the_first_stay(
        self, applicant: Tab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(received, "FIELD_LIMIT", 4)
        many = [(f"x{n}", "y") for n in range(4)]
        await self.send(applicant, ("operator_code", "9A01"), ("action", "save"), *many)
        assert applicant.status == 422
        assert "送信できる量を超えました" in applicant.text
        monkeypatch.undo()
        await self.send(applicant, ("operator_code", "9A01"), ("action", "save"), *many)
        assert "送信できる量を超えました" not in applicant.text

    async def test_the_button_that_searches_keeps_what_was_typed(self, applicant: Tab) -> None:
        await applicant.press("次へ進む", {"operator_name": "未保存の名称"})
        await applicant.post(
            str(applicant.answer.url), [("operator_name", "港"), ("action", "find:license_class")]
        )
        name = applicant.page.by_id("field-operator_name")
        assert name is not None
        assert name.get("value") == "港"
