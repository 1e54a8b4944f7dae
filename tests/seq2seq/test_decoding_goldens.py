"""Decoders, helpers and `sequence_loss` give the numbers, gradients, draws and names of genuine TensorFlow 1.15."""

from __future__ import annotations

import pytest
from tests.seq2seq.golden_decoding import DECODERS, check_decoder, check_loss, loss_names

import recell.v1 as tf


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_decoder(name: str) -> None:
    check_decoder(tf, name)


@pytest.mark.parametrize("name", loss_names())
def test_loss(name: str) -> None:
    check_loss(tf, name)
