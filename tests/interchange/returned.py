"""Mails that came back, written after what mail servers document; all are about one mail."""

from pathlib import Path

FOLDER = Path(__file__).parent / "bounces"

ADDRESS = "taro@kaisha.example.jp"
MAIL = "69d2f0000000000000000001"
MESSAGE_ID = f"<{MAIL}@market.example.jp>"


def returned(name: str, *, address: str = ADDRESS, message_id: str = MESSAGE_ID) -> bytes:
    """The sample `name`, as if it were about this mail to this address."""
    raw = (FOLDER / f"{name}.eml").read_bytes()
    return raw.replace(ADDRESS.encode(), address.encode()).replace(MESSAGE_ID.encode(), message_id.encode())


NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.eml")))
