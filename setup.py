"""Builds the fused kernels along with the package; everything else is in pyproject.toml.

The library is plain shared code that Python loads by ctypes, so a wheel that holds it fits every Python on one kind
of machine, and one without it fits every machine. Without a compiler the package installs and runs on PyTorch's
operations.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Command, Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build

# A build backend does not put the folder of setup.py on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent / "src" / "recell" / "kernels" / "csrc"))
import make_library as native


class BuildLibrary(Command):
    """Compiles the library into the build folder, or beside the sources for an editable installation."""

    description = "compile the fused kernels"
    user_options = []  # noqa: RUF012 (as setuptools wants it)
    editable_mode = False

    def initialize_options(self) -> None:
        self.build_lib: str | None = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    @property
    def library(self) -> Path:
        """Where the library goes."""
        if self.editable_mode:
            return native.LIBRARY
        assert self.build_lib is not None
        return Path(self.build_lib, "recell", "kernels", native.LIBRARY.name)

    def run(self) -> None:
        print(native.report(native.build(self.library)))

    def get_source_files(self) -> list[str]:
        """Nothing beyond what MANIFEST.in names."""
        return []

    def get_outputs(self) -> list[str]:
        return [str(self.library)] if self.library.exists() else []

    def get_output_mapping(self) -> dict[str, str]:
        """No source is copied as it is."""
        return {}


class Wheel(bdist_wheel):
    """A wheel for every Python, of one platform if the library is in it."""

    def get_tag(self) -> tuple[str, str, str]:
        library: BuildLibrary = self.get_finalized_command("build_library")
        platform = super().get_tag()[2] if library.library.exists() else "any"
        return "py3", "none", platform


class WithLibrary(Distribution):
    """Tells setuptools that files of one platform may be among what is installed."""

    def has_ext_modules(self) -> bool:
        return True


build.sub_commands.append(("build_library", None))
setup(distclass=WithLibrary, cmdclass={"build_library": BuildLibrary, "bdist_wheel": Wheel})
