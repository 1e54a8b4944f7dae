"""What is left out of torch's start is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

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


def test_the_rest_of_torch_works():
    assert run(USES).split("\n") == ["(2, 3)", "1", "meta", "2.0", "3", "True", "True", "2.0", ""]


def test_the_compiler_and_the_exporter_are_not_loaded_at_the_start():
    kinds = run("print(type(sys.modules['torch.export']).__name__, 'torch._decomp' in sys.modules)")
    assert kinds.split() == ["_Unexecuted", "False"]
