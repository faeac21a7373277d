"""Where this Scratchmark came from, as somebody else could install the same one. Asks pip's record and git; loads nothing."""

from __future__ import annotations

import json
import re
import subprocess
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

NAME = "scratchmark"


def requirement() -> str:
    """What a stranger's pip can install: a git address at a commit, or a release; '' where only this machine has it."""
    distribution = metadata.distribution(NAME)
    record = json.loads(distribution.read_text("direct_url.json") or "{}")  # PEP 610; absent after an install by name
    if not record:
        return f"{NAME}=={distribution.version}"
    if "vcs_info" in record:
        return _at(record["url"], record["vcs_info"].get("commit_id", ""))
    if "dir_info" in record:
        folder = Path(unquote(urlsplit(record["url"]).path))
        return _at(_git(folder, "remote", "get-url", "origin"), _git(folder, "rev-parse", "HEAD"))
    return _public(record["url"])


def _at(address: str, commit: str) -> str:
    public = _public(re.sub(r"^git@([^:/]+):", r"https://\1/", address))
    return f"git+{public}@{commit}" if public and re.fullmatch("[0-9a-f]{40,64}", commit) else ""


def _public(address: str) -> str:
    """The address without a user or a password; '' where it is a path of this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _git(folder: Path, *arguments: str) -> str:
    """What git answers in that checkout; '' where there is no git, or no checkout."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if not done.returncode else ""
