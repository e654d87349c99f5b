"""Modules side by side: what one leaves to another, how their sites become one, what is shipped with us."""

from pathlib import Path

from app.settings import ROOT
from models.configuration.check import check
from models.configuration.defaults import FOLDER, is_shipped
from models.configuration.limits import Limits
from models.configuration.load import examine, load_configuration
from models.configuration.sending import PROGRAM
from models.configuration.whole import Configuration
from models.language import LANGUAGES, Text
from models.schema.definition import walk
from models.workflow.people import OPERATOR, people_label, within
from tests.configuration.broken import module
from tests.configuration.sample import FILES, FLOW, TYPE, changed, look, write_site

FIXTURES = ROOT / "fixtures"
MARKET, CONNECTIONS = FIXTURES / "capacity_market", FIXTURES / "smart_meter"
OTHER = FILES[FLOW].replace("workflow: short", "workflow: short\nlabel: {ja: 別, en: Other}")


def two(folder: Path, *yields: str, **files: str) -> list[Path]:
    """The sample, and behind it a module with `files` (``__`` for a dot) that yields so much."""
    written = {name.replace("__", "."): text for name, text in files.items()}
    behind = {"module.yaml": module("behind", *yields), **written}
    return [write_site(folder / "first"), write_site(folder / "behind", behind)]


def loaded(*modules: Path) -> Configuration:
    return load_configuration(modules, check)


def test_a_module_leaves_what_it_says_to_an_earlier_one(tmp_path: Path) -> None:
    modules = two(tmp_path, "workflow.sh*", short__yaml=OTHER)
    assert loaded(*modules).workflows["short"].label is None


def test_control_what_it_does_not_leave_is_described_twice(tmp_path: Path) -> None:
    assert [f.code for f in look(*two(tmp_path, "workflow.shirt", short__yaml=OTHER))] == ["T-E111", "T-E007"]


def test_the_same_words_twice_in_two_modules_need_no_word(tmp_path: Path) -> None:
    assert look(*two(tmp_path, short__yaml=FILES[FLOW])) == ()


def test_the_same_words_twice_in_one_module_are_a_mistake(tmp_path: Path) -> None:
    files = {**FILES, "module.yaml": module("one", "workflow.*"), "again.yaml": FILES[FLOW]}
    assert [f.code for f in look(write_site(tmp_path, files))] == ["T-E007"]


def test_a_mail_written_by_two_modules_is_told_and_left_where_it_says_so(tmp_path: Path) -> None:
    mail = {"mail/received.ja.md": "---\nsubject: 別\n---\n{reference} {title} 別の本文\n"}
    first = write_site(tmp_path / "first")
    behind = write_site(tmp_path / "behind", mail)
    assert [f.code for f in look(first, behind)] == ["T-E007"]
    write_site(behind, {"module.yaml": module("behind", "mail.*")})
    assert [f.code for f in look(behind, first)] == ["T-E113"], "the wrong way round"
    assert loaded(first, behind).mail["received", "ja"].path.is_relative_to(first)


def test_named_things_of_all_sites_stand_side_by_side(tmp_path: Path) -> None:
    site = """site:
  name: {ja: 別名, en: Other name}
  roles: {reviewer: {ja: 別, en: Other}, clerk: {ja: 窓口担当, en: Clerk}}
  retention: {papers: {years: 1, label: {ja: 別, en: Other}}, notes: {years: 2, label: {ja: 控え, en: Notes}}}
  reference: "B{seq:04}"
"""
    found = loaded(*two(tmp_path, site__yaml=site)).site
    assert found.name.en == "Register"
    assert found.roles["reviewer"].en == "Reviewer"
    assert found.roles["clerk"].en == "Clerk"
    assert (found.retention["papers"].years, found.retention["notes"].years) == (5, 2)
    assert found.reference == "B{seq:04}"


def test_what_guards_a_site_is_said_by_its_first_module_alone(tmp_path: Path) -> None:
    lax = "site:\n  certificates: {needed: false}\n  limits: {open_drafts: 9999}\n"
    behind = two(tmp_path, site__yaml=lax)
    found = loaded(*behind).site
    assert found.certificates.needed
    assert found.limits == Limits()
    control = {**FILES, "site.yaml": FILES["site.yaml"] + lax.removeprefix("site:\n")}
    assert not loaded(write_site(tmp_path / "control", control)).site.certificates.needed


def test_operators_are_called_what_their_own_module_calls_them(tmp_path: Path) -> None:
    named = "site:\n  words: {operator: {ja: 加盟店, en: Member shop}}\n"
    assert loaded(*two(tmp_path, site__yaml=named)).site.words.operator == OPERATOR
    control = {**FILES, "site.yaml": FILES["site.yaml"] + named.removeprefix("site:\n")}
    words = loaded(write_site(tmp_path / "control", control)).site.words
    assert (words.operator.ja, words.several.ja, words.several.en) == ("加盟店", "加盟店", "Member shops")
    assert (within(words.operator).en, people_label("operator", words.operator)) == (
        "member shop",
        words.operator,
    )
    whole = people_label("operator_administrator", words.operator)
    assert whole == Text(ja="加盟店の管理者", en="Administrator of the member shop")
    assert within(Text(ja="送配電", en="TSO")).en == "TSO"


def test_lists_of_figures_are_joined_without_repeating_any(tmp_path: Path) -> None:
    own = "  dashboard: [{records: group, by: [kind]}]\n"
    site = f"site:\n{own.replace('[kind]}', '[kind]}, {records: group, by: [kind, kind]}')}"
    behind = write_site(tmp_path / "behind", {"site.yaml": site})
    first = write_site(tmp_path / "first", {**FILES, "site.yaml": FILES["site.yaml"] + own})
    configuration, _ = examine([first, behind], check)
    assert configuration is not None
    assert [each.by for each in configuration.site.dashboard] == [("kind",), ("kind", "kind")]


def test_a_finding_names_the_file_its_words_stand_in(tmp_path: Path) -> None:
    site = "site:\n  retention:\n    notes: {years: 999, label: {ja: 控え, en: Notes}}\n"
    modules = two(tmp_path, site__yaml=site)
    (found,) = look(*modules)
    assert (Path(found.file), found.line) == (modules[1] / "site.yaml", 3)
    first = write_site(tmp_path / "wrong", changed("site.yaml", "years: 5", "years: 999"))
    (found,) = look(first)
    assert Path(found.file) == first / "site.yaml"


def test_only_the_program_describing_a_site_describes_none(tmp_path: Path) -> None:
    files = {TYPE: FILES[TYPE], FLOW: FILES[FLOW]}
    assert [f.code for f in look(write_site(tmp_path, files))] == ["T-E025"]


def test_what_is_shipped_is_there_where_it_is_named_and_only_there(tmp_path: Path) -> None:
    files = changed(TYPE, "workflow: short", "workflow: review")
    assert "review" in loaded(write_site(tmp_path / "with", files)).workflows
    configuration = loaded(write_site(tmp_path / "without"))
    assert set(configuration.workflows) == {"short"}
    assert set(configuration.lifecycles) == {"simple"}
    names = {name for name, _ in configuration.mail}
    assert "password_forgotten" in names
    assert "request_made" not in names


def test_a_mail_of_the_site_takes_the_place_of_ours(tmp_path: Path) -> None:
    text = "---\nsubject: 独自\n---\n{set_password_link}\n"
    site = write_site(tmp_path, {**FILES, "mail/password_forgotten.ja.md": text})
    mail = loaded(site).mail
    assert mail["password_forgotten", "ja"].subject == "独自"
    assert is_shipped(mail["password_forgotten", "en"].path)


def test_a_mail_of_the_site_that_nobody_sends_is_told(tmp_path: Path) -> None:
    """One of ours is left out instead, as the test before shows."""
    text = "---\nsubject: 独自\n---\n本文\n"
    assert [f.code for f in look(write_site(tmp_path, {**FILES, "mail/own.ja.md": text}))] == ["T-W005"]


def test_every_mail_that_is_shipped_is_there_in_both_languages() -> None:
    told = {
        language: {path.name.split(".")[0] for path in FOLDER.glob(f"mail/*.{language}.md")}
        for language in LANGUAGES
    }
    assert told["ja"] == told["en"]
    assert PROGRAM.keys() <= told["ja"]


def test_our_modules_load_alone_and_together() -> None:
    alone = loaded(CONNECTIONS)
    assert alone.record_types["operator"].label.ja == "利用事業者情報"
    both = loaded(MARKET, CONNECTIONS)
    assert both.site.name.en == "Capacity Market System"
    assert both.record_types["operator"].label.ja == "事業者情報"
    assert {*alone.record_types} < {*both.record_types}
    assert len([text for text in both.terms if text.terms == "system_terms"]) == 1


def test_the_module_that_leaves_the_operators_to_others_stands_behind() -> None:
    _, found = examine([CONNECTIONS, MARKET], check)
    assert {finding.code for finding in found if finding.severity == "error"} == {"T-E113"}


def test_both_names_of_the_agreement_mean_one_entity_shown_under_one_name() -> None:
    """The agreement says 受電点事業者 and 利用事業者; clauses are quoted, the terms say who is meant."""
    other, alone = "受電点事業者", loaded(CONNECTIONS)
    shown = {
        (kind.name, field.name)
        for kind in alone.record_types.values()
        for _, field in walk(kind.fields)
        if other in str(field.model_dump(exclude={"text", "options"}))
    }
    assert shown == set()
    named = [kind for kind in alone.record_types.values() if other in f"{kind.label}{kind.plural}"]
    assert named == []
    own = alone.record_types[alone.site.operator_type]
    assert own.plural is not None
    assert (own.plural.ja, other in str(own.description)) == ("利用事業者", True)
    assert (alone.site.words.operator.ja, alone.site.words.several.ja) == ("利用事業者", "利用事業者")
    assert loaded(MARKET, CONNECTIONS).site.words.operator.ja == "事業者"
    assert {kind.applications.about for kind in alone.record_types.values()} <= {"operator", "organisation"}
