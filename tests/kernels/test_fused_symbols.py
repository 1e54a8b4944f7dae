"""Objects of one instruction set share no functions with those of another: the linker would keep any of the copies."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.kernels.library import make_library


def weak_symbols(path: Path) -> list[str]:
    """What the linker keeps one copy of, by its name in C++, but for the compiler's own references (DW.ref)."""
    listed = subprocess.run(
        ["nm", "--demangle", "--defined-only", "--format=posix", path], capture_output=True, text=True, check=True
    )
    # name, which may hold spaces; type; address; size
    entries = [line.rsplit(maxsplit=3) for line in listed.stdout.splitlines()]
    weak = [entry[0] for entry in entries if len(entry) == 4 and entry[1] in "VWu"]
    return [name for name in weak if not name.startswith("DW.ref.")]


def objects_of(sources: Path, cache: Path) -> dict[str, list[Path]]:
    """Instruction set -> its objects."""
    try:
        compiler = make_library.find_compiler()
        found = make_library.objects(compiler, make_library.FAST, cache, sources)
    except make_library.CannotBuild as error:
        pytest.skip(str(error))
    sets = list(compiler.instruction_sets)
    by_set = found[len(list(sources.glob("*.cpp"))) :]
    each = len(by_set) // len(sets)
    return {name: by_set[n * each : (n + 1) * each] for n, name in enumerate(sets)}


@pytest.mark.skipif(shutil.which("nm") is None, reason="symbols are listed by nm")
class TestSymbols:
    def test_what_the_linker_may_merge_names_its_instruction_set(self) -> None:
        for name, paths in objects_of(make_library.SOURCES, make_library.CACHE).items():
            assert paths
            for path in paths:
                foreign = [symbol for symbol in weak_symbols(path) if f"recell::{name}::" not in symbol]
                assert not foreign, f"{path.name} for {name}"

    def test_a_function_outside_of_the_namespace_is_seen(self, tmp_path: Path) -> None:
        vector = tmp_path / "vector"
        vector.mkdir()
        (vector / "leak.cpp").write_text("inline int leak() { return 1; }\nint (*taken)() = leak;\n")
        for paths in objects_of(tmp_path, tmp_path / "cache").values():
            assert weak_symbols(paths[0]) == ["leak()"]
