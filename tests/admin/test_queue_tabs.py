"""The tabs of the queue where workflows call states of their own alike."""

from admin.views.queue import shown, told_apart

LABELS = {"waiting": "Waiting", "state-sent": "Received", "state-filed": "Received", "other": "None known"}


def test_a_state_called_as_another_has_a_tab_only_while_it_holds_something() -> None:
    assert shown("waiting", {"state-sent": 0, "state-filed": 0}, LABELS) == ["waiting", "state-sent"]
    assert shown("waiting", {"state-filed": 1}, LABELS) == ["waiting", "state-sent", "state-filed"]
    assert shown("state-filed", {}, LABELS)[-1] == "state-filed"
    assert shown("waiting", {"other": 2}, LABELS)[-1] == "other"


def test_control_where_nothing_could_be_counted_every_state_keeps_its_tab() -> None:
    assert shown("waiting", None, LABELS) == ["waiting", "state-sent", "state-filed"]


def test_tabs_called_alike_name_the_workflow_behind_them() -> None:
    flows = {"state-sent": "Registration", "state-filed": "Filing", "state-done": "Filing"}
    both = {"waiting": "Waiting", "state-sent": "Received", "state-filed": "Received", "state-done": "Done"}
    told = ["Waiting", "Received (Registration)", "Received (Filing)", "Done"]
    assert list(told_apart(both, flows, "en").values()) == told
    assert told_apart({"state-sent": "Received"}, flows, "en") == {"state-sent": "Received"}
