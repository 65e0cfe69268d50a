"""Numbers, dates, times and amounts in French texts, brought to one form: what is equal by value is then equal by letters."""

from __future__ import annotations

import re

from evaluation.texts.words import fold

MONTHS = ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre")
_MONTH_SHORT = {"janv": 1, "fevr": 2, "fev": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "dec": 12}
UNITS = "deux|trois|quatre|cinq|six|sept|huit|neuf"
TENS = "dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|quarante|cinquante|soixante|septante|octante|nonante"
# `un` is an article as well; alone it is no number, nor is `neuf`, which may be new.
NUMBER_WORD = re.compile(rf"(?:(?:{UNITS}|{TENS}|cents?|mille|une?|et)-?)+")
_WORDS_RUN = re.compile(
    rf"\b(?:{UNITS}|{TENS}|cents?|mille|un)(?:(?:-| et (?=une?\b|onze\b)|-et-| )(?:{UNITS}|{TENS}|cents?|mille|une?))*\b"
)
_ALONE = {"un", "neuf", "cent", "cents", "mille"}
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3})((?:[ .]\d{3})+)(?![\d])")
_DECIMAL = re.compile(r"(?<![\d.,])(\d+)[,.](\d+)(?![\d]|[.,]\d)")
_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/])")
_SHORT_MONTH = re.compile(rf"(?:(?<=\d )|(?<=\der ))({'|'.join(_MONTH_SHORT)})\.?(?= |$)")
_FIRST = re.compile(rf"\b(?:1er|premier) (?={'|'.join(MONTHS)})")
_PHONE = re.compile(r"(?<![\d.-])0\d(?:[ .-]?\d\d){4}(?![\d])")
_LEADING_ZERO = re.compile(rf"\b0(\d) (?={'|'.join(MONTHS)})")
_DAYS = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:lun|mar|mer|jeu|ven|sam|dim)\.?"
_RANGE = re.compile(rf"(?<![\d,.])(\d{{1,2}}|1er)(,| et| au| ou) (?:(?:le |les )?(?:{_DAYS}) )?(\d{{1,2}}) ({'|'.join(MONTHS)})\b")
_TIME = re.compile(r"(?<![\d,.])(\d{1,2}) ?(?:h|heures?|:(?=\d\d))(?: ?(\d\d))?(?![\w])")
_SCALED = re.compile(r"(\d+(?:\.\d+)?) (k|m|md|mille|millions?|milliards?)(?: d'| de )? ?(euros?)?(?![\w'])")
_SCALES = {"k": 1e3, "m": 1e6, "md": 1e9, "mille": 1e3, "million": 1e6, "millions": 1e6, "milliard": 1e9, "milliards": 1e9}
_TOKEN = re.compile(r"\d+(?:\.\d+)?(?:h\d*)?|[^\W_]+")


def plain(text: str) -> str:
    """The words of a text, folded, with a space before, between and after them, and its numbers in one form.

    >>> plain("Le 1er juin 2026 à 18 h 30 : 1 250,50 € (12,00 %)")
    ' le 1 juin 2026 a 18h30 1250.5 euros 12 pour cent '
    >>> plain("le 01/06/2026 à 18h, vingt-quatre mille euros")
    ' le 1 juin 2026 a 18h 24000 euros '
    >>> plain("1,2 M€, 1,2 million d’euros, 48 k€")
    ' 1200000 euros 1200000 euros 48000 euros '
    >>> plain("les 3, 4 et 5 juillet, du vendredi 22 au lundi 25 mai")
    ' les 3 juillet 4 juillet et 5 juillet du vendredi 22 mai au 25 mai '
    """
    found = " ".join(fold(text).split())
    # Before words are read: "sept" is a number as well.
    found = _SHORT_MONTH.sub(lambda match: MONTHS[_MONTH_SHORT[match[1]] - 1], found)
    found = _WORDS_RUN.sub(_digits_of_words, found)
    found = found.replace("€", " euros").replace("%", " pour cent").replace("²", "2")
    found = " ".join(found.split())
    found = _PHONE.sub(lambda match: re.sub(r"\D", "", match[0]), found)
    found = _DATE.sub(_month_by_name, found)
    found = _LEADING_ZERO.sub(r"\1 ", found)
    # From the last day backwards: "les 3, 4 et 5 juillet" are three dates of one month.
    before = ""
    while before != found:
        before, found = found, _RANGE.sub(_first_with_month, found)
    found = _FIRST.sub("1 ", found)
    found = _THOUSANDS.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), found)
    found = _DECIMAL.sub(_short_decimal, found)
    found = _TIME.sub(lambda match: f"{int(match[1])}h{match[2] if match[2] and match[2] != '00' else ''}", found)
    found = re.sub(r"(?<=\d )([km]|md) ?(?=euros)", r"\1 ", found)
    found = re.sub(r"\bun (?=million|milliard)", "1 ", found)
    found = _SCALED.sub(_scaled, found)
    found = re.sub(r"\beuro\b", "euros", found)
    return f" {' '.join(_TOKEN.findall(found))} "


def _first_with_month(match: re.Match[str]) -> str:
    """The first of two days with the month of the second; "salle 12, 2 mai" are no two days."""
    first, between, second, month = match.groups()
    if int(first.removesuffix("er")) >= int(second):
        return match[0]
    return f"{first} {month}{between} {second} {month}"


def _digits_of_words(match: re.Match[str]) -> str:
    from text_to_num import text2num

    words = match[0]
    if words in _ALONE:
        return words
    try:
        return str(text2num(words.replace("-et-", " et "), "fr"))
    except ValueError:  # "deux trois", "cent un six": no number
        return words


def _month_by_name(match: re.Match[str]) -> str:
    day, month, year = int(match[1]), int(match[3]), match[4]
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return f"{day} {MONTHS[month - 1]} {year if len(year) == 4 else f'20{year}'}"


def _short_decimal(match: re.Match[str]) -> str:
    decimals = match[2].rstrip("0")
    return f"{match[1]}.{decimals}" if decimals else match[1]


def _scaled(match: re.Match[str]) -> str:
    number, scale, euros = match.groups()
    if scale in {"k", "m"} and not euros:
        return match[0]
    value = float(number) * _SCALES[scale]
    return f"{value:.10g} {euros or ''}".rstrip() if value < 1e10 else f"{value:.0f} {euros or ''}".rstrip()
