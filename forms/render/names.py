"""How a field is called in a form post and on the page."""

REPEATED = "__confirm"
"""End of the name of an address typed a second time."""

HELD = "__held"
"""End of the name of a hidden, signed value nobody types: an upload already received, a locked answer."""

FIND = "__find"
"""End of the name of what somebody looks for in a list too long to be sent along."""

SOUGHT = "__sought"
"""End of the name of what was looked for last: the matches on the page are of it."""

PASTE = "__paste"
"""End of the name of rows copied from a spreadsheet into a table."""

COLUMN = "__column"
"""End of the name of the column the cells begin at."""

PREVIEW = "__preview"
"""End of the name under which it is noted that a text is to be shown as it will look."""

ASKED = "asked"
"""Name of the hidden list of the fields a page asked for."""

REVISION = "revision"
"""Name of the hidden revision of the application a page was made from."""

ACTION = "action"
"""Name of the submit buttons."""


def id_of(path: str) -> str:
    """The id of the element an error at `path` (``field`` or ``table.row.field``) is linked to."""
    return "field-" + path.replace(".", "-")


def pattern_of(path: str) -> str:
    """`path` without its row numbers: what a signed value may be used for."""
    return ".".join(part for part in path.split(".") if not part.isdigit())
