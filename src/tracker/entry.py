"""Runs a command and turns whatever happens into words and an exit code. Knows no command.

0 fine, 2 you can put it right, 3 our bug, 130 Ctrl-C, 141 the reader of our output went away.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn


def enter(module: str, name: str) -> NoReturn:
    """Run the click command `name` of `module` and leave the process."""
    try:
        code = _run(module, name)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter complains on its way out
        code = 141
    except Exception as error:
        code = _our_bug(error)
    sys.exit(code)


def _run(module: str, name: str) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # what a terminal cannot show is a '?', no crash
    import click

    from tracker.errors import UserError

    stdout = sys.stdout
    try:
        command = getattr(importlib.import_module(module), name)
        code = command.main(prog_name=name, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as leaving:
        if sys.stdout is not stdout:  # click swaps it for a silent one, and exits with 1, when its reader has gone
            raise BrokenPipeError from leaving
        raise
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
