"""`tracker` and `python -m tracker`."""

import gc

from tracker.entry import enter


def main() -> None:
    """Entry point of the command; never returns."""
    gc.disable()  # the process ends before garbage matters: 6 ms less at 130 topics, 120 ms less at 10,000
    enter("tracker.cli", "tracker")


if __name__ == "__main__":
    main()
