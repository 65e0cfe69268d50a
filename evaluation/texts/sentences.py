"""Sentences of French administrative texts: `sentencex` cuts, and what it does not know of such texts is mended here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evaluation.texts.numbers import MONTHS, NUMBER_WORD, plain
from evaluation.texts.words import fold

# What ends on a full stop without ending a sentence. `etc.` is left out: it may end one.
ABBREVIATIONS = (
    "adj|al|alin|app|arr|art|av|bd|bld|boul|c|chap|coll|cf|d|dép|dir|dr|ed|éd|env|ex|fig|fg|hab|imp|inc|janv|févr|"
    "fév|avr|juil|sept|oct|nov|déc|l|m|max|me|mgr|min|mlle|mm|mme|mmes|mrs|n|no|nos|nº|p|par|pl|pp|pr|qq|r|réf|resp|"
    "sq|ss|st|ste|sté|suiv|suppl|t|tél|tom|ttc|v|vol|vx"
)
_FALSE_END = re.compile(
    rf"(?:^|[\s(\[«'’.–-])(?:{ABBREVIATIONS}|[^\W\d_])\.\s*$|^\s*(?:article\s\w+|\(?\d{{1,2}}|[ivx]{{1,5}})\.\s*$",
    re.IGNORECASE,
)
# What `sentencex` takes for an abbreviation in the middle of a text, but a capital follows: 9 h., etc., ville.fr.
_TRUE_END = re.compile(r"(?:(?<=\betc\.)|(?<=\d h\.)|(?<=\w\.fr\.))\s+(?=[^\W\d_a-zà-ÿ«])")
_BULLET = re.compile(r"\s*(?:[-–—•*·▪●➢✓]|\(?\d{1,2}[.)°]|\(?[a-z]\)|[IVX]{1,5}[.)-])\s")
_TABLE = re.compile(r"\t|\s\|\s|\S {3,}\S")
_ENDS = re.compile(r"[.!?:;…»\"”)]\s*$")
_WITHIN_QUOTES = re.compile(r"(?<=[.!?…])(?=\s+[A-ZÀ-Ý«\"“–—])")
_BETWEEN_FIGURES = {"h", "heure", "heures", "million", "millions", "milliard", "milliards"}
# Characters: longer than most sentences; the end of a text that is looked at for an abbreviation.
LONG_PIECE, LONGEST_ABBREVIATION = 300, 40
# Page feeds part pages; other control characters say nothing.
_PAGE = re.compile("[\f\v\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ufeff\u200b\u00ad]")


def split_sentences(text: str) -> list[str]:
    """The sentences, headings, items of lists and rows of tables of a text, in their order, each on one line.

    >>> split_sentences("Vu l’art. L. 2121-29 du code, M. J.-P. Lestrade expose. Il en coûte 1 250,50 €. Adopté.")
    ['Vu l’art. L. 2121-29 du code, M. J.-P. Lestrade expose.', 'Il en coûte 1 250,50 €.', 'Adopté.']
    """
    return [" ".join(sentence.split()) for block in _blocks(text) for sentence in _of_block(block) if sentence.strip()]


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, items and rows: what a sentence does not go beyond. Lines that were only wrapped are put together."""
    block: list[str] = []
    for line in _CONTROL.sub(" ", _PAGE.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"))).split("\n"):
        if block and not _is_wrapped(block[-1], line):
            yield " ".join(block)
            block = []
        block.append(line.strip())
    yield " ".join(block)


def _is_wrapped(last: str, line: str) -> bool:
    """Whether a line goes on where the last one broke off."""
    begins = line.strip()
    if not (begins and last) or _BULLET.match(line) or _TABLE.search(begins) or _TABLE.search(last):
        return False
    if _FALSE_END.search(last[-LONGEST_ABBREVIATION:]):
        return True
    if _ENDS.search(last[-LONGEST_ABBREVIATION:]):
        return False
    return begins[0].islower() or last.endswith(",")


def _of_block(block: str) -> Iterator[str]:
    # Behind the sign of an item `sentencex` cuts nothing.
    item = _BULLET.match(block)
    whole = item[0] if item else ""
    for piece in _pieces(block[len(whole) :]):
        if whole and not _is_false_end(whole, piece):
            yield from _TRUE_END.split(whole)
            whole = ""
        whole += piece
    yield from _TRUE_END.split(whole)


def _pieces(block: str) -> Iterator[str]:
    from sentencex import segment

    for piece in segment("fr", block):
        # It cuts nothing between quotation marks, nor behind one that is never closed.
        yield from _WITHIN_QUOTES.split(piece) if len(piece) > LONG_PIECE else [piece]


def _is_false_end(before: str, piece: str) -> bool:
    """Whether a sentence goes on although there is a full stop: behind an abbreviation, or without a space, as in an address."""
    if not (before[-1].isspace() or piece[0].isspace()):
        return True
    # Only the end is looked at: a sentence may be very long.
    return bool(
        _FALSE_END.search(before[-LONGEST_ABBREVIATION:])
        or _BULLET.fullmatch(before)
        or (before.endswith(" h. ") and piece[:1].isdigit())
    )


def join_sentences(sentences: Sequence[str]) -> str:
    """Sentences as a text, an empty line between them: what belongs to one is not taken together with what belongs to the next."""
    return "\n\n".join(sentences)


def cut_words(sentence: str, most: int) -> str:
    """The first words of a sentence, at most so many; a number or date is left out rather than cut in two.

    >>> cut_words("La Ville verse 1 250 000 euros au club", 4)
    'La Ville verse'
    """
    words = sentence.split()
    if len(words) <= most:
        return " ".join(words)
    kept, whole = words[:most], plain(sentence)
    # What stands there may read otherwise in the whole: "du 11 au" is the eleventh of a month in "du 11 au 22 mai".
    while kept and (_may_go_on(kept[-1], words[len(kept)]) or not whole.startswith(plain(" ".join(kept)))):
        kept.pop()
    return " ".join(kept)


def _may_go_on(word: str, following: str) -> bool:
    """Whether a word may be the beginning of a longer number, date or time."""
    bare = fold(word).lstrip("([«\"'-–")
    if plain(f"1 {bare}").split()[-1] in MONTHS:
        return following[0].isdigit()
    return bare[:1].isdigit() or bare in _BETWEEN_FIGURES or bool(NUMBER_WORD.fullmatch(bare))


def ends_like_a_sentence(text: str) -> bool:
    """Whether a piece is a sentence and not a heading, an address or a row of a table."""
    return bool(_ENDS.search(text[-LONGEST_ABBREVIATION:])) and not _TABLE.search(text)
