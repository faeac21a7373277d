"""Formulas of a lesson: where they begin and end in Markdown, and TeX as MathML, which browsers draw by themselves.

`latex2mathml` writes what it read back without escaping it, and knows links and styles: so only elements and attributes
named here get through, as text that is escaped anew.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_LONGEST = 5_000  # characters
_KEPT = {
    "accent", "columnalign", "display", "displaystyle", "fence", "form", "linethickness", "lspace", "mathvariant", "maxsize",
    "minsize", "movablelimits", "rspace", "scriptlevel", "stretchy", "width",
}  # fmt: skip
_ELEMENTS = {
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow",
    "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
}  # fmt: skip
_OTHERWISE = (  # what latex2mathml does not know, as what it does
    (re.compile(r"\\arg(?![A-Za-z])"), r"\\text{arg}\\,"),
    (re.compile(r"\\[Bb]igg?(?=\\[lr]floor|\\[lr]ceil)"), ""),
)


def mathml(tex: str, display: bool = False) -> str:
    """As an element `math`; what cannot be translated as its own text in `code`."""
    from latex2mathml.converter import convert_to_element

    known = tex
    for pattern, words in _OTHERWISE:
        known = pattern.sub(words, known)
    try:
        if len(tex) > _LONGEST:
            raise ValueError("too long")
        found = convert_to_element(known, xmlns="", display="block" if display else "inline")
        return ElementTree.tostring(_safe(found, tex), encoding="unicode")
    except Exception:  # it has a dozen errors of its own, and IndexError
        return f"<code>{html.escape(tex)}</code>"


def _safe(found: ElementTree.Element, tex: str) -> ElementTree.Element:
    for element in found.iter():
        if element.tag not in _ELEMENTS:
            raise ValueError(f"unknown element {element.tag}")
        kept = {name: value for name, value in element.attrib.items() if name in _KEPT}
        element.attrib.clear()
        element.attrib.update(kept)
        element.text = html.unescape(element.text) if element.text else None  # it writes characters as references
        if element.tag in ("mi", "mo") and (element.text or "").startswith("\\"):
            raise ValueError(f"unknown command {element.text}")
    found.set("alttext", tex)
    return found


def plugin(parser: MarkdownIt) -> None:
    """GitHub's rules: `$...$` in a line with no space inside its ends, `$$...$$` set apart. Backticks come first."""
    parser.inline.ruler.before("escape", "formula", _rule)
    parser.add_render_rule("formula", _render)


_FORMULA = re.compile(r"\$\$(?P<apart>.+?)\$\$|\$(?P<inline>[^\s$](?:[^$]*[^\s$\\])?)\$(?![0-9])", re.DOTALL)


def _rule(state: Any, silent: bool) -> bool:
    found = _FORMULA.match(state.src, state.pos) if state.src[state.pos] == "$" else None
    if found is None:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = (found["apart"] or found["inline"]).strip()
        token.meta = {"apart": found["apart"] is not None}
    state.pos = found.end()
    return True


def _render(renderer: Any, tokens: Any, number: int, options: Any, env: Any) -> str:
    token = tokens[number]
    if not token.meta["apart"]:
        return mathml(token.content)
    shown = mathml(token.content, display=True)
    return f'<span class="apart" tabindex="0" role="group" aria-label="Formula">{shown}</span>'
