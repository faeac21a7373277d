"""How every command speaks: text or JSON on standard output, warnings beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tracker.graph import Map

json_option: Callable[..., Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def say(values: Any, as_json: bool, *lines: str) -> None:
    """`values` as JSON, or `lines` as they are."""
    if as_json:
        say_json(values)
    else:
        click.echo("\n".join(lines))


def say_json(values: Any) -> None:
    click.echo(json.dumps(values, indent=1, ensure_ascii=False))


def warn(map: Map) -> None:
    """Lines of the journal that could not be read, told beside whatever the command prints."""
    for warning in map.warnings:
        click.echo(f"warning: {warning}", err=True)
