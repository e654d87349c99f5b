"""What people of the module write: events, reports and what their steps ask for."""

from typing import Any

from tests.smart_meter.desk import Desk

Answers = dict[str, Any]


def moment(text: str) -> dict[str, str]:
    """A date and a time as their five boxes send them: ``2026-11-20 09:30``."""
    boxes = ("year", "month", "day", "hour", "minute")
    return dict(zip(boxes, text.replace("-", " ").replace(":", " ").split(), strict=True))


def an_event(desk: Desk, **changed: Any) -> dict[str, Any]:
    """An event that may lead to a disconnection."""
    return {
        "connection": desk.connection.number,
        "summary": "認証回避の脆弱性",
        "discovered_at": moment("2026-11-20 09:30"),
        "found_in": ["special_meter"],
        "description": "製造者から脆弱性の通知を受けた。",
        **changed,
    }


def a_report(desk: Desk, **changed: Any) -> dict[str, Any]:
    """Report 1: what happened and what is planned."""
    return {
        "connection": desk.connection.number,
        "event_type": "terminal_lost",
        "summary": "無線端末 1 台の紛失",
        "occurred_at": moment("2026-11-19 18:00"),
        "discovered_at": moment("2026-11-20 09:30"),
        "content": "保守作業の後、無線端末 1 台が見当たらない。",
        "place_kinds": ["wireless_terminal", "hes"],
        "place": "みなと工場 受電室",
        "reporter_name": "計量 太郎",
        "reporter_phone": "052-000-0200",
        "impacts": [
            {"kind": "special_meter", "equipment": desk.meter.number, "impact": "計測は継続している。"},
            {"kind": "hes", "equipment": "", "impact": "影響なし。"},
        ],
        "response_plan": "端末の認証を失効させ、捜索を続ける。",
        **changed,
    }


ORDER: Answers = {
    "condition": "1",
    "scope": ["equipment", "terminal"],
    "order_text": "悪用の報告があるため。",
}
RESOLVED: Answers = {
    "cause": "ファームウェアの不備",
    "countermeasure": "全台を更新した。",
    "resolved_at": moment("2026-11-20 21:00"),
    "resolution": "再現試験で回避できないことを確認した。",
}
CHECKED: Answers = {"reconnected_at": moment("2026-11-20 23:00"), "connection_check": "通信を確認した。"}
ANOTHER: Answers = {
    "new_events": [{"at": moment("2026-11-20 22:00"), "text": "別の機器でも異常通信を検知した。"}]
}
FOLLOW_UP: Answers = {"follow_ups": [{"at": moment("2026-11-20 12:00"), "text": "捜索を続けている。"}]}
SECOND: Answers = {
    "cause": "持出し記録の不備",
    "countermeasure": "端末の認証を失効させた。",
    "countermeasure_plan": "12 月までに全端末の台帳を照合する。",
    "prevention": "持出しを二人で確認する。",
}
