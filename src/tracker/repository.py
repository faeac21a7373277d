"""Where a stranger gets a workspace from: the public address and the commit that git knows of it. Changes nothing.

An address is shown in a line to paste into a shell, so what is not plainly a public address is none; a password or a
token in it is left out.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SHOWN = (".", ":(exclude)reports/portfolio")  # the page names a commit, so it cannot be in it
_PUBLIC = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?(/[A-Za-z0-9_~][A-Za-z0-9_.~-]*)+/?")
_SSH = re.compile(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/](?!\d+/)(.+)")  # with a port it may be anything
_USER = re.compile(r"(https://)[^/@]*@")


@dataclass(frozen=True)
class Repository:
    """`url`, `commit`: '' where there are none. `inner`: the workspace's folder in it, '' for its root. `pushed`: some
    remote branch, as this clone knows it, holds the commit. `clean`: nothing of the workspace but its portfolio is left to be committed."""

    url: str = ""
    commit: str = ""
    inner: str = ""
    pushed: bool = False
    clean: bool = False

    @property
    def folder(self) -> str:
        """What `git clone` calls it, and the workspace in it."""
        name = self.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
        return f"{name}/{self.inner}".rstrip("/")


def of(root: Path) -> Repository:
    """What git says of that folder; an empty Repository where git or a repository is missing."""
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        return Repository()
    inner = _git(root, "rev-parse", "--show-prefix").rstrip("/")
    pushed = bool(_git(root, "branch", "--remotes", "--contains", commit))
    clean = _git(root, "status", "--porcelain", "--", *_SHOWN, failed="?") == ""
    return Repository(public(_git(root, "remote", "get-url", "origin")), commit, inner, pushed, clean)


def public(url: str) -> str:
    """The address as anyone may clone it; '' for a path, for what needs a key of one's own, for what a shell would act on."""
    found = _SSH.fullmatch(url)
    address = f"https://{found[1]}/{found[2]}" if found else _USER.sub(r"\1", url)
    return address if _PUBLIC.fullmatch(address) and "/." not in address else ""


def _git(root: Path, *words: str, failed: str = "") -> str:
    """What git prints; `failed` where it does not end well. Its own hooks and helpers are off: this only reads."""
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(root), *words]
    try:
        ended = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return failed
    return ended.stdout.decode("utf-8", "replace").strip() if ended.returncode == 0 else failed
