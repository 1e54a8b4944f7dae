"""Compiles the fused kernels: the C++ beside this file becomes one plain shared library.

`setup.py` runs it while installing, `make` when a source has changed, and the tests with sanitizers. It needs the
standard library and a C++ compiler, and is in no wheel.

Every `vector/*.cpp` is compiled once for each instruction set, every other `*.cpp` once, files side by side. The
library calls nothing of Python's and links no OpenMP: `recell.kernels` hands it the runtime that PyTorch has loaded.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
LIBRARY = SOURCES.parent / "_librecell.so"
"""Where `recell.kernels` looks for the library; the suffix is the same on every system, since nothing links to it."""

CACHE = SOURCES.parents[3] / "build" / "native"
"""Objects by the hash of what they were made of."""

# Errno and traps are not looked at; both keep loops from becoming vector code.
FAST = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")
COMMON = ("-std=c++17", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-Wall", "-Wextra")

PORTABLE: Mapping[str, tuple[str, ...]] = {"portable": ()}
X86_64: Mapping[str, tuple[str, ...]] = {
    "portable": (),
    "avx2": ("-mavx2", "-mfma"),
    "avx512": ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma"),
}
"""Flags of each instruction set, the least demanding first."""


class CannotBuild(Exception):
    """The library cannot be made here; the message is one line that says why."""


@dataclasses.dataclass(frozen=True)
class Compiler:
    """A C++ compiler, and the options that the environment gives it: they come last, so that they win."""

    command: tuple[str, ...]
    options: tuple[str, ...]
    version: str = ""
    machine: str = ""

    @property
    def instruction_sets(self) -> Mapping[str, tuple[str, ...]]:
        """Instruction set -> its flags."""
        return X86_64 if self.machine.startswith("x86_64") else PORTABLE

    def run(self, *arguments: str) -> str:
        """Runs the compiler and returns what it prints.

        Raises:
            CannotBuild: with the first error that it reports.
        """
        command = [*self.command, *arguments, *self.options]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            lines = result.stderr.splitlines() or ["no message"]
            first = next((line for line in lines if "error" in line), lines[0])
            raise CannotBuild(f"{self.command[0]} failed: {first.strip()}")
        return result.stdout


def find_compiler(environment: Mapping[str, str] = os.environ) -> Compiler:
    """The compiler that CXX names, or the system's, with CXXFLAGS and ARCHFLAGS.

    Raises:
        CannotBuild: where there is none, or one whose options are not GCC's.
    """
    if sys.platform == "win32":
        raise CannotBuild("Windows' compiler does not take the options of GCC and Clang")
    named = shlex.split(environment.get("CXX", ""))
    candidates = [named] if named else [["c++"], ["g++"], ["clang++"]]
    found = next((candidate for candidate in candidates if shutil.which(candidate[0])), None)
    if found is None:
        raise CannotBuild(f"no C++ compiler found ({', '.join(shlex.join(c) for c in candidates)})")
    options = [option for name in ("CXXFLAGS", "ARCHFLAGS") for option in shlex.split(environment.get(name, ""))]
    bare = Compiler(tuple(found), tuple(options))
    return dataclasses.replace(bare, version=bare.run("--version"), machine=bare.run("-dumpmachine").strip())


def objects(compiler: Compiler, flags: Sequence[str], cache: Path, sources: Path = SOURCES) -> list[Path]:
    """Compiles every source, each one only if nothing that it is made of has changed since.

    Args:
        compiler: what compiles.
        flags: options for every file.
        cache: the folder that keeps objects.
        sources: the folder that holds `*.cpp`, and `vector/*.cpp` for each instruction set.

    Returns:
        The objects, in the order in which they must be linked.

    Raises:
        CannotBuild: with the first error of the compiler.
    """
    # The linker keeps the first of several copies of an inline function, so the copy that every processor can execute
    # must come first: one from a file that was compiled for AVX-512 would stop the others.
    jobs: list[tuple[Path, tuple[str, ...]]] = [(source, ()) for source in sorted(sources.glob("*.cpp"))]
    for name, extra in compiler.instruction_sets.items():
        jobs += [(source, (f"-DRECELL_ISA={name}", *extra)) for source in sorted(sources.glob("vector/*.cpp"))]
    headers = b"".join(path.read_bytes() for path in sorted({*SOURCES.rglob("*.h"), *sources.rglob("*.h")}))
    cache.mkdir(parents=True, exist_ok=True)

    def compiled(job: tuple[Path, tuple[str, ...]]) -> Path:
        source, extra = job
        options = [*COMMON, *flags, *extra, *(["-DRECELL_WITH_X86"] if compiler.instruction_sets is X86_64 else [])]
        what = "\0".join([*compiler.command, *compiler.options, compiler.version, str(source), *options]).encode()
        target = cache / f"{source.stem}-{hashlib.sha256(what + headers + source.read_bytes()).hexdigest()[:24]}.o"
        if not target.exists():
            part = target.with_suffix(f".{os.getpid()}.part")
            compiler.run(*options, "-c", str(source), "-o", str(part))
            part.replace(target)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compiled, jobs))


def link(compiler: Compiler, parts: Sequence[Path], flags: Sequence[str], output: Path) -> None:
    """Links objects into `output`, which appears whole or not at all: a process may have the old one loaded.

    Raises:
        CannotBuild: with the first error of the linker.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_suffix(f".{os.getpid()}.part")
    compiler.run(*map(str, parts), *flags, *shlex.split(os.environ.get("LDFLAGS", "")), "-o", str(part))
    part.replace(output)


def exports() -> str:
    """The option that lets the library show its interface and nothing else."""
    return (
        "-Wl,-exported_symbol,_recell_*"
        if sys.platform == "darwin"
        else f"-Wl,--version-script={SOURCES / 'exports.map'}"
    )


def build(output: Path = LIBRARY, cache: Path = CACHE) -> str | None:
    """Makes the library, or leaves none: an old one would run what the sources no longer say.

    Args:
        output: the library's path.
        cache: the folder that keeps objects.

    Returns:
        None, or in one line why there is no library.
    """
    reason = "RECELL_KERNELS=off" if os.environ.get("RECELL_KERNELS") == "off" else None
    if reason is None:
        try:
            compiler = find_compiler()
            link(compiler, objects(compiler, FAST, cache), ["-shared", exports()], output)
        except CannotBuild as error:
            reason = str(error)
    if reason is not None:
        output.unlink(missing_ok=True)
    return reason


def main(arguments: Sequence[str] | None = None) -> None:
    """`python make_library.py [--output FILE]`: makes the library and says how that went."""
    parser = argparse.ArgumentParser(description="Compiles the fused kernels.")
    parser.add_argument("--output", type=Path, default=LIBRARY, help="the library's path (default %(default)s)")
    output: Path = parser.parse_args(arguments).output
    print(report(build(output)))


def report(reason: str | None) -> str:
    """The one line about a build that ended with `reason`."""
    if reason is None:
        return "recell: fused kernels built"
    return f"recell: fused kernels not built, recurrences will run on PyTorch's operations: {reason}"


if __name__ == "__main__":
    main()
