"""The switch between releases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recell.graph import compat


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    before = compat.get_version()
    yield
    compat.set_version(before)


@pytest.mark.parametrize(
    ("version", "shares"),
    [
        ("auto", False),
        ("1.0", False),
        ("1.0.1", False),
        ("0.12", False),
        ("1.1", True),
        ("1.2.1", True),
        ("1.15", True),
    ],
)
def test_repeated_cells_are_shared_from_1_1_on(version: str, shares: bool) -> None:
    compat.set_version(version)
    assert compat.get_version() == version
    assert compat.shares_repeated_cells() is shares


@pytest.mark.parametrize("version", ["2.0", "1", "latest", "1.15rc0"])
def test_other_versions_are_refused(version: str) -> None:
    with pytest.raises(ValueError, match="is not a release of TensorFlow 1"):
        compat.set_version(version)
