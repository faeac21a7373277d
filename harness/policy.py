"""Which calls an exercise is about, and where an answer makes them: the syntax tree alone, never text. Runs nothing.

Names are resolved through imports, aliases, assignments and constant `getattr`; strings and comments never count.
Docs: contract.md, 4. A determined evader gets past a static net; docs/security.md says what that means.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness import spec

GROUPS: dict[str, tuple[str, ...]] = {
    "base": (
        "scipy", "sklearn", "networkx", "sympy", "statsmodels", "jax", "autograd", "tensorflow", "keras", "subprocess",
        "ctypes", "multiprocessing", "socket", "urllib", "requests", "importlib", "sys.modules", "sys._getframe", "harness",
    ),
    "@matmul": (
        "@", "numpy.matmul", "numpy.dot", "numpy.vdot", "numpy.inner", "numpy.einsum", "numpy.tensordot", "numpy.vecdot",
        "numpy.linalg.multi_dot", "numpy.linalg.matmul", "torch.matmul", "torch.mm", "torch.bmm", "torch.einsum",
        "torch.tensordot", "torch.addmm", "torch.nn.functional.linear", "cupy.matmul", "cupy.dot", "cupy.einsum",
    ),
    "@linalg": ("numpy.linalg", "torch.linalg", "torch.svd", "torch.qr", "torch.cholesky", "torch.lu", "torch.pinverse",
                "torch.lstsq", "cupy.linalg"),
    "@autograd": ("torch.autograd", "torch.Tensor.backward", "torch.Tensor.requires_grad_", "torch.func", "torch.compile",
                  "numpy.gradient"),
    "@nn": ("torch.nn", "torch.nn.functional"),
    "@optim": ("torch.optim", "scipy.optimize"),
}  # fmt: skip
SHORT = {"np": "numpy", "cp": "cupy"}  # as specs may write them
NAMESPACE = "(array namespace)"  # what array_namespace(...) gives: numpy, torch or cupy
LIBRARIES = ("numpy", "torch", "cupy")


@dataclass(frozen=True)
class Use:
    """One banned call in an answer: where, what, and which exercise's passing would allow it."""

    file: str
    line: int
    name: str
    source: str
    earned_by: str | None

    def words(self, shipped: str, earns: Iterable[str]) -> str:
        """For the learner, with the way to earn the call where there is one."""
        said = f"{self.file} line {self.line}: {self.name} ({self.source})"
        if self.earned_by is not None:
            return f"{said}: pass `harness run {self.earned_by}` with your own, and it is yours to use"
        if any(within(self.name, _full(name)) for name in earns):
            return f"{said}: this exercise is about writing it; passing {shipped} earns the call"
        return f"{said}: this exercise is about doing without it"


def banned_uses(policy: spec.Policy, files: Mapping[str, str], earned: Iterable[str]) -> list[Use]:
    """Every use of a banned name, in the order of files and lines. Files that do not parse have none."""
    bans = active(policy, earned)
    return [use for file, text in sorted(files.items()) for use in _uses(file, text, bans)]


def active(policy: spec.Policy, earned: Iterable[str]) -> dict[str, spec.Ban]:
    """The banned names, groups written out, less what has been earned."""
    have = set(earned)
    return {name: ban for ban in _bans(policy) if ban.unless_earned not in have for name in _names(ban)}


def _bans(policy: spec.Policy) -> Iterator[spec.Ban]:
    given = [b if isinstance(b, spec.Ban) else spec.Ban(b) for b in policy.banned]
    yield from given if any(b.name == "base" for b in given) else [spec.Ban("base"), *given]


def _names(ban: spec.Ban) -> Iterable[str]:
    return GROUPS.get(ban.name, (_full(ban.name),))


def _full(name: str) -> str:
    head, dot, rest = name.partition(".")
    return SHORT.get(head, head) + dot + rest


def within(name: str, ban: str) -> bool:
    return name == ban or name.startswith(ban + ".")


def _uses(file: str, text: str, bans: Mapping[str, spec.Ban]) -> Iterator[Use]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = text.splitlines()
    seen: set[tuple[int, str]] = set()
    for line, name in sorted(_Names(tree).found):
        match = next((ban for ban in bans if within(name, ban)), None)
        if match is not None and (line, match) not in seen:
            seen.add((line, match))
            source = lines[line - 1].strip()[:120] if line <= len(lines) else ""
            yield Use(file, line, name, source, bans[match].unless_earned)


class _Names(ast.NodeVisitor):
    """Every dotted library name that the file refers to: (line, 'numpy.linalg.svd'); the `@` operator as '@'."""

    def __init__(self, tree: ast.AST) -> None:
        self.aliases: dict[str, set[str]] = {}
        self.found: set[tuple[int, str]] = set()
        for _ in range(3):  # an alias of an alias of an alias
            for node in ast.walk(tree):
                self._bind(node)
        self.visit(tree)

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                self.aliases.setdefault(bound, set()).add(alias.name if alias.asname else bound)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                self.aliases.setdefault(alias.asname or alias.name, set()).add(f"{node.module}.{alias.name}")
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    self.aliases.setdefault(target.id, set()).update(self._resolve(node.value))

    def _resolve(self, node: ast.AST) -> set[str]:
        """The library names that an expression may stand for."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, set())
        if isinstance(node, ast.Attribute):
            return {f"{base}.{node.attr}" for base in self._resolve(node.value)}
        if isinstance(node, ast.Call):
            called = self._resolve(node.func)
            if any(name.endswith("array_namespace") for name in called):
                return {NAMESPACE}
            return self._dynamic(node)
        return set()

    def _dynamic(self, node: ast.Call) -> set[str]:
        """`getattr(np, "linalg")` and `__import__("scipy")` with constant text."""
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if not isinstance(node.func, ast.Name) or not texts:
            return set()
        if node.func.id == "getattr":
            return {f"{base}.{texts[0]}" for base in self._resolve(node.args[0])}
        return {texts[0]} if node.func.id == "__import__" else set()

    def _note(self, line: int, names: Iterable[str]) -> None:
        for name in names:
            library, dot, rest = name.partition(".")
            heads = LIBRARIES if library == NAMESPACE else (library,)
            self.found.update((line, head + dot + rest) for head in heads)

    def visit_Import(self, node: ast.Import) -> None:
        self._note(node.lineno, (alias.name for alias in node.names))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module and not node.level:
            self._note(node.lineno, (f"{node.module}.{alias.name}" for alias in node.names))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._note(node.lineno, self._resolve(node))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._note(node.lineno, self._dynamic(node))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.MatMult):
            self._note(node.lineno, ["@"])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.MatMult):
            self._note(node.lineno, ["@"])
        self.generic_visit(node)
