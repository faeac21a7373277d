"""What all HTML pages share: jinja that escapes everything, made printable first, and hashes for their policies."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING

from tracker.page import printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_JOINT = re.compile(r"(?<=\w)([._/])(?=\w{3})")


def environment(package: str) -> Environment:
    """For the templates of that package, in its folder `templates`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader(package, "templates"), autoescape=True, finalize=_printable, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"longest": _longest_word, "soft": _soft}
    return made


def policy(style: str, *scripts: str) -> str:
    """What a page with that style and those scripts may do: nothing but them; it loads nothing and sends nothing."""
    allowed = f" script-src {' '.join(map(hash_of, scripts))};" if scripts else ""
    return (
        f"default-src 'none'; style-src {hash_of(style)};{allowed} img-src data:; base-uri 'none'; form-action 'none'"
    )


def hash_of(text: str) -> str:
    """As a content security policy names a style or script that may stand in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def file(name: str) -> str:
    """A file of tracker's templates: a style or a script."""
    return (resources.files("tracker") / "templates" / name).read_text("utf-8")


def _printable(value: object) -> object:
    """Text without what steers a terminal or hides; markup stays as it is."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _soft(words: str) -> Markup:
    """Escaped, and free to go on in a new line after each dot, underscore and slash: names are longer than a phone is wide."""
    from markupsafe import Markup, escape

    return Markup(_JOINT.sub(r"\1<wbr>", str(escape(printable(words)))))


def _longest_word(words: str) -> int:
    """Its length: only cells with long ones may be broken inside a word."""
    return max(map(len, words.split()), default=0)
