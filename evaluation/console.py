"""What the command line prints, and the only module that does."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from evaluation.exceptions import PreuveError
from evaluation.letters import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from evaluation.doctor import Finding

PIPE_WIDTH = 100


def console() -> Console:
    """The terminal, or a page as wide as its tables."""
    from rich.console import Console

    terminal = Console(highlight=False, markup=False)
    # A file or a pipe has no width to fit: tables keep their lines whole.
    return terminal if terminal.is_terminal else Console(highlight=False, markup=False, width=PIPE_WIDTH)


def show(what: RenderableType) -> None:
    """Print a text or a table."""
    console().print(what)


def show_advice(findings: Sequence[Finding]) -> None:
    """Print what would be better, a line each."""
    from evaluation.terminal import advice_lines

    for line in advice_lines(findings):
        # Not broken by us: a terminal that folds a long line still copies it whole.
        console().print(line, soft_wrap=True)


def show_line(text: str) -> None:
    """Print text whose lines are not broken, so that a pipe gets a line a finding; what could drive the terminal is left out."""
    typer.echo(visible(text, keep="\n"))


def show_json(what: Any) -> None:
    """Print for programs."""
    typer.echo(json.dumps(what, ensure_ascii=False, indent=2))


def complain(message: str) -> None:
    """Print beside the output, for whoever watches."""
    typer.echo(visible(message, keep="\n"), err=True)


def explain(error: PreuveError) -> None:
    """Print what a user can put right; for programs where they asked for that."""
    if "--json" in sys.argv:
        show_json({"error": error.as_dict()})
        return
    complain(error.explained)
