"""A site: every link leads somewhere, nothing of a lesson runs, and only what the last build wrote is taken away."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from tracker import formula, lesson, portfolio, report, scaffold, site, workspace
from tracker.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = report.load((ROOT / "tests" / "data" / "report-schema-1.json").read_text("utf-8"))
PASS = replace(SAMPLE, verdict=report.Verdict.PASSED, failure=None, marks=dict.fromkeys(report.MARKS, True))
LESSONS = sorted((ROOT / "curriculum").glob("*/*.md"))


class Reader(HTMLParser):
    """A page's links, ids, elements with their attributes, and words."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.elements, self.words = [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.elements.append((tag, named))
        self.ids |= {named["id"]} if named.get("id") else set()
        self.links += [named["href"]] if tag == "a" and "href" in named else []

    def handle_data(self, data):
        self.words.append(data)


def build(place, folder):
    found = portfolio.read(workspace.find(place.root))
    return site.write(folder, workspace.find(place.root), found, "1.2.3")


@pytest.fixture
def shipped(empty):
    """A workspace on the shipped roadmap with one pass."""
    scaffold.make_workspace(empty.root)
    empty.record(PASS)
    return empty


def test_a_site_of_the_shipped_roadmap_has_no_dead_link_and_no_large_page(shipped, tmp_path):
    written = build(shipped, tmp_path / "site")
    pages = {path: Reader(path.read_text("utf-8")) for path in written}
    names = {path.relative_to(tmp_path / "site").as_posix() for path in written}
    assert names > {
        "index.html",
        "roadmap.html",
        "lessons.html",
        "reports/attention-numpy.html",
        "lessons/attention.html",
    }
    assert sum(name.startswith("lessons/") for name in names) == len(LESSONS)
    dead, reached = [], set()
    for path, page in pages.items():
        for link in page.links:
            if re.match("https?://", link):
                continue
            name, _, part = link.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            reached.add(target)
            if target not in pages or (part and unquote(part) not in pages[target].ids):
                dead.append((path.name, link))
    assert dead == []
    assert reached >= set(written), "every page can be reached"
    assert max(path.stat().st_size for path in written) < 2_000_000


def test_a_strangers_page_of_a_report_has_the_other_backends_and_no_advice_for_the_owner(shipped, tmp_path):
    shipped.record(replace(PASS, backend="torch"), "2026-11-21T10:00:00.000000Z")
    build(shipped, tmp_path / "site")
    words = " ".join(Reader((tmp_path / "site/reports/attention-numpy.html").read_text("utf-8")).words)
    assert "Backends side by side" in words
    assert "torch on cpu" in words
    assert "Run it again" in words
    assert "What to try next" not in words


def test_a_page_that_is_no_more_is_taken_away_and_nothing_else(shipped, tmp_path):
    folder = tmp_path / "site"
    build(shipped, folder)
    (folder / "CNAME").write_text("me.example\n")
    (shipped.root / "reports" / "journal.jsonl").unlink()
    build(shipped, folder)
    assert not (folder / "reports" / "attention-numpy.html").exists()
    assert (folder / "CNAME").exists()


def test_a_folder_of_something_else_is_left_alone(place, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    with pytest.raises(UserError, match="no site of ours"):
        build(place, tmp_path / "mine")
    assert (tmp_path / "mine" / "index.html").read_text() == "mine"


def test_a_list_of_pages_that_points_elsewhere_takes_nothing_away(place, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / site.PAGES).write_text(f"../mine.html\n{tmp_path}/mine.html\n")
    build(place, tmp_path / "site")
    assert (tmp_path / "mine.html").exists()


def test_the_command_builds_it_and_says_where(place, tmp_path):
    done = place.tracker("portfolio", "--site", str(tmp_path / "site"))
    assert (done.returncode, "site/index.html" in done.stdout) == (0, True), done
    done = place.tracker("portfolio", "--site", str(tmp_path / "site"), "--format", "md")
    assert (done.returncode, "leave out --output and --format" in done.stderr) == (2, True)


# --- lessons --------------------------------------------------------------------------------------------------------


def body(markdown, link=lambda address: ""):
    return lesson.body(markdown, link)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_shipped_lesson_is_set_in_full(path):
    """No formula stays as TeX, and no dollar where one ended."""
    text = body(path.read_text("utf-8"), lambda address: address)
    page = Reader(re.sub(r"<code>.*?</code>|<pre.*?</pre>|<details>.*?</summary>", "", text, flags=re.DOTALL))
    assert [word for word in page.words if "\\" in word or "$" in word] == []


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("($x$), b", '<p><span class="set">(<math display="inline" alttext="x"><mrow><mi>x</mi></mrow></math>),</span> b</p>\n'),
        ("a $x$ b", '<p>a <math display="inline" alttext="x"><mrow><mi>x</mi></mrow></math> b</p>\n'),
        ("$5 and $6", "<p>$5 and $6</p>\n"),
        ("`$x$`", "<p><code>$x$</code></p>\n"),
        (r"$\unknown$", "<p><code>\\unknown</code></p>\n"),
        ("$}{$", "<p><code>}{</code></p>\n"),
        ("<details><summary>Q</summary>\n\n*A*\n\n</details>", "<details><summary>Q</summary>\n<p><em>A</em></p>\n</details>"),
        ("<details open onclick='x'>", "&lt;details open onclick=&#x27;x&#x27;&gt;"),
        ("a <b onclick='x'>b</b>", "<p>a &lt;b onclick=&#x27;x&#x27;&gt;b&lt;/b&gt;</p>\n"),
        ("![a <b>](https://x.example/y.png)", '<p><a href="https://x.example/y.png">a &lt;b&gt;</a></p>\n'),
        ("[a](other.md)", "<p><span>a</span></p>\n"),
        ("[a](https://x.example)", '<p><a href="https://x.example" rel="noopener noreferrer">a</a></p>\n'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("```python\nx = 1  # <b>\n```", '<pre class="source"><span class="n">x</span> <span class="o">=</span> <span class="mi">1</span>  <span class="c1"># &lt;b&gt;</span>\n</pre>\n'),
    ],
)  # fmt: skip
def test_markdown_as_github_shows_it_without_its_dangers(markdown, expected):
    assert body(markdown) == expected


def test_a_link_to_another_lesson_leads_to_its_page():
    assert 'href="rnn.html"' in body("[a](rnn.md)", lambda address: address.replace(".md", ".html"))


@pytest.mark.parametrize(
    "tex", [r"\text{<script>alert(1)</script>}", r"\href{javascript:alert(1)}{x}", r"\style{background:url(x)}{x}", r"\class{x}{y}"]
)  # fmt: skip
def test_a_formula_brings_no_code_no_link_and_no_style(tex):
    for tag, named in Reader(formula.mathml(tex)).elements:
        assert (tag[0] == "m" or tag == "code", named.keys() & {"href", "style", "class", "onclick"}) == (True, set())


def test_an_endless_formula_is_shown_as_text_at_once():
    assert formula.mathml("{" * 6_000).startswith("<code>{{{")


# --- the workflow ---------------------------------------------------------------------------------------------------


def test_the_workflow_verifies_before_it_builds_and_publishes_only_then():
    jobs = yaml.safe_load((ROOT / "examples" / "portfolio-site.yml").read_text("utf-8"))["jobs"]
    runs = [step["run"] for step in jobs["build"]["steps"] if "run" in step]
    assert [run.split()[:3] for run in runs] == [
        ["python3", "verify.py", "--with"],
        [".verify/venv/bin/tracker", "portfolio", "--site"],
    ]
    assert jobs["publish"]["needs"] == "build"
