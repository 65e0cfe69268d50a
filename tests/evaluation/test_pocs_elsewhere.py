"""A POC that lives elsewhere: built and installed as a package by pip, then listed, run and read back by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.home import PROJECT
from evaluation.scaffold import Kind, written_files

PACKAGE = "city_benches"
PROJECT_FILE = f"""
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "city-benches"
version = "1.0"

[project.entry-points."preuve.pocs"]
city-benches = "{PACKAGE}"

[tool.setuptools]
packages = ["{PACKAGE}"]
package-data = {{ {PACKAGE} = ["*.csv", "*.toml", "README*.md"] }}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is installed. It is what `preuve new` writes, with samples that are looked for beside its code."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    (source / "pyproject.toml").write_text(PROJECT_FILE, encoding="utf-8")
    (source / PACKAGE).mkdir()
    for file, text in written_files("city-benches", Kind.EXTRACTION, PROJECT / "poc" / PACKAGE).items():
        moved = text.replace(f'data="poc/{PACKAGE}/samples.csv"', 'data=str(Path(__file__).with_name("samples.csv"))')
        moved = moved.replace("from evaluation.candidate", "from pathlib import Path\n\nfrom evaluation.candidate", 1)
        (source / PACKAGE / file).write_text(moved if file == "__init__.py" else text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target"]
    subprocess.run([*pip, str(site), str(source)], check=True, capture_output=True)
    return site


def preuve(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.argv[0] = 'preuve'; from evaluation.cli import main; main()"
    path = os.pathsep.join([str(site), str(PROJECT)])
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=site,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_poc_of_an_installed_package_is_listed_run_and_read_back(site: Path) -> None:
    listed = {each["name"]: each for each in json.loads(preuve(site, "list", "--json").stdout)}
    assert listed["city-benches"]["data"] == str(site / PACKAGE / "samples.csv")
    # The city's goals hold for it as well.
    assert {"quality", "quality_gain", "development_kwh"} <= listed["city-benches"]["goals"].keys()
    ran = preuve(site, "run", "city-benches", "--rounds", "1", "--window", "0.5", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["campaign"]["task"] == "city-benches"
    # Its models are made again from what was stored, for it was installed by whoever runs it.
    wrong = preuve(site, "errors", "city-benches", "--candidate", "first-amount", "--json")
    assert wrong.returncode == 0, wrong.stderr
    assert len(json.loads(wrong.stdout)["worst"]) == 4
