"""Jupyter notebooks as the JSON that they are, for the graders that want nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def cell(source: str, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    made = {"cell_type": kind, "metadata": metadata, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def graded(source: str, name: str, is_test: bool) -> dict[str, Any]:
    """A cell that nbgrader knows: a test worth one point, or the place of an answer."""
    about = {"schema_version": 3, "grade_id": name, "grade": is_test, "solution": not is_test, "locked": is_test, "task": False}  # fmt: skip
    return cell(source, nbgrader=about | ({"points": 1} if is_test else {}))


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": kernel}, "cells": cells}


def handed_in(released: Path, head: str, answer: str) -> dict[str, Any]:
    """The notebook as students get it, with an answer in the cell that starts with `head`."""
    made: dict[str, Any] = json.loads(released.read_text())
    [place] = [one for one in made["cells"] if "".join(one["source"]).startswith(head)]
    place["source"] = answer
    return made


def write(path: Path, made: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made))
