"""Attention gives the numbers, the gradients and the variable names of genuine TensorFlow 1.15."""

from __future__ import annotations

import pytest
from tests.seq2seq.golden_attention import attention_names, check_attention

import recell.v1 as tf


@pytest.mark.parametrize("name", attention_names())
def test_golden(name: str) -> None:
    check_attention(tf, name)
