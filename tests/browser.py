"""A real browser for tests and pictures: Debian's Chromium and not Playwright's own, driven by Playwright, without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
NONE_FOUND = f"no browser: none of {', '.join(NAMES)} is installed here"
# Widths in CSS pixels: a desk, a phone held upright (WCAG 1.4.10), what margins leave of a sheet of A4 at 96 dots per inch.
DESK, PHONE, PRINTED = 1280, 320, 695
HEIGHT = 900


def find_chromium() -> str | None:
    """Where a Chromium is; none where there is none."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


@contextmanager
def launched(chromium: str) -> Iterator[Browser]:
    """A browser without a window."""
    # Chromium refuses its sandbox to root, who is alone in a container.
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, path: Path, *, width: int = DESK, **options: Any) -> Iterator[Page]:
    """A file in a window of this width, which may ask for nothing: neither the network nor another file."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, offline=True, **options)
    try:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        yield page
        wanted = [url for url in asked if url.partition("#")[0] != path.as_uri() and not url.startswith("data:")]
        assert wanted == []
    finally:
        context.close()
