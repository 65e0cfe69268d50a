"""The languages that readers are spoken to in, and which of them somebody gets who named none. Imports nothing heavy."""

from __future__ import annotations

import os

from evaluation.exceptions import PreuveError

LANGUAGES = ("en", "fr")
# As gettext ranks them: the first that is set says it.
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def spoken_language(named: str | None, *, default: str) -> str:
    """The language that was named, else the locale's if it is one of ours, else the default one.

    Raises:
        PreuveError: the named one is none of ours.
    """
    if named is None:
        locale = next(filter(None, map(os.environ.get, VARIABLES)), "")
        code = locale.partition("_")[0].partition(".")[0]
        return code if code in LANGUAGES else default
    if named not in LANGUAGES:
        raise PreuveError(expected=" or ".join(LANGUAGES), found=repr(named), where="--lang", remedy="for example --lang fr")
    return named
