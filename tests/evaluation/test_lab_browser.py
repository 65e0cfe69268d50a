"""JupyterLab as its users see it, in a real browser: a notebook runs, and MLflow is one click away."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page

from evaluation.home import PROJECT
from tests.browser import DESK, NONE_FOUND, find_chromium, launched
from tests.conftest import Recorded
from tests.evaluation.test_lab import Lab, running_lab
from tests.notebooks import shortened

FIRST = "00_start_here.ipynb"
# Where somebody wants to look at what the tests saw: PREUVE_PICTURES=/tmp/pictures pytest ...
PICTURES = os.environ.get("PREUVE_PICTURES")
# JupyterLab takes cells out of the page that are far from what is shown: so high a window shows them all, in CSS pixels.
TALL = 3600
# MLflow takes its time to start, and a campaign to run, where other tests run beside them. In milliseconds.
PATIENCE_MS = 300_000

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def context() -> Iterator[BrowserContext]:
    """A browser in which nobody has clicked anything away; it asks this machine only."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(NONE_FOUND)
    with launched(chromium) as browser:
        made = browser.new_context(viewport={"width": DESK, "height": TALL})
        made.set_default_timeout(PATIENCE_MS)
        asked: set[str | None] = set()
        made.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
        yield made
        made.close()
        # A picture that is part of its page has no host.
        assert asked - {None} == {"127.0.0.1"}


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    """The notebooks, copied; the first asks for a short campaign."""
    folder = shutil.copytree(PROJECT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    nbformat.write(shortened(folder / FIRST), folder / FIRST)
    return folder


def keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png")


def wait_for_kernel(lab: Lab, page: Page) -> None:
    """Whoever runs cells before the page and its kernel have found each other is asked which kernel is meant."""
    page.locator(".jp-KernelName", has_text="Python 3").wait_for()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not any(session["kernel"]["connections"] for session in lab.ask("api/sessions")):
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()


def test_the_first_notebook_runs_by_its_menu(notebooks: Path, context: BrowserContext) -> None:
    cells = [cell for cell in nbformat.read(notebooks / FIRST, as_version=4).cells if cell.cell_type == "code"]
    with running_lab(notebooks) as lab:
        page = context.new_page()
        page.goto(lab.page)
        page.locator(".jp-DirListing-item", has_text=FIRST).dblclick()
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        wait_for_kernel(lab, page)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        errors = page.locator("[data-mime-type='application/vnd.jupyter.error']")
        last = page.locator(".jp-InputPrompt", has_text=f"[{len(cells)}]:")
        try:
            errors.or_(last).first.wait_for()
        finally:
            keep_picture(page, "notebook")
        assert errors.all_inner_texts() == []
        table = page.locator(".jp-OutputArea-output table", has_text="tfidf-logreg").last
        assert "keywords" in table.inner_text()


def test_mlflow_is_behind_a_card_of_the_launcher(notebooks: Path, at_recorded: Recorded, context: BrowserContext) -> None:
    with running_lab(notebooks) as lab:
        page = context.new_page()
        page.goto(lab.page)
        card = page.locator(".jp-LauncherCard", has_text="MLflow")
        card.locator("img").wait_for()
        keep_picture(page, "launcher")
        with context.expect_page() as opened:
            card.click()
        opened.value.get_by_role("link", name="request-classification").wait_for()
        keep_picture(opened.value, "mlflow")
        assert urlsplit(opened.value.url).path == "/mlflow/"
