"""What every test runs under."""

from __future__ import annotations

import pytest
import torch

from recell.graph.core import has_default_graph, reset_default_graph
from recell.plan import compile as plan_compile


def _memory(value) -> set[int]:
    if isinstance(value, (tuple, list)):
        return set().union(*map(_memory, value)) if value else set()
    if isinstance(value, torch.Tensor) and value.numel():
        return {value.untyped_storage().data_ptr()}
    return set()


@pytest.fixture(autouse=True, scope="session")
def _views_are_declared():
    """Every kernel that hands on the memory of an input must say so with `view=True`.

    In-place updates of variables rely on the mark, and nothing else would notice that it is missing.
    """
    original = plan_compile.bind

    def checked(op, *rest):
        call = original(op, *rest)
        if op.definition.view:
            return call

        def watched(*values):
            result = call(*values)
            shared = _memory(result) & _memory(values)
            assert not shared, f"{op.type} returns memory of its input, but is not marked view=True"
            return result

        return watched

    plan_compile.bind = checked
    yield
    plan_compile.bind = original


@pytest.fixture(autouse=True)
def _fresh_default_graph():
    if has_default_graph():
        reset_default_graph()
