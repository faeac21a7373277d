"""Which layer may import which (contract.md, 8), read from the syntax tree of every file; and what hot paths load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def modules(package: Path) -> dict[str, Path]:
    """{'harness.wire.arena': its file} of a package and those inside it."""
    paths = sorted(package.rglob("*.py"))
    return {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


HARNESS, TRACKER = modules(ROOT / "harness"), modules(ROOT / "src" / "tracker")
WORKER_SIDE = {
    "worker",
    "wire",
    "confine",
    "seccomp",
    "backends",
    "plain",
    "zygote",
    "device",
    "cuda",
    "tracing",
    "portable_worker",
}
OF_TRACKER = {
    "tracker.bar",
    "tracker.errors",
    "tracker.workspace",
    "tracker.journal",
    "tracker.report",
    "tracker.page",
    "tracker.report_page",
    "tracker.report_markdown",
    "tracker.entry",
    "tracker.kept",
    "tracker.html",
}


def imports(text: str) -> set[str]:
    """Modules that a source imports anywhere, in full: 'harness.wire' for `from harness import wire` too."""
    return set(_imports(ast.parse(text)))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are written in full"
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & (HARNESS | TRACKER).keys()
            yield from inside or [node.module or ""]


def ours(text: str) -> set[str]:
    return {name for name in imports(text) if name.split(".")[0] in ("harness", "tracker", "curriculum", "impls")}


def test_the_reader_of_imports_finds_them_all() -> None:
    text = "import harness.clock\nfrom harness import wire, spec as s\ndef f():\n    from tracker.page import text\nif 0:\n    import tracker\n"
    assert ours(text) == {"harness.clock", "harness.wire", "harness.spec", "tracker.page", "tracker"}
    assert {"harness.worker", "tracker.graph"} <= (HARNESS | TRACKER).keys()


def side(name: str) -> str:
    """'wire' for harness.wire.arena."""
    return name.split(".")[1] if "." in name else name


@pytest.mark.parametrize("name", sorted(name for name in HARNESS if side(name) in WORKER_SIDE))
def test_the_workers_side_knows_nothing_of_ours_but_itself(name: str) -> None:
    assert {side(found) for found in ours(HARNESS[name].read_text("utf-8"))} <= WORKER_SIDE


@pytest.mark.parametrize("name", sorted(TRACKER))
def test_tracker_never_imports_harness_or_numpy(name: str) -> None:
    heads = {found.split(".")[0] for found in imports(TRACKER[name].read_text("utf-8"))}
    assert heads & {"harness", "numpy", "scipy", "torch", "curriculum", "impls"} == set()


@pytest.mark.parametrize("name", sorted(HARNESS))
def test_harness_imports_of_tracker_what_it_may(name: str) -> None:
    """Only the commands that grade know the graph: from it comes what an answer may have earned."""
    found = {module for module in ours(HARNESS[name].read_text("utf-8")) if module.startswith("tracker")}
    assert found <= (
        OF_TRACKER | {"tracker.graph"} if name in ("harness.cli", "harness.commands.cohort") else OF_TRACKER
    )


@pytest.mark.parametrize("path", (HARNESS | TRACKER).values(), ids=(HARNESS | TRACKER).keys())
def test_nothing_evaluates_text_unpickles_or_starts_a_shell(path: Path) -> None:
    """The one exception is the text of drive.py, which is ours and runs in the confined worker."""
    tree = ast.parse(path.read_text("utf-8"))
    assert imports(path.read_text("utf-8")) & {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"} == set()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call.func.id for call in calls if isinstance(call.func, ast.Name)]
    assert [name for name in named if name in ("eval", "exec")] == (
        ["exec"] if path == HARNESS["harness.worker"] else []
    )
    methods = {ast.unparse(call.func) for call in calls if isinstance(call.func, ast.Attribute)}
    assert (
        methods & {"os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "builtins.eval", "builtins.exec"} == set()
    )
    assert [k.arg for call in calls for k in call.keywords if k.arg in ("shell", "allow_pickle")] == []


def test_the_one_exec_is_of_the_text_of_drive() -> None:
    tree = ast.parse(HARNESS["harness.worker"].read_text("utf-8"))
    (call,) = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "exec"
    ]
    assert ast.unparse(call) == "exec(compile(message['drive'], 'drive.py', 'exec'), self.drive)"


def loaded(code: str, *arguments: str, cwd: Path | None = None) -> set[str]:
    """The top-level packages that are loaded when that code has run in a fresh interpreter."""
    program = (
        f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nfor name in sys.modules: print('module', name)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=cwd, check=True
    )
    return {line.split()[1] for line in ended.stdout.splitlines() if line.startswith("module ")}


HEAVY = {"numpy", "pydantic", "yaml", "networkx", "jinja2", "scipy", "sklearn", "torch", "harness"}


@pytest.mark.parametrize("command", ["status", "next", "status --json"])
def test_the_daily_commands_load_nothing_heavy(command: str, tmp_path: Path) -> None:
    """From the second time on: the first compiles the roadmap."""
    (tmp_path / "roadmap.yaml").write_text("extends: scratchmark\n")
    code = f"import sys; sys.argv[1:] = {command.split()}; from tracker.__main__ import main; main()"
    first = loaded(code, cwd=tmp_path)
    assert "tracker.cli" in first
    assert loaded(code, cwd=tmp_path) & HEAVY == set()


@pytest.mark.parametrize(("module", "not_wanted"), [
    ("harness", {"harness.wire", "numpy", "tracker"}),
    ("harness.cli", {"numpy", "harness.run", "pydantic", "rich", "torch", "networkx"}),
    ("harness.pytest_plugin", {"numpy", "harness.judge", "harness.session"}),
    ("harness.spec", {"scipy", "sklearn", "networkx", "sympy", "torch", "harness.judge", "harness.process"}),
    ("harness.zygote", {"harness.spec", "harness.judge", "harness.calls", "tracker", "curriculum"}),
    ("harness.run", {"torch", "cupy", "scipy", "sklearn", "pydantic", "rich"}),
    ("tracker.report", {"pydantic", "numpy"}),
])  # fmt: skip
def test_importing_a_module_loads_no_more_than_it_needs(module: str, not_wanted: set[str]) -> None:
    assert loaded(f"import {module}") & not_wanted == set()
