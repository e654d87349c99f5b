"""The configuration shipped for the capacity market is complete, consistent and shows each of its rules."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from models.configuration.check import check
from models.configuration.load import Configuration, examine, load_configuration
from models.schema.compiled import compile_type
from models.schema.definition import walk
from models.schema.reading import read_data
from models.schema.source import Source, read_source

MODULE = Path(__file__).parents[2] / "fixtures" / "capacity_market"

OPERATOR = """operator_code license_class supplier_types is_domestic_corporation operator_name
operator_name_kana corporate_number representative_title representative_name postal_code prefecture address
contact_department contact_name contact_phone contact_email admin_name admin_email client_cert_serial
client_cert_subject client_cert_issuer client_cert_not_after bank_code bank_name branch_code branch_name
account_type account_number account_holder_kana invoice_number eligibility_declaration terms_version
terms_accepted_at terms_accepted_by antisocial_declaration pledge_filed pledge_document delegate_company
delegate_person delegate_scope delegate_from delegate_to incident_contact_name incident_contact_phone
incident_contact_email effective_from"""

RESOURCE = """auction_type delivery_fiscal_year resource_name resource_class area grid_code grid_code_kind
receiving_point_number site_postal_code site_address owner_type owner_name fit_fip_class fit_equipment_id
fit_fip_end_ym bilateral_plan_change_deadline self_use_only in_supply_plan member_points"""

UNIT = """unit_name power_source_type generation_method installed_capacity_kw commissioning_ym
unit_owner_name discharge_hours has_regulation regulation_types is_inefficient_coal biomass_ratio_pct
cell_maker cell_model module_maker module_model bms_maker bms_model ems_maker ems_model pcs_maker pcs_model
jc_star_label_no"""


@pytest.fixture(scope="module")
def market() -> Configuration:
    return load_configuration([MODULE], check)


def test_nothing_is_found_wrong_not_even_a_missing_translation() -> None:
    _, findings = examine([MODULE], check)
    assert [str(finding) for finding in findings] == []


def test_a_field_taken_out_of_a_rule_would_be_found(tmp_path: Path) -> None:
    """The control: the same files with one name misspelt do not pass."""
    copied = tmp_path / "module"
    copytree(MODULE, copied)
    file = copied / "record_types" / "resource.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("must: {self_use_only:", "must: {self_used:"))
    _, findings = examine([copied], check)
    assert "T-E011" in {finding.code for finding in findings}


def test_every_item_of_the_market_s_field_tables_is_there(market: Configuration) -> None:
    operator = market.record_types["operator"]
    resource = market.record_types["resource"]
    units = {path[1] for path, _ in walk(resource.fields) if len(path) == 2 and path[0] == "units"}
    assert set(OPERATOR.split()) - set(operator.by_name) == set()
    assert set(RESOURCE.split()) - set(resource.by_name) == set()
    assert set(UNIT.split()) - units == set()
    assert (operator.number.field, resource.number.field) == ("operator_number", "resource_id")


def test_every_check_is_shown_by_an_example_that_breaks_it(market: Configuration) -> None:
    for kind in market.record_types.values():
        shown = {
            key for example in kind.examples if example.expect != "valid" for key in example.expect.values()
        }
        assert {rule.name for rule in kind.checks} - shown == set(), kind.name


def test_examples_expect_exactly_the_errors_there_are(market: Configuration) -> None:
    """The linter says the same (T-E022); here each example is named."""
    for kind in market.record_types.values():
        for example in kind.examples:
            reading = read_data(
                compile_type(kind), example.given, {"TODAY": "2026-04-01", **example.variables}
            )
            expected = {} if example.expect == "valid" else dict(example.expect)
            assert {error.path: error.key for error in reading.errors} == expected, (kind.name, example.name)


def test_lists_stay_short_and_pages_small(market: Configuration) -> None:
    for kind in market.record_types.values():
        assert sum(field.listed for field in kind.fields) <= 7
        assert all(len(page.fields) <= 8 for page in kind.pages)
        assert all(len(page.fields) >= 4 for page in kind.pages if len(kind.fields) > 10), kind.name


def test_expected_capacity_is_described_but_switched_off(market: Configuration) -> None:
    assert [kind.name for kind in market.record_types.values() if not kind.enabled] == ["expected_capacity"]


def demo_records() -> Iterator[tuple[str, dict[str, object], str | None]]:
    source = read_source(MODULE / "demo" / "records.yaml")
    assert isinstance(source, Source)
    for record in source.value["records"]:
        yield record["record_type"], record["data"], record.get("operator")


def test_demo_records_are_valid_as_records_in_force(market: Configuration) -> None:
    operators = {data["operator_code"]: data for kind, data, _ in demo_records() if kind == "operator"}
    for kind, data, owner in demo_records():
        variables = {"TODAY": "2026-11-24", "BEFORE": data, "OPERATOR": operators.get(owner, {})}
        reading = read_data(compile_type(market.record_types[kind]), data, variables)
        assert reading.errors == ()


def test_no_mail_carries_a_secret_beside_the_one_time_link(market: Configuration) -> None:
    for mail in market.mail.values():
        assert ("{administrator_id}" in mail.body) is (mail.name == "administrator_id")
        linked = any(link in mail.body for link in ("{status_link}", "{resume_link}", "{set_password_link}"))
        if mail.name.startswith(("application_", "documents_", "not_eligible")):
            assert linked, "an applicant may have no account yet"
        if mail.name.startswith(("record_", "bulk_")):
            assert not linked, "an operator signs in to look at a record, or at a file of rows"
        assert not ("{administrator_id}" in mail.body and "{set_password_link}" in mail.body)


def test_the_terms_hold_every_clause_of_version_1_0(market: Configuration) -> None:
    (terms,) = market.terms
    assert terms.title.ja == "容量市場システム利用規約"
    for clause in ("1.3.3", "2.1.4", "2.7.4", "3.4.4", "6.1.2", "6.3.2", "6.4.2"):
        assert f"**{clause}** " in terms.body
    policy = terms.body.split("### 3.5")[1].split("## 4.")[0]
    assert sum(line.startswith("| ") for line in policy.splitlines()) == 13
