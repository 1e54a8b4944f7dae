"""Compiling the kernels: what is made again, what the library needs, and one line where it cannot be made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.kernels.library import make_library

LIBRARIES = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libpthread.so.0", "ld-linux-x86-64.so.2"}
"""What every system with a C++ program has; PyTorch itself needs more."""

SOURCE = "int answer() { return 42; }\n"


@pytest.fixture
def compiler() -> make_library.Compiler:
    try:
        return make_library.find_compiler()
    except make_library.CannotBuild as error:
        pytest.skip(str(error))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A small set of sources: one for everyone, one for each instruction set."""
    folder = tmp_path / "sources"
    (folder / "vector").mkdir(parents=True)
    (folder / "common.cpp").write_text('#include "common.h"\n' + SOURCE)
    (folder / "common.h").write_text("int answer();\n")
    (folder / "vector" / "each.cpp").write_text("namespace RECELL_ISA { int answer() { return 42; } }\n")
    return folder


def test_no_compiler_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    reason = make_library.build(tmp_path / "none.so", tmp_path / "cache")
    assert reason == "no C++ compiler found (c++, g++, clang++)"
    assert "\n" not in make_library.report(reason)


def test_a_compiler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", "no-such-c++ -m64")
    assert make_library.build(tmp_path / "none.so", tmp_path) == "no C++ compiler found (no-such-c++ -m64)"


def test_a_compiler_that_fails_leaves_its_first_error_and_no_old_library(
    compiler: make_library.Compiler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CXXFLAGS", "-include no-such-header.h")
    output = tmp_path / "old.so"
    output.write_text("what the sources no longer say")
    reason = make_library.build(output, tmp_path / "cache")
    assert reason is not None
    assert reason.startswith(f"{compiler.command[0]} failed: ")
    assert "error" in reason
    assert "\n" not in reason
    assert not output.exists()


def test_off_builds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RECELL_KERNELS", "off")
    assert make_library.build(tmp_path / "none.so", tmp_path) == "RECELL_KERNELS=off"


def test_the_users_options_come_last(compiler: make_library.Compiler) -> None:
    chosen = make_library.find_compiler({"CXX": compiler.command[0], "CXXFLAGS": "-O0", "ARCHFLAGS": "-DARCH=1"})
    assert chosen.options == ("-O0", "-DARCH=1")


def test_only_what_changed_is_compiled_again(compiler: make_library.Compiler, sources: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    sets = len(compiler.instruction_sets)
    first = make_library.objects(compiler, ["-O0"], cache, sources)
    assert len(first) == 1 + sets
    assert make_library.objects(compiler, ["-O0"], cache, sources) == first
    (sources / "common.cpp").write_text("int answer() { return 43; }\n")
    second = make_library.objects(compiler, ["-O0"], cache, sources)
    assert second[0] != first[0]
    assert second[1:] == first[1:]
    (sources / "common.h").write_text("int answer(); int question();\n")
    assert not set(make_library.objects(compiler, ["-O0"], cache, sources)) & {*first, *second}


def test_code_for_every_processor_is_linked_first(
    compiler: make_library.Compiler, sources: Path, tmp_path: Path
) -> None:
    if shutil.which("nm") is None:
        pytest.skip("nm lists what an object holds")
    objects = make_library.objects(compiler, ["-O0"], tmp_path / "cache", sources)
    names = [subprocess.run(["nm", "-C", part], capture_output=True, text=True, check=True).stdout for part in objects]
    found = [next((isa for isa in compiler.instruction_sets if f"{isa}::answer()" in text), "every") for text in names]
    assert found == ["every", *compiler.instruction_sets]


def test_the_library_needs_what_every_system_has_and_shows_its_interface(
    compiler: make_library.Compiler, tmp_path: Path
) -> None:
    if shutil.which("readelf") is None:
        pytest.skip("readelf lists what a library needs")
    library = tmp_path / "library.so"
    assert make_library.build(library, make_library.CACHE) is None
    dynamic = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    needed = {line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line}
    assert needed <= LIBRARIES
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    shown = {line.split()[-1] for line in symbols.splitlines()}
    assert "recell_abi" in shown
    assert all(name.startswith("recell_") for name in shown)
