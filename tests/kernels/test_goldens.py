"""The known cells against what TensorFlow 1.15 computed for them under `dynamic_rnn`: values and gradients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recell.kernels import gru, lstm, rnn

GOLDENS = Path(__file__).parents[1] / "goldens"
CELLS = {
    "basic_rnn": rnn,
    "basic_rnn_relu": rnn,
    "gru": gru,
    "gru_relu": gru,
    "basic_lstm": lstm,
    "basic_lstm_fb0": lstm,
    "basic_lstm_relu": lstm,
    "lstm": lstm,
    "lstm_fb0": lstm,
    "lstm_peep": lstm,
    "lstm_cellclip": lstm,
    "lstm_proj": lstm,
}
KEYWORDS = {
    "w_i_diag": "peephole_i",
    "w_f_diag": "peephole_f",
    "w_o_diag": "peephole_o",
    "projection/kernel": "projection",
}


def load(name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with np.load(GOLDENS / f"{name}.npz") as arrays:
        values = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    given = json.loads((GOLDENS / f"{name}.json").read_text())["cell"]["kwargs"]
    options = {key: given[key] for key in ("forget_bias", "cell_clip", "proj_clip") if given.get(key) is not None}
    if given.get("activation") == {"$fn": "tf.nn.relu"}:
        options["activation"] = torch.relu
    return values, options


@pytest.mark.parametrize("name", CELLS)
def test_dynamic_rnn(name: str) -> None:
    values, options = load(name)
    variables = {key: value.requires_grad_() for key, value in values.items() if key.startswith("var/")}
    x = values["dyn/in/x/0"].requires_grad_()
    leaves = sorted(key for key in values if key.startswith("dyn/in/state/"))
    state = [values[key].requires_grad_() for key in leaves]
    positional = []
    for key, variable in variables.items():
        keyword = next((KEYWORDS[end] for end in KEYWORDS if key.endswith(end)), None)
        if keyword:
            options[keyword] = variable
        else:
            positional.append(variable)
    outputs, *final = CELLS[name](
        x.transpose(0, 1), *state, *positional, lengths=values["dyn/in/sequence_length"], **options
    )
    outputs = outputs.transpose(0, 1)
    torch.testing.assert_close(outputs, values["dyn/out/0"], rtol=1e-5, atol=1e-6)
    for k, leaf in enumerate(final):
        torch.testing.assert_close(leaf, values[f"dyn/state/{k}"], rtol=1e-5, atol=1e-6)
    losses = {
        "dyn/grad": (outputs * values["dyn/R/out/0"]).sum(),
        "dyn/grad_state": sum((leaf * values[f"dyn/R/state/{k}"]).sum() for k, leaf in enumerate(final)),
    }
    for prefix, loss in losses.items():
        expected = {"in/x/0": x} | {f"in/state/{k}": leaf for k, leaf in enumerate(state)}
        expected |= {key.replace("var/", "var/rnn/"): value for key, value in variables.items()}
        gradients = torch.autograd.grad(loss, list(expected.values()), retain_graph=True, materialize_grads=True)
        for key, gradient in zip(expected, gradients, strict=True):
            torch.testing.assert_close(
                gradient, values[f"{prefix}/{key}"], rtol=1e-4, atol=1e-5, msg=lambda m, k=key: f"{k}: {m}"
            )
