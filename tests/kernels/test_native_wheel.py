"""The package as users get it: a source archive, a wheel made of it, an environment that has nothing else of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from tests.kernels.library import ROOT, make_library

pytest.importorskip("setuptools", minversion="77", reason="builds the package without the network")

SOURCES = ("src", "setup.py", "pyproject.toml", "MANIFEST.in", "constraints.txt", "README.md", "LICENSE")


def call(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command prints."""
    # The tests' own settings are not the user's; without optimisation the compiler takes half the time.
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "RECELL_KERNELS")}
    result = subprocess.run(
        command,
        cwd=folder,
        env={**clean, "CXXFLAGS": "-O0", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    return result.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, unpacked."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("archive")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.so")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree)
    call(sys.executable, "-c", f"import setuptools.build_meta as b; b.build_sdist({str(out)!r})", folder=tree)
    (packed,) = out.glob("*.tar.gz")
    shutil.unpack_archive(packed, out, filter="data")
    (unpacked,) = (path for path in out.iterdir() if path.is_dir())
    return unpacked


def wheel_of(archive: Path, output: Path, **environment: str) -> tuple[Path, str]:
    """The wheel, and what making it printed."""
    command = [sys.executable, "-m", "pip", "wheel", "--verbose", "--no-deps", "--no-build-isolation", "--no-index"]
    printed = call(*command, "--wheel-dir", output, ".", folder=archive, **environment)
    (wheel,) = output.glob("*.whl")
    return wheel, printed


def report_of(wheel: Path, folder: Path) -> str:
    """What `recell info` says about the kernels in a fresh environment that has the wheel, and what we depend on."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    # Its path alone: the checkout that is installed there is found by a file that only a real site folder reads.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, folder=folder)
    return call(folder / "bin" / "recell", "info", folder=folder)


def test_a_wheel_with_the_library_serves_every_python_on_one_platform(archive: Path, tmp_path: Path) -> None:
    try:
        make_library.find_compiler()
    except make_library.CannotBuild as error:
        pytest.skip(str(error))
    wheel, printed = wheel_of(archive, tmp_path / "wheels")
    assert make_library.report(None) in printed
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name.endswith(f"-py3-none-{platform}.whl")
    (line,) = (line for line in report_of(wheel, tmp_path / "env").splitlines() if line.startswith("kernels"))
    assert line.startswith("kernels  compiled for ")


def test_a_wheel_without_it_serves_every_platform(archive: Path, tmp_path: Path) -> None:
    wheel, printed = wheel_of(archive, tmp_path / "wheels", CXX="no-such-compiler")
    (line,) = (line.strip() for line in printed.splitlines() if "fused kernels" in line)
    assert line == make_library.report("no C++ compiler found (no-such-compiler)")
    assert wheel.name.endswith("-py3-none-any.whl")
    printed = report_of(wheel, tmp_path / "env")
    assert "kernels  PyTorch's operations: there is no " in printed
