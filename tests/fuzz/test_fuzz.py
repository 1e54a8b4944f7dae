"""The fuzz target runs for a short time, and on every input that is kept."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest
from tests.checkpoint.damage import outcome
from tests.fuzz import fuzz_checkpoint

CORPUS = pathlib.Path(__file__).parent / "corpus"
KEPT = sorted(path for path in CORPUS.iterdir() if not path.name.startswith("."))
SECONDS = 20
MEGABYTES = 1024


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_what_is_kept(tmp_path: pathlib.Path, path: pathlib.Path) -> None:
    fuzz_checkpoint.one_input(path.read_bytes(), tmp_path)


def test_the_seeds_are_what_the_target_makes(tmp_path: pathlib.Path) -> None:
    """So that a change of the formats, or of what the first byte means, does not leave seeds that mean nothing."""
    fuzz_checkpoint.seeds(tmp_path)
    kept = {path.name: path.read_bytes() for path in KEPT}
    for path in tmp_path.iterdir():
        assert kept[path.name] == path.read_bytes(), path.name
    for way in fuzz_checkpoint.WAYS:
        assert any(name.startswith(way.__name__) for name in kept)


@pytest.mark.parametrize("form", ["bundle", "signed_bundle", "legacy", "signed_legacy"])
def test_the_seeds_are_sound(tmp_path: pathlib.Path, form: str) -> None:
    for path in KEPT:
        if path.name.startswith(f"{form}-"):
            fuzz_checkpoint.one_input(path.read_bytes(), tmp_path)
            assert isinstance(outcome(tmp_path / "m"), dict), path.name


def test_a_broken_promise_is_seen(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target is a checker, and is checked: an error that is none of the tree comes out of it."""

    def broken(data: memoryview) -> object:
        raise IndexError

    monkeypatch.setattr("recell.checkpoint.bundle.parse_entry", broken)
    with pytest.raises(IndexError):
        fuzz_checkpoint.one_input((CORPUS / "bundle-plain").read_bytes(), tmp_path)


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="needs atheris, which has wheels for Linux alone"
)
def test_new_inputs(tmp_path: pathlib.Path) -> None:
    """libFuzzer looks for inputs that reach new code; it ends with an error for one that breaks the promise."""
    found, kept = tmp_path / "found", tmp_path / "crash-"
    found.mkdir()
    options = [
        f"-max_total_time={SECONDS}",
        "-mutate_depth=2",
        f"-rss_limit_mb={MEGABYTES}",
        "-timeout=5",
        f"-artifact_prefix={kept}",
    ]
    # By way of a small process: Linux counts as a process's peak what the one had that started it, and the tests'
    # own grows with what was run before.
    between = [sys.executable, "-S", "-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"]
    command = [*between, sys.executable, "-m", "tests.fuzz.fuzz_checkpoint", str(found), str(CORPUS), *options]
    root = CORPUS.parent.parent.parent
    ran = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS * 9,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "Done" in ran.stderr
    assert list(found.iterdir())
