"""The `tracker` command: runs it and turns whatever happens into words and an exit code.

0 fine, 2 you can put it right, 3 our bug, 130 Ctrl-C, 141 the reader of our output went away.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the command; never returns."""
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains on its way out
        code = 141
    except Exception as error:
        code = _our_bug(error)
    sys.exit(code)


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # what a terminal cannot show is a '?', no crash
    import click

    from tracker.cli import tracker
    from tracker.errors import UserError

    try:
        code = tracker.main(prog_name="tracker", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except UserError as error:
        return _tell(str(error))
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2


def _tell(words: str) -> int:
    from tracker.page import printable

    print(printable(words), file=sys.stderr)
    return 2


def _our_bug(error: Exception) -> int:
    if os.environ.get("SCRATCHMARK_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(error)
    else:
        print(
            f"This is our bug, not yours: {type(error).__name__}: {error}\n"
            "Please report it with the output of the same command under SCRATCHMARK_TRACEBACK=1.",
            file=sys.stderr,
        )
    return 3


if __name__ == "__main__":
    main()
