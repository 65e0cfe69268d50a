"""Sections of a page: paragraphs, tables, facts and lists, which templates write out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evaluation.publishing.pages import Table


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what is to be said of it."""

    pairs: Sequence[tuple[Markup, Markup]]


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence[Markup]
    ordered: bool = False


Part = Markup | Table | Facts | Items


@dataclass(frozen=True)
class Section:
    """A section of the details.

    Attributes:
        anchor: by which a link finds it.
        title: of the section.
        parts: what it is made of, in order.
    """

    anchor: str
    title: Markup
    parts: Sequence[Part]

    @staticmethod
    def kind(part: Part) -> str:
        """Which of them a part is, for the template."""
        return "Paragraph" if isinstance(part, Markup) else type(part).__name__
