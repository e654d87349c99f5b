"""The way of the answers of a step: written, handed over with the step, or given up."""

from models.language import Text
from models.workflow.definition import State, Workflow

WRITING, TAKEN, ENDED = "step_writing", "step_taken", "step_ended"
"""The states of the answers of a step; no workflow of a site is asked about them."""

ANSWERING = Workflow(
    workflow="step_answers",
    label=Text(ja="手続きの記入", en="Answers of a step"),
    states={
        WRITING: State(
            label=Text(ja="記入中", en="Being written"),
            held_by="applicant",
            initial=True,
            help=Text(
                ja="記入した内容は保存されています。実行するまで、相手方には伝わりません。",
                en="What you wrote is kept. The other side is told nothing until the step is taken.",
            ),
        ),
        TAKEN: State(label=Text(ja="実行済み", en="Step taken"), final=True),
        ENDED: State(label=Text(ja="取りやめ", en="Given up"), final=True),
    },
)
"""The program's own: a step of a lifecycle is judged by the lifecycle, so nothing is decided here."""
