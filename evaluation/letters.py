"""What of a text that somebody else wrote may reach a terminal. Without rich, so that `preuve list` may use it."""

from __future__ import annotations

import unicodedata

# Control characters drive a terminal, line separators break its lines, and of half a pair no encoding knows what to make.
UNPRINTABLE = {"Cc", "Zl", "Zp", "Cs"}
# Marks, embeddings, overrides and isolates of bidirectional text: they show what follows them in another order.
REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str, keep: str = "") -> str:
    r"""The text with a blank in place of each letter that a terminal would obey and not show.

    Args:
        text: whatever it is.
        keep: letters that are meant, line ends say.

    >>> visible("a\x1b[31mb\nc"), visible("a\nb", keep="\n")
    ('a [31mb c', 'a\nb')
    """
    return "".join(letter if letter in keep or _is_shown(letter) else " " for letter in text)


def _is_shown(letter: str) -> bool:
    return letter not in REORDERING and unicodedata.category(letter) not in UNPRINTABLE
