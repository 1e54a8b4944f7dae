"""Names, sharing, reuse, values and errors of cells and drivers are genuine TensorFlow 1.15's, probe by probe."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.rnn import probes

import recell.v1 as tf
from recell.graph import compat

FILE = pathlib.Path(__file__).with_name("probes.txt")
PROBES, ANSWERS = probes.read(FILE), probes.answers(FILE)

# What needs a symbol that is not there yet, by symbol. A probe that no longer misses it has to leave the list.
LATER = {
    "tf.contrib.seq2seq": """
        attention_wrapper_names attention_wrapper_multi_names attention_wrapper_monotonic_names
        dynamic_decode_twice_scope dynamic_decode_twice_same_cell beam_decoder_names sequence_loss_bad_rank
        sequence_loss_both attention_wrapper_batch_mismatch attention_wrapper_bad_mechanism attention_memory_len_zero
        luong_query_depth attention_wrapper_state_clone attention_wrapper_state_clone_badshape
        attention_wrapper_size_and_layer decoder_not_decoder basic_decoder_bad_helper dynamic_decode_maxiter_vector
        training_helper_seqlen_scalar greedy_helper_scalar_start tile_batch_layout monotonic_bad_mode
        beam_untiled_state beam_coverage_without_attention alignment_history_in_dynamic_rnn_with_len
        training_helper_all_zero_len
    """,
    "tf.contrib.legacy_seq2seq": """
        legacy_names_embedding_attention legacy_names_basic legacy_names_tied legacy_names_embedding_tied
        legacy_names_one2many legacy_names_embedding_rnn
    """,
    "tf.keras.layers": "keras_cell_in_dynamic_rnn",
}
SOON = {
    "tf.contrib.rnn.LayerNormBasicLSTMCell": """
        multirnn_same_object_nonlayer multirnn_same_object_nonlayer_same_size nonlayer_cell_two_dynamic_rnn_diff_scope
        nonlayer_cell_two_dynamic_rnn_same_scope nonlayer_lnlstm_called_twice nonlayer_lnlstm_called_twice_with_reuse
    """,
    "tf.contrib.rnn.IntersectionRNNCell": "intersection_needs_proj",
    "tf.contrib.rnn.GLSTMCell": "glstm_bad_groups",
    "tf.contrib.rnn.GRUBlockCell": "gru_block_no_units",
    "tf.contrib.rnn.LSTMBlockFusedCell": "lstm_block_fused_list_input fused_seqlen0_state",
    "tf.contrib.cudnn_rnn": "cudnn_layer_cpu",
    "tf.contrib.rnn.LSTMBlockCell": "lstm_block_clip_zero_means_off",
}
MISSING = {name: symbol for table in (LATER, SOON) for symbol, names in table.items() for name in names.split()}


class Ours(NamedTuple):
    """An answer that differs from TensorFlow's on purpose: of an error, pieces of the message."""

    why: str
    pieces: tuple[str, ...] = ()
    result: Any = None
    reads: Callable[[Any], Any] | None = None  # what of our result has to be TensorFlow's


def _without_annotations(signatures: list[str]) -> list[str]:
    return [re.sub(r": '[^']*'| -> '[^']*'", "", text).replace(" = ", "=") for text in signatures]


_A_STEP = "a cell's step is one operation, and its parts have no numbers of their own"
_STATE = "the loop of dynamic_rnn is one operation: the structures are the states alone, without TF's counters"
_OTHER_STATE = (
    "The two structures don't have the same nested structure.\n\nFirst structure: type={}",
    "More specifically: The two namedtuples don't have the same sequence type. First structure type={}",
    " has type {}, while second structure type={}",
)


def _other_state(first: str, second: str) -> tuple[str, ...]:
    return tuple(text.format(*(first, second)[: text.count("{}")]) for text in _OTHER_STATE)


OURS = {
    "multirnn_same_object_different_depth": Ours(
        _A_STEP, ("are 10 and 8 for 'rnn/while/rnn/multi_rnn_cell/cell_0/lstm_cell/MatMul'", "shapes: [4,10], [8,20].")
    ),
    "input_depth_changes": Ours(_A_STEP, ("are 9 and 5 for 'gru_cell/MatMul'", "input shapes: [4,9], [5,4].")),
    "initial_state_plain_tuple": Ours(_STATE, _other_state("tuple", "LSTMStateTuple")),
    "initial_state_list": Ours(_STATE, _other_state("list", "LSTMStateTuple")),
    "multirnn_list_of_lstmstatetuple_state": Ours(_STATE, _other_state("list", "tuple")),
    "seqlen_wrong_batch": Ours(
        "the lengths are compared with the batch before the cell's output is known",
        ("Dimension 0 in both shapes must be equal, but are 2 and 4. Shapes are [2] and [4]. for 'rnn/while/Select'",),
    ),
    "deepcopy_built_cell": Ours("no lock is to blame, and the message says what is", ("can't copy layer 'gru_cell",)),
    "graph_variables_collections": Ours(
        "a loop is one operation, and has no context to put in a collection",
        reads=lambda found: [["while_context", *found[0]], found[1]],
    ),
    "viterbi_tie": Ours("how numpy 2 prints a number", reads=lambda text: re.sub(r"np\.float64\((.*?)\)", r"\1", text)),
    "ctc_beam_default_merge_repeated": Ours("our functions have annotations", reads=_without_annotations),
    "tensorarray_double_write_in_loop": Ours(
        "TF numbers the arrays of all graphs of the process",
        ("Could not write to TensorArray index 0 because it has already been written to.",),
    ),
}

# One cell object in several layers: 1.15 shares its weights, and so do we when asked for that release.
SHARED = [name for name in PROBES if name.startswith("multirnn_same_")]


@pytest.fixture
def as_1_15():
    version = compat.get_version()
    compat.set_version("1.15")
    yield
    compat.set_version(version)


def check(name: str) -> None:
    expected, got = ANSWERS[name], probes.answer(tf, PROBES[name])
    ours = OURS.get(name)
    if ours is None:
        return probes.check(expected, got)
    with pytest.raises(AssertionError):  # else it has no business in the list
        probes.check(expected, got)
    if ours.pieces:
        assert got["error"][0] == expected["error"][0]
        assert [piece for piece in ours.pieces if piece not in got["error"][1]] == []
    elif ours.reads is not None:
        probes.check(expected, {"result": ours.reads(got["result"])})
    else:
        probes.check({"result": ours.result}, got)


@pytest.mark.parametrize("name", [name for name in PROBES if name not in MISSING and name not in SHARED])
def test_same_as_tensorflow(name: str) -> None:
    check(name)


@pytest.mark.usefixtures("as_1_15")
@pytest.mark.parametrize("name", [name for name in SHARED if name not in MISSING])
def test_shared_as_in_1_15(name: str) -> None:
    check(name)


@pytest.mark.parametrize("name", [name for name in SHARED if name not in MISSING])
def test_one_cell_in_several_layers_makes_layers(name: str) -> None:
    layers = int(re.search(r"\[c\]\*(\d)", PROBES[name])[1])
    got = probes.answer(tf, PROBES[name])["result"]
    first = [variable for variable in got if "/cell_0/" in variable]
    assert first
    assert got == [variable.replace("cell_0", f"cell_{k}") for k in range(layers) for variable in first]


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_missing(name: str) -> None:
    got = probes.answer(tf, PROBES[name])
    assert got.get("error", [""])[0] == "AttributeError"
    assert f"Recell does not have {MISSING[name]}" in got["error"][1]
