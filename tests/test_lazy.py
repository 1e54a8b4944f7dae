"""What is left out of torch's start is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
import sys
import recell.v1 as tf
tf.Session  # imports torch
import torch
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START + program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


USES = """
import copy
print(tuple(torch.broadcast_shapes((2, 1), (3,))))
print(torch.Generator().manual_seed(1).initial_seed())
print(torch.empty(3, device="meta").add(1).device.type)
print(torch.linalg.norm(torch.ones(4)).item())
print(copy.deepcopy(torch.nn.LSTM(2, 3)).hidden_size)
print(len(torch._decomp.decomposition_table) > 100)
import torch.export
print(callable(torch.export.export))
print(torch.compile(lambda x: x * 2, backend="eager")(torch.ones(1)).item())
"""

GUESTS = {
    "print(torch.ones(2))": "tensor([1., 1.])",
    "print(torch.vmap(lambda x: x * 2)(torch.ones(2)).tolist())": "[2.0, 2.0]",
    "print(torch.cond(torch.tensor(True), torch.sin, torch.cos, (torch.zeros(1),)).item())": "0.0",
    "print(torch.distributions.Normal(0.0, 1.0).mean.item())": "0.0",
    "from torch.func import grad; print(grad(lambda x: x * x)(torch.tensor(3.0)).item())": "6.0",
    "import torch.utils.checkpoint as c; print(c.checkpoint(abs, torch.ones(1), use_reentrant=False).item())": "1.0",
    "import torch.fx.passes, torch.nn.intrinsic.qat, torch.masked.maskedtensor; print(1)": "1",
    "from torch._subclasses.fake_tensor import FakeTensorMode; print(FakeTensorMode.__name__)": "FakeTensorMode",
}


def test_the_rest_of_torch_works():
    assert run(USES).split("\n") == ["(2, 3)", "1", "meta", "2.0", "3", "True", "True", "2.0", ""]


@pytest.mark.parametrize("program", GUESTS)
def test_any_part_may_be_asked_for_first(program):
    assert run(program).strip() == GUESTS[program]


def test_the_compiler_and_the_exporter_are_not_loaded_at_the_start():
    kinds = run("print(type(sys.modules['torch.export']).__name__, 'torch._decomp' in sys.modules)")
    assert kinds.split() == ["_Unexecuted", "False"]


def test_a_training_step_needs_none_of_them():
    step = """
v = tf.Variable([[1.0, 2.0]])
train = tf.train.AdamOptimizer(0.1).minimize(tf.nn.l2_loss(tf.tanh(v)))
session = tf.Session()
session.run(tf.global_variables_initializer())
session.run(train)
print(type(sys.modules["torch.func"]).__name__, type(sys.modules["torch._higher_order_ops"]).__name__)
"""
    assert run(step).split() == ["_Unexecuted", "_Unexecuted"]


def test_libraries_loaded_ahead_are_torchs():
    program = """
import sys, threading
from recell._lazy import load_libraries_ahead
load_libraries_ahead()
load_libraries_ahead()
import torch
print(torch.ones(2).sum().item())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("2.0\n", "")
