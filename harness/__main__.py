"""`harness` and `python -m harness`."""

from tracker.entry import enter


def main() -> None:
    """Entry point of the command; never returns."""
    enter("harness.cli", "harness")


if __name__ == "__main__":
    main()
