"""CTC and conditional random fields give genuine TensorFlow 1.15's numbers and gradients."""

from __future__ import annotations

import doctest

import pytest
from tests.golden_program import check_program
from tests.ops.golden_ctc_crf import CTC_CRF

import recell.v1 as tf
from recell.ops import ctc_labels


@pytest.mark.parametrize("name", sorted(CTC_CRF))
def test_golden(name: str) -> None:
    check_program(tf, name, CTC_CRF[name])


def test_examples() -> None:
    assert doctest.testmod(ctc_labels).failed == 0
