"""A lesson's Markdown as HTML: formulas, coloured code, folded questions. Loads nothing, runs nothing, decides nothing.

Of raw HTML only `<details>` and `<summary>` stay, bare; all other is shown as it was written. Pictures become links.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracker import formula
from tracker.page import printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Link = Callable[[str], str]  # where a relative address leads in the pages that are made; '' where nothing lies there
_SET = re.compile(r'([(\[]*)(<math display="inline".*?</math>)([-,.;:!?)\]]*)')
_FOLD = re.compile(r"(</?(?:details|summary)>)")


def body(markdown: str, link: Link) -> str:
    """The lesson without its page. `link` is asked for every address that is not a whole one."""
    text = printable(markdown)
    return _SET.sub(_kept_together, str(_parser(link).render(text)))


def _kept_together(found: re.Match[str]) -> str:
    """A formula with the brackets and commas at it: browsers would begin a new line between them."""
    return f'<span class="set">{found[0]}</span>' if found[1] or found[3] else found[0]


def _parser(link: Link) -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True, "highlight": _coloured}).enable(["table"]).use(formula.plugin)
    rules: dict[str, Any] = {
        "html_block": _fold, "html_inline": _fold, "image": _image, "table_open": _table_open, "table_close": _table_close,
    }  # fmt: skip
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    parser.core.ruler.push("links", lambda state: _lead(state, link))
    return parser


def _fold(renderer: Any, tokens: Any, number: int, options: Any, env: Any) -> str:
    """Questions fold; a formula in one is set, everything else of HTML is text."""
    pieces = _FOLD.split(tokens[number].content)
    return "".join(piece if n % 2 else _words(piece) for n, piece in enumerate(pieces))


def _words(text: str) -> str:
    return html.escape(text)


def _image(renderer: Any, tokens: Any, number: int, options: Any, env: Any) -> str:
    """The page may load nothing from elsewhere."""
    token = tokens[number]
    return f'<a href="{html.escape(str(token.attrs["src"]))}">{html.escape(token.content) or "picture"}</a>'


def _table_open(renderer: Any, tokens: Any, number: int, options: Any, env: Any) -> str:
    return '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_close(renderer: Any, tokens: Any, number: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _lead(state: Any, link: Link) -> None:
    """Whole addresses open without telling whence; others lead where `link` says, or nowhere."""
    for block in state.tokens:
        ends: list[bool] = []
        if "style" in block.attrs:  # a column that is aligned; the page's policy allows no style in an attribute
            block.attrs["class"] = str(block.attrs.pop("style")).rpartition(":")[2]
        for token in block.children or ():
            if token.type == "link_open":
                ends.append(_opened(token, link))
            if token.type == "link_close" and not ends.pop():
                token.tag, token.hidden = "span", False


def _opened(token: Any, link: Link) -> bool:
    """Whether the link stays one."""
    address = str(token.attrs.get("href", ""))
    if re.match(r"https?://", address, re.IGNORECASE):
        token.attrs["rel"] = "noopener noreferrer"
        return True
    target = link(address)
    token.attrs.pop("href", None)
    if target:
        token.attrs["href"] = target
    else:
        token.tag = "span"
    return bool(target)


def _coloured(code: str, language: str, attributes: str) -> str:
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer
    from pygments.lexers.special import TextLexer

    lexer = PythonLexer() if language in ("python", "py") else TextLexer()
    return f'<pre class="source">{highlight(code, lexer, HtmlFormatter(nowrap=True))}</pre>'
