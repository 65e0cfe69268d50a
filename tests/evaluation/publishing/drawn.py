"""Where things lie in a picture, read back from its SVG: in its units, from the top left."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from evaluation.publishing.charts import Picture

SVG = "{http://www.w3.org/2000/svg}"


def shown(picture: Picture | None) -> Picture:
    """A picture that is there."""
    assert picture is not None
    return picture


def tree(picture: Picture | None) -> ET.Element:
    """Its elements."""
    return ET.fromstring(shown(picture).svg)  # noqa: S314  # our own


def parts(root: ET.Element, name: str) -> list[ET.Element]:
    """All that is drawn under a name."""
    return [element for element in root.iter() if element.get("data-part") == name]


def box(root: ET.Element, name: str) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a bar or a line."""
    (part,) = parts(root, name)
    numbers = [float(number) for path in part.iter(f"{SVG}path") for number in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def length(root: ET.Element, name: str) -> float:
    """How long a bar or a line is, from left to right."""
    left, _, right, _ = box(root, name)
    return right - left


def mark(root: ET.Element, name: str) -> tuple[float, float]:
    """Where a mark lies."""
    (part,) = parts(root, name)
    (use,) = part.iter(f"{SVG}use")
    return float(use.get("x", "")), float(use.get("y", ""))


def look(root: ET.Element, name: str) -> str:
    """The style of a mark, or of a bar."""
    (part,) = parts(root, name)
    return " ".join(element.get("style", "") for element in part.iter() if element.tag in {f"{SVG}use", f"{SVG}path"})


def texts(root: ET.Element, name: str | None = None) -> list[str]:
    """What stands in the picture, or in those of its parts that are called so."""
    found = [root] if name is None else parts(root, name)
    return [text.text or "" for element in found for text in element.iter(f"{SVG}text")]
