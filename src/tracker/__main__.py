"""`tracker` and `python -m tracker`."""

from tracker.entry import enter


def main() -> None:
    """Entry point of the command; never returns."""
    enter("tracker.cli", "tracker")


if __name__ == "__main__":
    main()
