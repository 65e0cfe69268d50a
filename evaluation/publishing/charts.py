"""The pictures of a decision-maker's report: SVG that stands in its page, each with the table that says the same.

Colours are the page's own variables: `--ink`, `--quiet`, `--line`, `--shade`, `--alarm`, `--paper`, `--series-1` to `--series-4`.
Nothing is said by colour alone, and nothing of what records hold becomes markup.
"""

from evaluation.publishing.charts_of_answers import confusion, worst_slices
from evaluation.publishing.charts_of_energy import energy_by_component, quality_against_energy, year_in_service
from evaluation.publishing.charts_of_goals import goals_as_bullets
from evaluation.publishing.drawing import Picture

__all__ = [
    "Picture",
    "confusion",
    "energy_by_component",
    "goals_as_bullets",
    "quality_against_energy",
    "worst_slices",
    "year_in_service",
]
