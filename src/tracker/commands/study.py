"""`tracker review`: the questions that are due, rated by oneself, and exercises written again, graded by the harness."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.commands import find
from tracker.commands.say import json_option, say, say_json, warn
from tracker.errors import UserError

if TYPE_CHECKING:
    from tracker.graph import Map
    from tracker.review import Card

_AGAIN, _GOOD = 1, 3


@click.command()
@click.argument("name", required=False, metavar="[TOPIC]")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many questions.")
@click.option("--list", "only_list", is_flag=True, help="Only say what is due.")
@click.option(
    "--rate",
    nargs=2,
    metavar="CARD 1-4",
    help="Rate a card of --json, without asking: 1 again, 2 hard, 3 good, 4 easy.",
)
@click.option(
    "--write", metavar="EXERCISE", help="Put its empty file into reports/review/, to write it again from memory."
)
@click.option("--grade", metavar="EXERCISE", help="Grade what you wrote again, and note when it is due next.")
@json_option
def review(
    name: str | None,
    limit: int,
    only_list: bool,
    rate: tuple[str, str] | None,
    write: str | None,
    grade: str | None,
    as_json: bool,
) -> None:
    """Answer the questions that are due, and write again from an empty file what you passed long ago.

    A topic's questions come due after it is proven, an exercise a month after it was passed, then at growing intervals.

    \b
    Example:
      tracker review
    """
    if sum(map(bool, (rate, write, grade, name or only_list))) > 1:
        raise UserError("one thing at a time: --rate, --write, --grade, or a review", fix="tracker review --help")
    if rate:
        _rate(*rate, as_json)
    elif write:
        _write(write, as_json)
    elif grade:
        _grade(grade, as_json)
    else:
        _review(name, limit, only_list, as_json)


def _review(name: str | None, limit: int, only_list: bool, as_json: bool) -> None:
    map = find.map_of()
    cards = _due(map, find.topic(map, name).id if name else None)
    if as_json:
        from tracker import facts

        say_json({"due": [facts.card(one) for one in cards], "warnings": list(map.warnings)})
        return
    questions = [card for card in cards if card.question][:limit]
    asked = not only_list and bool(questions) and sys.stdin.isatty() and sys.stdout.isatty()
    from tracker import review_view, screen

    columns = screen.width()
    if asked:
        for place, card in enumerate(questions, 1):
            screen.show(review_view.question(map, card, place, len(questions), columns))
            if not _ask(card, columns):
                break
    left = _due(find.map_of(), find.topic(map, name).id if name else None) if asked else cards
    screen.show(review_view.due(map, left, columns))
    warn(map)


def _ask(card: Card, columns: int) -> bool:
    """Show the answer when a key is pressed, and note how well it was known; False where the learner has had enough."""
    from tracker import review, review_view, screen

    if click.getchar() in ("q", "\x1b"):
        return False
    outlook = review.outlook(card)
    screen.show(review_view.answer(card, outlook, columns))
    while (key := click.getchar()) not in ("1", "2", "3", "4"):
        if key in ("q", "\x1b"):
            return False
    _note(card.id, int(key))
    screen.show(review_view.rated(int(key), outlook))
    return True


def _rate(card: str, rating: str, as_json: bool) -> None:
    from tracker import graph, review

    map = find.map_of()
    cards = {one.id: one for one in review.cards(map.roadmap, map.progress, graph.proven(map.standings))}
    find.known(card, cards, "card", "tracker review --json")
    if rating not in ("1", "2", "3", "4"):
        raise UserError(
            f"a rating is 1 (again), 2 (hard), 3 (good) or 4 (easy), not {rating!r}",
            fix=f"tracker review --rate {card} 3",
        )
    if cards[card].exercise:
        raise UserError("an exercise is rated by grading it", fix=f"tracker review --write {cards[card].exercise}")
    days = review.outlook(cards[card])[int(rating)]
    event = _note(card, int(rating))
    say(
        {"card": card, "rating": int(rating), "due_in_days": days, "event": event},
        as_json,
        f"{card}: due again in {days} days",
    )


def _write(exercise: str, as_json: bool) -> None:
    from tracker import scaffold

    workspace = find.workspace()
    path = scaffold.write_again(workspace, exercise)
    name = str(path.relative_to(workspace.root))
    run = f"tracker review --grade {exercise}"
    say(
        {"exercise": exercise, "file": name, "run": run}, as_json, f"wrote {name}", f"write it from memory, then: {run}"
    )


def _grade(exercise: str, as_json: bool) -> None:
    """A pass counts as good, a failure as again; what is not written yet counts as nothing."""
    from tracker import review
    from tracker.workspace import exercise_folder

    workspace = find.workspace()
    exercise_folder(workspace, exercise)
    path = workspace.reports / "review" / f"{exercise}.py"
    if not path.is_file():
        raise UserError(f"there is no {path.relative_to(workspace.root)}", fix=f"tracker review --write {exercise}")
    if exercise not in find.map_of().progress.passed_at:
        raise UserError(
            f"{exercise} was not passed yet, so there is nothing to remember", fix=f"harness run {exercise}"
        )
    found = _harness(workspace.root, exercise, path)
    verdict = str(found.get("verdict"))
    run = f"harness run {exercise} --answer {path.relative_to(workspace.root)}"
    if verdict not in ("passed", "failed"):
        say(
            {"exercise": exercise, "verdict": verdict, "noted": False},
            as_json,
            f"{exercise}: {verdict}; nothing was noted",
            f"see why: {run}",
        )
        raise click.exceptions.Exit(1)
    rating = _GOOD if verdict == "passed" else _AGAIN
    _note(review.exercise_card(exercise), rating)
    if verdict == "failed":
        say(
            {"exercise": exercise, "verdict": verdict, "noted": True},
            as_json,
            f"{exercise}: failed; it comes back soon",
            f"see why: {run}",
        )
        raise click.exceptions.Exit(1)
    kept = path.with_name(f"{exercise}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.py")
    os.replace(path, kept)
    name = str(kept.relative_to(workspace.root))
    say(
        {"exercise": exercise, "verdict": verdict, "noted": True, "file": name},
        as_json,
        f"{exercise}: passed, from an empty file; kept as {name}",
    )


def _harness(root: Path, exercise: str, path: Path) -> dict[str, Any]:
    """What the harness says of a file, as its JSON has it. It is a program of its own: tracker imports nothing of it."""
    import subprocess

    command = [
        sys.executable,
        "-m",
        "harness",
        "run",
        exercise,
        "--answer",
        str(path),
        "--quick",
        "--no-save",
        "--json",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(
            f"the harness could not grade {path.name}:\n{done.stderr.strip()}",
            fix=f"harness run {exercise} --answer {path}",
        )
    return found


def _due(map: Map, topic: str | None) -> list[Card]:
    from tracker import graph, review

    cards = review.due_cards(find.workspace(), map.roadmap, map.progress, graph.proven(map.standings))
    return [card for card in cards if topic in (None, card.topic)]


def _note(card: str, rating: int) -> str:
    from tracker import journal

    return journal.append(find.workspace().journal, "reviewed", card=card, rating=rating).id
