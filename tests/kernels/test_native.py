"""Loading the compiled kernels: what is accepted, what is refused with which reason, whose threads they run on."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tests.kernels.library import ROOT, make_library

from recell.kernels import _native
from recell.kernels._native import Native, load

HEADER = make_library.SOURCES / "recell.h"
PROBE = Path(__file__).parent / "native" / "probe" / "team.cpp"


@pytest.fixture(autouse=True, scope="module")
def _nothing_chosen() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RECELL_KERNELS", raising=False)
        yield


@pytest.fixture(scope="module")
def compiler() -> make_library.Compiler:
    try:
        return make_library.find_compiler()
    except make_library.CannotBuild as error:
        pytest.skip(str(error))


def probe(compiler: make_library.Compiler, output: Path, abi: int) -> Path:
    """A library that shows what its parallel regions run on, and says that it has interface `abi`."""
    sources = [str(PROBE), str(make_library.SOURCES / "parallel.cpp")]
    compiler.run(
        f"-DPRETENDED_ABI={abi}",
        f"-I{make_library.SOURCES}",
        "-std=c++17",
        "-shared",
        "-fPIC",
        *sources,
        "-o",
        str(output),
    )
    return output


@pytest.fixture(scope="module")
def loaded(compiler: make_library.Compiler, tmp_path_factory: pytest.TempPathFactory) -> Native:
    return load(str(probe(compiler, tmp_path_factory.mktemp("probe") / "probe.so", _native.ABI)))


def run(program: str, **environment: str) -> str:
    """What a fresh interpreter prints for `program`."""
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_python_speaks_the_interface_of_the_header() -> None:
    found = re.search(r"RECELL_ABI = (\d+)", HEADER.read_text(encoding="utf-8"))
    assert found is not None
    assert int(found[1]) == _native.ABI


@pytest.mark.usefixtures("compiler")
def test_the_kernels_are_there_where_a_compiler_is() -> None:
    found = load(_native.LIBRARY)
    assert found.active, f"{found.reason}: run `make .venv/.dev`"
    assert found.instruction_set in _native.CHOICES[1:]


def test_a_missing_library_says_what_to_do(tmp_path: Path) -> None:
    found = load(str(tmp_path / "none.so"))
    assert not found.active
    assert "there is no " in found.reason
    assert "install g++ or clang++" in str(found)


def test_a_file_that_is_no_library_says_why(tmp_path: Path) -> None:
    path = tmp_path / "text.so"
    path.write_text("not a library")
    found = load(str(path))
    assert not found.active
    assert found.reason.startswith(f"{path} cannot be loaded (")


def test_a_library_for_another_processor_says_why(tmp_path: Path) -> None:
    other = 183 if os.uname().machine == "x86_64" else 62  # AArch64's number in ELF, and x86-64's
    path = tmp_path / "foreign.so"
    path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + bytes([3, 0, other, 0, 1]) + bytes(200))
    found = load(str(path))
    assert not found.active
    assert "cannot be loaded" in found.reason


def test_a_library_of_another_interface_is_refused(compiler: make_library.Compiler, tmp_path: Path) -> None:
    found = load(str(probe(compiler, tmp_path / "old.so", _native.ABI + 1)))
    assert not found.active
    assert f"has interface {_native.ABI + 1}, this release of Recell needs {_native.ABI}" in found.reason


def test_a_library_without_the_interface_is_refused(compiler: make_library.Compiler, tmp_path: Path) -> None:
    source, path = tmp_path / "empty.cpp", tmp_path / "empty.so"
    source.write_text("int nothing() { return 0; }\n")
    compiler.run("-shared", "-fPIC", str(source), "-o", str(path))
    assert "has interface 0" in load(str(path)).reason


@pytest.mark.parametrize(
    ("choice", "reason"),
    [("off", "RECELL_KERNELS is off"), ("fast", "RECELL_KERNELS is 'fast'; it may be off, portable, avx2, avx512")],
)
def test_the_environment_switches_off(monkeypatch: pytest.MonkeyPatch, choice: str, reason: str) -> None:
    monkeypatch.setenv("RECELL_KERNELS", choice)
    found = load(_native.LIBRARY)
    assert not found.active
    assert found.reason.startswith(reason)


@pytest.mark.usefixtures("compiler")
def test_the_environment_chooses_the_instruction_set() -> None:
    program = "from recell.kernels import native; print(native().instruction_set)"
    assert run(program, RECELL_KERNELS="portable") == "portable"


def test_importing_does_not_load() -> None:
    program = "import recell.kernels; print('_librecell' in open('/proc/self/maps').read())"
    if not os.path.exists("/proc/self/maps"):
        pytest.skip("what a process has loaded is read from /proc")
    assert run(program) == "False"


@pytest.mark.usefixtures("compiler")
def test_functions_release_the_interpreter() -> None:
    assert type(load(_native.LIBRARY).library) is ctypes.CDLL  # a PyDLL, which is one too, would hold on to it


@pytest.mark.skipif(not torch.backends.openmp.is_available(), reason="PyTorch was built without OpenMP")
class TestThreads:
    """They are those of the OpenMP runtime that PyTorch uses."""

    def test_a_region_has_the_threads_that_it_asks_for(self, loaded: Native) -> None:
        assert [loaded.library.team(threads) for threads in (1, 2, 3)] == [1, 2, 3]

    def test_the_runtime_is_torchs_and_the_only_one(self, loaded: Native) -> None:
        if not os.path.exists("/proc/self/maps"):
            pytest.skip("what a process has loaded is read from /proc")
        program = f"""
import re, torch
from recell.kernels._native import load
found = load({loaded.library._name!r})
torch.ones(1 << 20).exp()
assert found.library.team(2) == 2
runtimes = set(re.findall(r"/.*lib[gi]?omp.*", open("/proc/self/maps").read()))
print(*runtimes, found.runtime, sep="\\n")
"""
        runtime, reported = run(program, OMP_NUM_THREADS="2").splitlines()
        assert os.path.realpath(reported) == os.path.realpath(runtime)

    def test_two_callers_have_teams_of_their_own(self, loaded: Native) -> None:
        sizes: list[int] = []

        def call() -> None:
            sizes.extend(loaded.library.team(2) for _ in range(200))

        callers = [threading.Thread(target=call) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(60)
        assert sizes == [2] * 400

    def test_a_child_after_a_fork_runs_on_one_thread(self, loaded: Native) -> None:
        program = f"""
import os
from recell.kernels._native import load
found = load({loaded.library._name!r})
assert found.library.team(2) == 2
child = os.fork()
if child == 0:
    os._exit(found.library.team(2))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
        assert run(program) == "1"


LSTM = """
import os, torch
from recell import kernels
torch.set_num_threads(THREADS)
x, c, kernel, bias = map(torch.empty, [(9, 64, 8), (64, 128), (136, 512), (512,)])  # to fill them takes threads too
before = len(os.listdir("/proc/self/task"))
kernels.lstm(x, c, c, kernel, bias)
threads = 1 + len(os.listdir("/proc/self/task")) - before
print(kernels.explain(kernels.lstm, x, c, c, kernel, bias)[-1].engine, "on", threads)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="a process' threads are counted in /proc")
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_large_recurrence_runs_on_as_many_threads_as_torch_is_told(threads: int) -> None:
    assert run(LSTM.replace("THREADS", str(threads)), OMP_NUM_THREADS="2") == f"fused on {threads}"


def test_without_a_runtime_there_is_one_thread(
    compiler: make_library.Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_native, "ENTRY_POINTS", ("GOMP_parallel", "omp_get_thread_num", "omp_of_no_runtime"))
    found = load(str(probe(compiler, tmp_path / "alone.so", _native.ABI)))
    assert found.active
    assert found.library.team(3) == 1
    assert "one thread" in str(found)
