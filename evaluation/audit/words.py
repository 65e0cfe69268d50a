"""In which language an audit speaks, and its words for what it finds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from evaluation.exceptions import PreuveError

WORDS = Path(__file__).with_name("words.json")
LANGUAGES = ("en", "fr")


def read_words() -> dict[str, Any]:
    """What each finding is and means, in both languages."""
    words: dict[str, Any] = json.loads(WORDS.read_text(encoding="utf-8"))
    return words


def language(named: str | None) -> str:
    """The language that was named, else the locale's.

    Raises:
        PreuveError: it is none of ours.
    """
    if named is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
        return "fr" if locale.startswith("fr") else "en"
    if named not in LANGUAGES:
        raise PreuveError(expected=" or ".join(LANGUAGES), found=repr(named), where="--lang", remedy="for example --lang fr")
    return named
