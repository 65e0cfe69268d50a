"""Screenshots of all reports at the sizes of a desk, a phone and a printed page, to be looked at: `make pictures`."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from evaluation.home import PROJECT
from evaluation.publishing.export import Folder
from evaluation.publishing.language import LOCALES, Language
from evaluation.publishing.reports import Writing, write_all
from tests.browser import DESK, NONE_FOUND, PHONE, PRINTED, find_chromium, launched, opened
from tests.reports import rich, write_pages

PICTURES = PROJECT / "reports" / "pictures"


def main() -> int:
    """Write this home's reports and take their pictures; of an invented one where there are none."""
    chromium = find_chromium()
    if chromium is None:
        print(f"No pictures: {NONE_FOUND}.")
        return 0
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, launched(chromium) as browser:
        for path in written_pages(Path(folder)):
            for picture in pictures_of(path, PICTURES, browser):
                print(picture)
    return 0


def written_pages(folder: Path) -> list[Path]:
    """The pages of this home, in both languages."""
    for code in LOCALES:
        write_all(Writing(Folder(folder, "make pictures", {}), Language(code), dt.datetime.now(dt.UTC).date()))
    found = sorted(folder.glob("*.html"))
    if len(found) > len(LOCALES):
        return found
    print("No campaign in this home: the pictures are of an invented one.")
    return sorted(path for code in LOCALES for path in write_pages(folder, rich(), code, "invented").values())


def pictures_of(path: Path, folder: Path, browser: Browser) -> Iterator[Path]:
    """A page as it is on a desk, on a phone and on paper, the last one also as a PDF in sheets."""
    for name, width in (("desk", DESK), ("phone", PHONE), ("print", PRINTED)):
        with opened(browser, path, width=width) as page:
            if name == "print":
                page.emulate_media(media="print")
                pdf = folder / f"{path.stem}.pdf"
                page.pdf(path=pdf, prefer_css_page_size=True)
                yield pdf
            picture = folder / f"{path.stem}.{name}.png"
            page.screenshot(path=picture, full_page=True)
            yield picture


if __name__ == "__main__":
    sys.exit(main())
