"""Small forms of other systems, written in the shape of public ones."""

import io
import zipfile
from collections.abc import Mapping
from html import escape
from typing import Any

DOCTYPE: dict[str, Any] = {
    "doctype": "DocType",
    "name": "Service Vehicle",
    "title_field": "plate",
    "field_order": "plate column section kind fuel unit wheels since owner_link rows".split(),  # noqa: SIM905
    "permissions": [{"role": "Fleet"}],
    "fields": [
        {"fieldname": "plate", "fieldtype": "Data", "label": "Plate", "reqd": 1, "unique": 1,
         "in_list_view": 1},
        {"fieldname": "column", "fieldtype": "Column Break"},
        {"fieldname": "section", "fieldtype": "Section Break", "label": "Details"},
        {"fieldname": "kind", "fieldtype": "Select", "label": "Kind", "options": "\nCar\nTruck"},
        {"fieldname": "fuel", "fieldtype": "Select", "options": "Petrol\nElectric", "label": "Fuel",
         "depends_on": "eval:doc.kind == 'Truck' && doc.plate", "default": "Petrol"},
        {"fieldname": "unit", "fieldtype": "Data", "label": "Unit", "depends_on": "kind",
         "mandatory_depends_on": "eval:in_list(['Car', 'Truck'], doc.kind)"},
        {"fieldname": "wheels", "fieldtype": "Int", "label": "Wheels", "non_negative": 1, "default": "4",
         "depends_on": "eval:frappe.user.has_role('Fleet')"},
        {"fieldname": "since", "fieldtype": "Date", "label": "Since", "default": "Today"},
        {"fieldname": "owner_link", "fieldtype": "Link", "label": "Owner", "options": "Employee"},
        {"fieldname": "rows", "fieldtype": "Table", "label": "Rows", "options": "Vehicle Row"},
    ],
}  # fmt: skip

FORMIO: dict[str, Any] = {
    "title": "Club registration",
    "name": "clubRegistration",
    "display": "wizard",
    "components": [
        {
            "type": "panel",
            "key": "page1",
            "title": "The club",
            "components": [
                {"type": "textfield", "key": "clubName", "label": "Name", "input": True,
                 "validate": {"required": True, "maxLength": 80, "pattern": "^[A-Z].*$"}},
                {"type": "columns", "key": "columns", "columns": [
                    {"components": [{"type": "email", "key": "mail", "label": "E-mail"}]},
                    {"components": [{"type": "checkbox", "key": "hasRoom", "label": "A room of its own?"}]},
                ]},
                {"type": "textfield", "key": "room", "label": "Room",
                 "conditional": {"show": "true", "when": "hasRoom", "eq": "true"}},
                {"type": "select", "key": "sport", "label": "Sport", "dataSrc": "values",
                 "data": {"values": [{"label": "Judo", "value": "judo"}, {"label": "Go", "value": "go"}]}},
                {"type": "number", "key": "mats", "label": "Mats", "validate": {"min": 1, "max": 99},
                 "customConditional": "show = data.sport === 'judo' && data.hasRoom == true;"},
                {"type": "textarea", "key": "why", "label": "Why",
                 "conditional": {"json": {"in": [{"var": "data.sport"}, ["go"]]}}},
                {"type": "textfield", "key": "odd", "label": "Odd",
                 "customConditional": "show = isOdd(data.mats)"},
                {"type": "datagrid", "key": "members", "label": "Members", "components": [
                    {"type": "textfield", "key": "name", "label": "Name"},
                    {"type": "datetime", "key": "born", "label": "Born", "enableTime": False}]},
                {"type": "survey", "key": "survey", "label": "Survey"},
            ],
        },
        {"type": "button", "key": "submit", "label": "Send", "action": "submit"},
    ],
}  # fmt: skip

JSON_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Permit",
    "description": "An application for a permit.",
    "type": "object",
    "required": ["applicant", "kind"],
    "properties": {
        "applicant": {"type": "string", "title": "Applicant", "minLength": 1, "maxLength": 100},
        "kind": {"enum": ["event", "works"], "title": "Kind"},
        "guests": {"type": ["integer", "null"], "minimum": 0, "maximum": 5000},
        "fee": {"type": "number", "default": 10},
        "site": {"$ref": "#/$defs/site"},
        "tags": {"type": "array", "items": {"enum": ["loud", "late"]}},
        "stalls": {"type": "array", "maxItems": 20, "items": {"type": "object", "required": ["name"],
                   "properties": {"name": {"type": "string"}, "power": {"type": "boolean"}}}},
        "homepage": {"type": "string", "format": "uri"},
        "code": {"type": "string", "pattern": "(a+)+$"},
        "anything": {},
    },
    "$defs": {"site": {"type": "object", "title": "Site", "properties": {"street": {"type": "string"},
              "since": {"type": "string", "format": "date"}}}},
    "if": {"properties": {"kind": {"const": "event"}}},
    "then": {"required": ["guests"]},
    "dependentRequired": {"fee": ["homepage"]},
}  # fmt: skip

SURVEY = [
    [
        "type",
        "name",
        "label::English (en)",
        "label::Japanese (ja)",
        "hint",
        "required",
        "relevant",
        "constraint",
    ],
    ["begin group", "house", "House", "住まい", "", "", "", ""],
    ["text", "owner", "Owner", "持ち主", "As on the door", "yes", "", ""],
    ["integer", "rooms", "Rooms", "部屋数", "", "", "", ". >= 1 and . <= 50"],
    ["select_one heat", "heating", "Heating", "暖房", "", "yes", "${rooms} > 1", ""],
    ["select_multiple heat", "spare", "Spare", "予備", "", "", "selected(${heating}, 'gas')", ""],
    ["end group", "", "", "", "", "", "", ""],
    ["begin repeat", "people", "People", "住人", "", "", "", ""],
    ["text", "name", "Name", "名前", "", "yes", "", "regex(., '^[A-Z][a-z]*$')"],
    ["date", "born", "Born", "生年月日", "", "", "", ". <= today()"],
    ["end repeat", "", "", "", "", "", "", ""],
    ["geopoint", "place", "Place", "場所", "", "", "", ""],
    ["note", "thanks", "Thank you", "ありがとう", "", "", "count(${people}) > 3", ""],
]
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::Japanese (ja)"],
    ["heat", "gas", "Gas", "ガス"],
    ["heat", "oil", "Oil", "灯油"],
]
SETTINGS = [["form_title", "form_id"], ["Household", "household_2026"]]


def workbook(sheets: Mapping[str, list[list[str]]] | None = None) -> bytes:
    """An .xlsx of these sheets: no more than the format asks for (ECMA-376, inline texts)."""
    sheets = sheets or {"survey": SURVEY, "choices": CHOICES, "settings": SETTINGS}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = list(sheets)
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(names, 1))
    linked = "".join(
        f'<Relationship Id="r{i}" Type="{relations}/worksheet" Target="worksheets/s{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r0" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{linked}'
        "</Relationships>",
    }
    for number, name in enumerate(names, 1):
        rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in sheets[name])
        sheet = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
        parts[f"xl/worksheets/s{number}.xml"] = sheet
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
    return packed.getvalue()


def _cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
