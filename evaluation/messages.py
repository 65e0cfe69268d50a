"""Sentences for readers, kept apart from the figures in them, so that a page can say the same in another language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

from evaluation.numbers import significant

# A message can stand in another one.
Figure = Union[str, int, float, "Message"]


def in_english(value: Figure) -> str:
    """A figure as the command line shows it: whole numbers whole, others with three significant digits.

    >>> in_english(1234), in_english(0.04567), in_english("bruit-voisinage")
    ('1 234', '0.0457', 'bruit-voisinage')
    """
    if isinstance(value, str | Message):
        return str(value)
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else significant(value)


def english_words(message: Message) -> str:
    """A message's template, its plural where its number asks for that."""
    return message.template if message.plural is None or message.number == 1 else message.plural


@dataclass(frozen=True)
class Message:
    """A sentence with its figures.

    Attributes:
        template: in English, with the figures' names in braces; also the key under which catalogues have its translation.
        figures: by name. Texts among them are names of the user's own, which nobody translates.
        plural: the sentence for any number but one, where it is another one; languages draw that line elsewhere.
        number: by which the one or the other is meant.
    """

    template: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    plural: str | None = None
    number: int = 1

    def __str__(self) -> str:
        """In English."""
        return self.written()

    def written(self, translate: Callable[[Message], str] = english_words, figure: Callable[[Figure], str] = in_english) -> str:
        """In the language of `translate`, which gives the template's words, and of `figure`."""
        figures = {
            name: value.written(translate, figure) if isinstance(value, Message) else figure(value)
            for name, value in self.figures.items()
        }
        return translate(self).format(**figures)


def say(template: str, **figures: Figure) -> Message:
    """A message.

    >>> str(say("about {samples} more test samples", samples=1400))
    'about 1 400 more test samples'
    """
    return Message(template, figures)


def say_number(one: str, many: str, number: int, **figures: Figure) -> Message:
    """A message that depends on a number, which it has as `{number}`.

    >>> str(say_number("{number} round", "{number} rounds", 1)), str(say_number("{number} round", "{number} rounds", 3))
    ('1 round', '3 rounds')
    """
    return Message(one, {"number": number, **figures}, many, number)


def words(template: str) -> str:
    """The same words, marked for the catalogues where a message is made of them later."""
    return template


def sentence(words: str) -> str:
    """Words that begin with a capital and end with a full stop, unless they end otherwise.

    >>> sentence("no campaign yet"), sentence("Why?")
    ('No campaign yet.', 'Why?')
    """
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}"
