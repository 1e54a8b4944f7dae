"""The C++ of the kernels under the address, undefined-behaviour and thread sanitizers: `make sanitize`."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.kernels.library import make_library

DRIVER = Path(__file__).parent / "native"
SANITIZERS = {
    # Not optimised: the checks that it adds to every access take the compiler longer than the program that it saves.
    "address": ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O0"),
    "thread": ("-fsanitize=thread", "-O1"),
}

Program = Path


def compiler_with(sanitizer: str, folder: Path) -> make_library.Compiler:
    """The compiler, if a program that it makes with the sanitizer runs here; skips with the reason if not."""
    source = folder / "empty.cpp"
    source.write_text("int main() {}\n")
    try:
        compiler = make_library.find_compiler()
        compiler.run(*SANITIZERS[sanitizer], str(source), "-o", str(folder / "empty"))
    except make_library.CannotBuild as error:
        pytest.skip(str(error))
    result = subprocess.run([folder / "empty"], capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"a program with the {sanitizer} sanitizer does not run here: {result.stderr.strip()[:200]}")
    return compiler


@pytest.fixture(scope="module", params=sorted(SANITIZERS))
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The driver with the kernels in it, built with one of the sanitizers."""
    folder = tmp_path_factory.mktemp(request.param)
    compiler = compiler_with(request.param, folder)
    if request.param == "thread":
        # Threads meet at the same places whatever the width of vectors, so one width is enough.
        compiler = dataclasses.replace(compiler, machine="any")
    flags = [*SANITIZERS[request.param], "-g", "-ffp-contract=fast", f"-I{make_library.SOURCES}", "-pthread"]
    kernels = make_library.objects(compiler, flags, make_library.CACHE)
    driver = make_library.objects(compiler, flags, make_library.CACHE, DRIVER)
    make_library.link(compiler, [*kernels, *driver], flags, folder / "driver")
    return folder / "driver"


@pytest.mark.parametrize("instruction_set", ["portable", "avx2", "avx512"])
def test_nothing_is_read_or_written_out_of_turn(program: Program, instruction_set: str) -> None:
    environment = {**os.environ, "RECELL_KERNELS": instruction_set}
    result = subprocess.run([program], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-6000:]
    if result.stdout != f"all well on {instruction_set}\n":
        pytest.skip(f"not {instruction_set}: {result.stdout.strip()}")


def test_every_function_of_the_interface_is_called() -> None:
    declared = {
        name for path in make_library.SOURCES.glob("*.h") for name in re.findall(r"\b(recell_\w+)\(", path.read_text())
    }
    calls = "".join(path.read_text() for path in DRIVER.glob("*.cpp"))
    assert sorted(name for name in declared if f"{name}(" not in calls) == ["recell_abi"]


def test_the_sanitizers_see_what_is_wrong(program: Program) -> None:
    environment = {**os.environ, "RECELL_KERNELS": "portable"}
    result = subprocess.run(
        [program, "misuse"], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode != 0
    assert "heap-buffer-overflow" in result.stderr or "data race" in result.stderr
