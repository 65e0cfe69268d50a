"""A real browser, where there is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import NONE_FOUND, find_chromium, launched


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of a module and not of the session: while it is open its event loop runs, and other tests want one of their own."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(NONE_FOUND)
    with launched(chromium) as found:
        yield found
