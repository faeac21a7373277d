"""What a portfolio holds: only what a report bears out, with its history, and where a stranger gets it. And the command."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tracker import backends, portfolio, portfolio_tables, report, repository, site, workspace
from tracker.graph import State
from tracker.owner import Owner
from tracker.repository import Repository
from tracker.source import SourceError

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
MARKS = {"correct": True, "robust": True, "gradient": None, "efficient": None, "expert": None}
PASS = replace(SAMPLE, exercise="total", verdict=report.Verdict.PASSED, failure=None, marks=MARKS, similarity={"reference.py": 0.34})  # fmt: skip
FAIL = replace(PASS, verdict=report.Verdict.FAILED, marks={**MARKS, "correct": False})
EXPERT = replace(PASS, marks={**MARKS, "efficient": True, "expert": True})
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def day(number):
    return f"2026-11-{number:02}T10:00:00.000000Z"


def read(place):
    return portfolio.read(workspace.find(place.root))


# --- what counts ---------------------------------------------------------------------------------------------------


def test_a_pass_is_shown_with_its_attempts_its_dates_and_the_help_before_it(place):
    place.event("started", day(1), exercise="total")
    place.record(FAIL, day(2))
    for level in (1, 2, 2, [3], "3"):
        place.event("hint", day(3), exercise="total", level=level)
    place.event("spoiled", day(4), exercise="total")
    place.record(PASS, day(5))
    place.event("hint", day(6), exercise="total", level=3)
    place.record(EXPERT, day(7))
    (work,) = read(place).works
    assert (work.begun, work.passed, work.attempts, work.runs) == (day(1), day(5), 2, 3)
    assert (work.hints, work.seen) == ((1, 2), day(4))
    assert (work.title, work.topic, work.module, work.level, work.depth) == (
        "Add numbers up",
        "sums",
        "Basics",
        "Beginner",
        1,
    )
    assert work.best.report == EXPERT
    assert portfolio_tables.help_taken(work) == "2 of 3 hints, solution seen before the pass"
    assert portfolio_tables.history(work) == "passed on 2026-11-05 after 2 graded runs"


def edited(place):
    event = place.record(PASS)
    path = place.root / event["report"]
    path.write_text(path.read_text().replace('"robust": true', '"robust": false'))


def gone(place):
    (place.root / place.record(PASS)["report"]).unlink()


def no_report(place):
    place.record(PASS)
    path = place.root / "note.json"
    path.write_text("{}")
    sha = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    place.event("graded", day(21), exercise="total", backend="torch", device="cpu", verdict="passed", marks=MARKS, report="note.json", report_sha256=sha)  # fmt: skip
    (place.root / "reports/note.json").write_text("{}")
    place.event("graded", day(22), exercise="total", backend="torch", device="cpu", verdict="passed", marks=MARKS, report="reports/note.json", report_sha256=sha)  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (edited, "was changed after the grading"),
        (gone, "is missing"),
        (lambda place: place.record(FAIL, marks=MARKS, verdict="passed"), "says otherwise than the journal"),
        (lambda place: place.record(PASS, marks={**MARKS, "expert": True}), "says otherwise than the journal"),
        (lambda place: place.record(replace(PASS, exercise="other"), exercise="total"), "says otherwise"),
        (lambda place: place.record(PASS, backend="torch"), "says otherwise than the journal"),
        (lambda place: place.record(PASS, device="cuda"), "says otherwise than the journal"),
        (lambda place: place.record(replace(PASS, seed_given=True)), "a seed given by hand, which earns nothing"),
        (lambda place: place.record(replace(PASS, demo=True)), "a demonstration, which earns nothing"),
        (lambda place: place.record(PASS, report=7), "names no report"),
    ],
    ids=[
        "edited",
        "gone",
        "failed",
        "more marks",
        "another exercise",
        "another backend",
        "another device",
        "given seed",
        "demo",
        "none",
    ],
)
def test_what_its_report_does_not_bear_out_is_no_pass_and_is_told(place, spoil, said):
    spoil(place)
    found = read(place)
    assert found.works == ()
    assert found.map.standings["sums"].state is not State.PROVEN
    (fault,) = found.faults
    assert said in fault


def test_a_file_that_is_no_report_or_lies_elsewhere_counts_for_nothing_and_the_others_stand(place):
    no_report(place)
    found = read(place)
    assert [result.report.backend for result in found.works[0].results] == ["numpy"]
    assert ["missing" in found.faults[0], "cannot be read" in found.faults[1], len(found.faults)] == [True, True, 2]


def test_a_run_whose_report_is_gone_is_an_attempt_all_the_same(place):
    (place.root / place.record(FAIL, day(1))["report"]).unlink()
    place.record(PASS, day(2))
    assert read(place).works[0].attempts == 2


def test_the_newest_report_of_the_most_marks_is_shown_for_each_backend_and_device(place):
    place.record(EXPERT, day(1))
    place.record(replace(EXPERT, seconds=7.0), day(2))
    place.record(PASS, day(3))
    place.record(replace(PASS, backend="torch"), day(4))
    place.record(replace(PASS, backend="torch", device="cuda", seconds=8.0), day(4))
    (work,) = read(place).works
    shown = [(backends.short_name(result.report), result.report.seconds) for result in work.results]
    assert shown == [("numpy", 7.0), ("torch", PASS.seconds), ("torch on cuda", 8.0)]
    assert work.best is work.results[0]
    assert [site._report_name(result) for result in work.results] == [
        "reports/total-numpy.html",
        "reports/total-torch.html",
        "reports/total-torch-cuda.html",
    ]


def test_of_many_runs_only_the_first_pass_and_the_best_are_parsed(place, monkeypatch):
    for number in range(1, 29):
        place.record(EXPERT if number == 14 else PASS, day(number))
    parsed, load = [], report.load
    monkeypatch.setattr(report, "load", lambda text: parsed.append(1) or load(text))
    assert (read(place).runs, len(parsed)) == (28, 2)


def test_an_exercise_that_the_roadmap_no_longer_has_keeps_its_place_at_the_end(place):
    place.record(replace(PASS, exercise="old"), day(1))
    place.record(PASS, day(2))
    assert [(work.exercise, work.module) for work in read(place).works] == [
        ("total", "Basics"),
        ("old", "Other exercises"),
    ]


def test_the_same_files_give_the_same_portfolio(place):
    place.record(PASS)
    assert read(place) == read(place)


# --- highlights ----------------------------------------------------------------------------------------------------


def work(name, level="Beginner", marks=MARKS, ratio=1.0, alike=0.3, **more):
    timing = replace(SAMPLE.timings[0], ratio=ratio)
    result = portfolio.Result(f"reports/{name}.json", replace(PASS, exercise=name, marks=marks, timings=(timing,), similarity={"reference.py": alike}))  # fmt: skip
    return portfolio.Work(name, name, "", "", level, 0, (result,), day(1), day(2), 1, 1, **more)


def test_highlights_are_the_hardest_with_the_best_ratios_and_what_was_helped_comes_last():
    works = [
        work("close", "Advanced", alike=0.9),
        work("seen", "Advanced", seen=day(1)),
        work("easy"),
        work("slow", "Advanced", ratio=2.0),
        work("fast", "Advanced", ratio=0.5),
        work("expert", "Advanced", marks=EXPERT.marks, ratio=3.0),
    ]
    shown = [one.exercise for one in portfolio.highlights(works)]
    assert shown == ["expert", "fast", "slow"]
    assert [one.exercise for one in portfolio.highlights(works[:3])] == ["easy", "close", "seen"]


@pytest.mark.parametrize(("passed", "shown"), [(0, 0), (2, 2), (9, 3), (12, 4), (40, 6)])
def test_there_are_three_to_six_highlights_where_there_is_so_much(passed, shown):
    assert len(portfolio.highlights([work(f"e{number}") for number in range(passed)])) == shown


def test_the_owner_chooses_and_is_told_what_was_not_passed(place):
    place.record(PASS)
    place.write("portfolio.yaml", "highlights: [net_build, total]")
    found = read(place)
    assert [one.exercise for one in found.highlights] == ["total"]
    assert found.notes == ("portfolio.yaml: 'net_build' is no highlight, for no report shows that it was passed",)


# --- the owner -----------------------------------------------------------------------------------------------------


def test_everything_about_the_owner_is_optional(place):
    assert read(place).owner == Owner()
    place.write("portfolio.yaml", "")
    assert read(place).owner == Owner()
    place.write(
        "portfolio.yaml",
        "name: Ada\nabout: |\n  Two\n  lines\nlinks:\n  - {title: Home, url: 'https://a.example'}\nai: None.\n",
    )
    owner = read(place).owner
    assert owner == Owner("Ada", "Two lines", (("Home", "https://a.example"),), "None.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: Ada", "portfolio.yaml line 1: there is no key `nmae` here; did you mean `name`?"),
        ("name: A\nname: B", "portfolio.yaml line 2: 'name' is given twice, first in line 1"),
        ("name: 'a\x1b[31m'", "portfolio.yaml line 1"),
        ('name: "a\\e[31m"', "`name`: Value error, has a control character in it"),
        ("links:\n  - {title: A, url: 'javascript:alert(1)'}", "portfolio.yaml line 2: `url` is 'javascript:alert(1)'"),
        ("highlights: [a, b, c, d, e, f, g]", "at most 6 items"),
    ],
)
def test_a_fault_in_portfolio_yaml_is_named_with_its_line(place, text, said):
    place.write("portfolio.yaml", text)
    with pytest.raises(SourceError) as error:
        read(place)
    assert said in str(error.value)
    assert "in portfolio.yaml:" in str(error.value)


# --- where a stranger gets it --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://github.com/ada/my-ml.git", "https://github.com/ada/my-ml.git"),
        ("https://ada:s3cret@github.com/ada/my-ml", "https://github.com/ada/my-ml"),
        ("git@github.com:ada/my-ml.git", "https://github.com/ada/my-ml.git"),
        ("ssh://git@codeberg.org/ada/my-ml", "https://codeberg.org/ada/my-ml"),
        ("ssh://git@host.example:2222/ada/my-ml", ""),
        ("/home/ada/my-ml", ""),
        ("file:///home/ada/my-ml", ""),
        ("http://github.com/ada/my-ml", ""),
        ("https://a.example/x; rm -rf ~", ""),
        ("https://a.example/$(id)", ""),
        ("https://a.example/x\nid", ""),
        ("https://a.example/../x", ""),
        ("https://a.example", ""),
        ("-uhttps://a.example/x", ""),
    ],
)
def test_an_address_is_public_and_holds_no_secret_or_is_none(url, shown):
    assert repository.public(url) == shown


def git(root, *words):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def test_git_tells_address_commit_folder_and_whether_all_is_published(place):
    assert repository.of(place.root) == Repository()
    git(place.root.parent, "init", "-q")
    git(place.root.parent, "remote", "add", "origin", "git@github.com:ada/my-ml.git")
    git(place.root.parent, "add", ".")
    git(place.root.parent, "commit", "-qm", "all")
    commit = git(place.root.parent, "rev-parse", "HEAD")
    whole = Repository("https://github.com/ada/my-ml.git", commit, "place", pushed=False, clean=True)
    assert (repository.of(place.root), whole.folder) == (whole, "my-ml/place")
    git(place.root.parent, "update-ref", "refs/remotes/origin/main", commit)
    place.write("reports/new.json", "{}")
    assert repository.of(place.root) == replace(whole, pushed=True, clean=False)


def test_the_page_itself_may_be_left_to_commit(place):
    git(place.root, "init", "-q")
    git(place.root, "add", ".")
    git(place.root, "commit", "-qm", "all")
    place.write("reports/portfolio/index.html", "")
    assert repository.of(place.root).clean


@pytest.mark.parametrize(
    ("url", "verifier", "line"),
    [
        ("", "harness verify", "harness verify 'reports/a b.json'"),
        ("", "python3 verify.py", "python3 verify.py 'reports/a b.json'"),
        ("https://a.example/my-ml", "python3 verify.py",
         f"git clone https://a.example/my-ml && cd my-ml/in && git checkout --quiet {COMMIT} && python3 verify.py 'reports/a b.json'"),
    ],
)  # fmt: skip
def test_the_line_that_a_stranger_runs(place, url, verifier, line):
    found = replace(read(place), repository=Repository(url, COMMIT, "in"), verifier=verifier)
    assert portfolio_tables.check(found, portfolio.Result("reports/a b.json", PASS)).command == line


@pytest.mark.parametrize(
    ("verifier", "line"),
    [
        ("python3 verify.py", "python3 verify.py --with torch r.json"),
        ("python3 bootstrap.py harness verify", "python3 bootstrap.py --with oracles,torch harness verify r.json"),
        ("harness verify", "harness verify r.json"),
    ],
)
def test_the_line_for_a_report_on_torch_brings_torch(place, verifier, line):
    found = replace(read(place), repository=Repository(), verifier=verifier)
    assert portfolio_tables.check(found, portfolio.Result("r.json", replace(PASS, backend="torch"))).command == line


@pytest.mark.parametrize(
    ("file", "line"), [(None, "harness verify"), ("bootstrap.py", "python3 bootstrap.py harness verify"), ("verify.py", "python3 verify.py")]
)  # fmt: skip
def test_a_workspace_that_brings_its_own_way_to_verify_is_verified_by_that(place, file, line):
    if file:
        place.write(file, "")
    assert read(place).verifier == line


# --- the command ---------------------------------------------------------------------------------------------------


def test_the_command_writes_the_page_the_badges_and_says_so(place):
    place.record(PASS)
    done = place.tracker("portfolio", "--badges")
    page, badges = place.root / "reports/portfolio/index.html", place.root / "reports/portfolio/badges"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"wrote {page}: 1 exercise passed, 1 shown as highlights"
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in badges.iterdir()) == ["overall.svg", "total.svg"]


def test_the_command_as_json(place):
    event = place.record(PASS)
    place.record(FAIL, day(21), report="reports/gone.json")
    done = place.tracker("portfolio", "--format", "md", "--output", "me.md", "--json")
    assert json.loads(done.stdout) == {
        "file": "me.md", "format": "md", "badges": [], "highlights": ["total"], "notes": [],
        "exercises": [{
            "exercise": "total", "passed": "2026-11-20T10:00:00.000000Z", "attempts": 1, "hints": [], "solution_seen": None,
            "reports": {"numpy": event["report"]}, "marks": {"numpy": ["correct", "robust"]}, "similarity": {"numpy": 0.34},
        }],
        "faults": [json.loads(done.stdout)["faults"][0]],
    }  # fmt: skip
    assert "warning: event" in done.stderr
    assert (place.root / "me.md").read_text().startswith("# A portfolio\n")


def test_without_any_pass_the_command_says_what_to_do(place):
    done = place.tracker("portfolio")
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, "next: tracker next")


def test_faults_told_on_the_terminal_hold_no_escape(place):
    place.record(PASS, report="reports/\x1b[31m\u202e.json")
    done = place.tracker("portfolio")
    assert (done.returncode, "\x1b" in done.stderr, "\u202e" in done.stderr) == (0, False, False)
    assert "warning: event" in done.stderr
