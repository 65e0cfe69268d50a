"""A page as somebody reads it: its words without its markup, a line for each heading, paragraph, item, row and pair."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LINES = {"h1": "\n# ", "h2": "\n## ", "h3": "\n### ", "p": "\n", "caption": "\n= ", "figcaption": "\n[] ", "dt": "\n", "li": "\n- "}
LINES |= {"tr": "\n| ", "dd": " :: ", "a": "", "nav": "\n"}
UNREAD = ("style", "svg", "title")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        quiet = tag == "span" and ("class", "quiet") in attrs
        self.parts.append(" / " if quiet else LINES.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD
        if tag in {"td", "th"}:
            self.parts.append(" | ")

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.parts.append(re.sub(r"[ \n]+", " ", data))


def read_page(html: str) -> str:
    """What a page says. No-break spaces are shown as they are."""
    reader = _Reader()
    reader.feed(html)
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return "".join(f"{line}\n" for line in lines if line)
