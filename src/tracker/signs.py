"""A sign for each state, the same in the terminal, in pictures and in pages: colour is never all that tells them apart."""

from tracker.graph import State

SIGN = {
    State.LOCKED: "·",
    State.OPEN: "○",
    State.IN_PROGRESS: "◐",
    State.PROVEN: "●",
    State.DONE: "✓",
    State.DUE: "↻",
}


def css_class(state: str) -> str:
    """`in progress` to `s-in-progress`: what a page calls it in its style."""
    return "s-" + state.replace(" ", "-")
