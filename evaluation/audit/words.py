"""In which language an audit speaks, and its words for what it finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluation.spoken import spoken_language

WORDS = Path(__file__).with_name("words.json")


def read_words() -> dict[str, Any]:
    """What each finding is and means, in both languages."""
    words: dict[str, Any] = json.loads(WORDS.read_text(encoding="utf-8"))
    return words


def language(named: str | None) -> str:
    """The language that was named, else that of the locale, else English, as the command line around it.

    Raises:
        PreuveError: the named one is none of ours.
    """
    return spoken_language(named, default="en")
