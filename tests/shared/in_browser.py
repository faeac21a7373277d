"""What tests ask of every page in a browser."""

WIDE, MIDDLE, PHONE = ({"width": width, "height": 800} for width in (1440, 901, 360))
_CUT = (
    "[...document.querySelectorAll('main *')].filter(one => !one.closest('thead, svg'))"
    ".filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.outerHTML.slice(0, 100))"
)


def open_all(page) -> None:
    """Unfold what is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def assert_it_never_scrolls_sideways(page, viewport) -> None:
    """Nor is anything cut off at the right, folded or unfolded."""
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        assert page.evaluate(_CUT) == []
        open_all(page)
