"""Cells and drivers give the numbers, the gradients and the variable names of genuine TensorFlow 1.15."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ops.golden_ctc_crf import CTC_CRF
from tests.rnn.golden_case import FOLDER, Golden, cell_names, cell_parts, check_cell, describe
from tests.rnn.golden_cudnn import networks
from tests.rnn.golden_drivers import DRIVERS, check_driver
from tests.rnn.golden_fused import FUSED
from tests.rnn.golden_ntm import NTM
from tests.seq2seq.golden_attention import attention_names
from tests.seq2seq.golden_beam import BEAM
from tests.seq2seq.golden_decoding import DECODERS, loss_names
from tests.seq2seq.golden_legacy import LEGACY

import recell.v1 as tf

# One cell object in two layers shares its weights in 1.15; by default every layer gets its own, as in 1.0.
CELLS = [(name, part) for name, part in cell_parts() if name != "multi_same_object"]


@pytest.mark.parametrize(("name", "part"), CELLS)
def test_cell(name: str, part: str) -> None:
    check_cell(tf, name, part)


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_driver(name: str) -> None:
    check_driver(tf, name)


def test_every_golden_is_used() -> None:
    random = {path.stem for path in FOLDER.glob("rng_*.json")}
    used = random | set(DRIVERS) | set(FUSED) | set(networks()) | set(NTM) | set(cell_names()) | set(attention_names())
    used |= set(LEGACY) | set(DECODERS) | set(loss_names()) | set(BEAM) | set(CTC_CRF)
    assert {path.stem for path in FOLDER.glob("*.npz")} == used


class TestTheComparisonItself:
    """A checker that rejects nothing proves nothing."""

    golden = Golden("driver_dynamic_rnn_len_beyond")

    def test_accepts_the_golden(self) -> None:
        self.golden.compare_leaves("out", [self.golden["out/0"]])

    def test_rejects_an_error_of_a_ten_thousandth(self) -> None:
        with pytest.raises(AssertionError, match="out/0"):
            self.golden.compare_leaves("out", [self.golden["out/0"] * np.float32(1.0001)])

    def test_rejects_nan(self) -> None:
        value = self.golden["out/0"].copy()
        value[0, 0, 0] = np.nan
        with pytest.raises(AssertionError, match="out/0"):
            self.golden.compare("out/0", value, 1e-5)

    def test_rejects_padding_that_is_nearly_zero(self) -> None:
        value = self.golden["out/0"].copy()
        value[value == 0] = 1e-12
        with pytest.raises(AssertionError, match="not exactly zero"):
            self.golden.compare_leaves("out", [value])

    def test_rejects_another_dtype_and_shape(self) -> None:
        with pytest.raises(AssertionError, match="float64"):
            self.golden.compare("out/0", self.golden["out/0"].astype(np.float64), 1e-5)
        with pytest.raises(AssertionError, match="out/0"):
            self.golden.compare("out/0", self.golden["out/0"][:, :5], 1e-5)

    def test_sees_the_names_of_tuples(self) -> None:
        assert describe((1, [2, 3])) == "(#0, [#1, #2])"
