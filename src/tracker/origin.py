"""Where this Scratchmark came from, as somebody else could install the same one. Reads pip's record; changes nothing."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracker import repository

NAME = "scratchmark"


def requirement() -> str:
    """What a stranger's pip can install: a release, or a git address at a commit; '' where only this machine has it."""
    distribution = metadata.distribution(NAME)
    record = json.loads(distribution.read_text("direct_url.json") or "{}")  # PEP 610; absent after an install by name
    if not record:
        return f"{NAME}=={distribution.version}"
    if "dir_info" in record:
        checkout = repository.of(Path(unquote(urlsplit(record["url"]).path)))
        return _at(checkout.url, checkout.commit) if checkout.pushed and not checkout.inner else ""
    return _at(repository.public(record["url"]), record.get("vcs_info", {}).get("commit_id", ""))


def _at(address: str, commit: str) -> str:
    return f"git+{address}@{commit}" if address and commit else ""
