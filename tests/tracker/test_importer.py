"""A Markdown checklist becomes a roadmap: what counts as a topic, a task, hours, a link; and what is refused."""

import json

import pytest

from tracker import importer
from tracker.errors import UserError

LIST = """
# My year

## Spring

### Linear algebra
**Time:** 10-20 hours, advanced

#### Tasks
- [x] Read **chapter 2** of [the book](https://example.org/book)
- [ ] Implement `svd` (3 hours)
- [ ] Watch a film (optional)

#### Resources
- [A course](https://example.org/course)

### Calculus
- [ ] Derive the chain rule
- [ ] derive: Derive the chain rule
"""


def test_headings_become_modules_and_topics_and_boxes_tasks():
    found = importer.read(LIST, "list")
    assert found.roadmap == {"title": "My year", "modules": [{"id": "spring"}]}
    algebra, calculus = found.modules["spring"]["topics"]
    assert algebra == {
        "id": "linear-algebra",
        "title": "Linear algebra",
        "level": "Advanced",
        "hours": 15.0,
        "tasks": [
            {
                "id": "read-read-chapter-2-of-the-book",
                "kind": "read",
                "text": "Read chapter 2 of the book",
                "resources": [{"title": "the book", "url": "https://example.org/book"}],
            },
            {"id": "implement-implement-svd", "kind": "implement", "text": "Implement svd", "hours": 3.0},
            {"id": "watch-watch-a-film", "kind": "watch", "text": "Watch a film", "optional": True},
        ],
        "resources": [{"title": "A course", "url": "https://example.org/course"}],
    }
    assert [task["id"] for task in calculus["tasks"]] == [
        "derive-derive-the-chain-rule",
        "derive-derive-the-chain-rule-2",
    ]
    assert (calculus["after"], calculus["hours"], calculus["estimated"]) == (["linear-algebra"], 2.0, True)
    assert found.done == ("linear-algebra/read-read-chapter-2-of-the-book",)


def test_without_a_box_every_item_of_a_list_counts():
    found = importer.read("# Plan\n## Week 1\n- Train a network\n- Write it down\n", "plan")
    assert [task["kind"] for task in found.modules["plan"]["topics"][0]["tasks"]] == ["apply", "write"]


def test_a_checklist_in_a_fenced_block_counts_and_other_code_does_not():
    text = "# Plan\n```markdown\n## Week 1\n- [ ] Read\n```\n```python\n# - [ ] no task\n```\n"
    topics = importer.read(text, "plan").modules["plan"]["topics"]
    assert [(topic["title"], len(topic["tasks"])) for topic in topics] == [("Week 1", 1)]


def test_a_topic_of_reading_alone_can_still_be_done():
    tasks = importer.read("## W\n- [ ] Read it\n- [ ] Watch it\n", "x").modules["w"]["topics"][0]["tasks"]
    assert [task["optional"] for task in tasks] == [False, False]


def test_only_web_links_become_links_and_odd_characters_go():
    text = "## W\n- [ ] Read [a](javascript:alert(1)) [b](docs/x.md) [c](https://example.org)\x1b[31m\n"
    task = importer.read(text, "x").modules["w"]["topics"][0]["tasks"][0]
    assert task["resources"] == [{"title": "c", "url": "https://example.org"}]
    assert task["text"].isprintable()


@pytest.mark.parametrize("text", ["", "# Only a title\n", "words and words\n", "```\n- [ ] code\n```\n"])
def test_a_text_without_a_checklist_is_the_users_to_put_right(text):
    with pytest.raises(UserError, match="no checklist"):
        importer.read(text, "x")


LARGE = "# T\n" + "".join(f"## Topic {n}\n- [ ] Read part {n}\n- [ ] Derive part {n}\n" for n in range(2000))


@pytest.mark.parametrize(
    "text", [LIST, LARGE, "## ☃ ✓\n- [ ] ☃\n- [ ] ☃\n", '## projects\n- [ ] Build: a "thing" #1\n']
)
def test_what_is_imported_lints(empty, text):
    empty.write("list.md", "")
    (empty.root / "list.md").write_text(text, "utf-8")
    said = empty.tracker("import", "list.md", "--into", "made")
    assert said.returncode == 0, said.stderr
    empty.root = empty.root / "made"
    lint = empty.tracker("lint")
    assert (lint.returncode, lint.stdout) == (0, "the roadmap, the folders and the journal agree\n")
    assert json.loads(empty.tracker("status", "--json").stdout)["topics"] != []


def test_a_workspace_that_is_there_is_left_alone(place):
    place.write("list.md", LIST)
    found = place.tracker("import", "list.md", "--into", ".")
    assert (found.returncode, "is a workspace already" in found.stderr) == (2, True)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80abc"])
def test_a_file_that_is_no_text_is_refused(empty, content):
    (empty.root / "list.md").write_bytes(content)
    found = empty.tracker("import", "list.md", "--into", "made")
    assert (found.returncode, "is not UTF-8" in found.stderr) == (2, True)
    assert not (empty.root / "made").exists()
