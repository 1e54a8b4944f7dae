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
from recell.kernels import native

FILES = [pathlib.Path(__file__).with_name(name) for name in ("probes.txt", "more_probes.txt", "contrib_probes.txt")]
PROBES = {name: code for path in FILES for name, code in probes.read(path).items()}
ANSWERS = {name: found for path in FILES for name, found in probes.answers(path).items()}

# What needs a symbol that is not there yet, by symbol. A probe that no longer misses it has to leave the list.
LATER: dict[str, str] = {}
MISSING = {name: symbol for symbol, names in LATER.items() for name in names.split()}


class Ours(NamedTuple):
    """An answer that differs from TensorFlow's on purpose: of an error, pieces of the message."""

    why: str
    pieces: tuple[str, ...] = ()
    error: str | None = None  # the class, if that is another one
    result: Any = None
    reads: Callable[[Any], Any] | None = None  # what of our result has to be TensorFlow's


def _without_annotations(signatures: list[str]) -> list[str]:
    return [re.sub(r": '[^']*'| -> '[^']*'", "", text).replace(" = ", "=") for text in signatures]


_A_STEP = "a cell's step is one operation, and its parts have no numbers of their own"
_STATE = "the loop of dynamic_rnn is one operation: the structures are the states alone, without TF's counters"
_CONFIG = "a stack of cells is described by its cells, and can be made again from that"
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
    "cudnn_layer_cpu": Ours("it runs on every device"),
    "ctc_beam_default_merge_repeated": Ours("our functions have annotations", reads=_without_annotations),
    "tensorarray_double_write_in_loop": Ours(
        "TF numbers the arrays of all graphs of the process",
        ("Could not write to TensorArray index 0 because it has already been written to.",),
    ),
    "scope_name_and_dtype": Ours("a layer knows its graph", reads=lambda found: [*found[:3], not found[3]]),
    "config_multirnn": Ours(
        _CONFIG, reads=lambda found: {key: found[key] for key in found if key not in ("cells", "state_is_tuple")}
    ),
    "config_multirnn_round_trip": Ours(_CONFIG, result=["MultiRNNCell", "(2, 3)"]),
    "zero_state_float_tensor": Ours("zeros are made without a concat", ("has DataType float32 not in list of",)),
    "custom_cell_without_super_init_call": Ours("another private name", ("'C' object has no attribute '_",)),
    "state_changes_dtype": Ours(
        "TF raises InvalidArgumentError at the first run", ("has dtype float32, but the step returns",), "TypeError"
    ),
    "output_size_wrong_with_lengths": Ours(
        "the output is compared with output_size before the lengths choose rows",
        ("Inconsistent shapes: saw (4, 3) but expected (4, 5)",),
    ),
    "cell_returns_one_thing": Ours(
        "there is no eager execution to recommend", ("iterating over `tf.Tensor` is not allowed in Graph execution.",)
    ),
    "multirnn_state_too_short": Ours(
        "StagingError is what TF wraps every error of a rewritten function in",
        ("tuple index out of range",),
        "IndexError",
    ),
    "rank_unknown_inputs": Ours(
        "TF subscripts the dims, which are None", ("The rank of the input must be known",), "ValueError"
    ),
    "cell_used_by_two_graphs": Ours(
        _A_STEP, ('Tensor("gru_cell/gates/kernel', "must be from the same graph as Tensor(")
    ),
    "lstm_memory_of_other_dtype": Ours(_A_STEP, ("has type float64 that does not match type float32 of argument",)),
    "lstm_concatenated_state_of_other_depth": Ours(
        "TF drops the columns that are too many",
        ("can't split axis of size 5 into pieces of size [2,2]",),
        "ValueError",
    ),
}

_DOUBLE = "TF has it in single precision only, or makes some of its variables in single precision"
_CARRY = "TF's class forgets its base's constructor, and has no weights and no name"


def _variables(cell: str, prefix: str = "") -> list[str]:
    return [prefix + name for name, _ in ANSWERS["variables/" + cell]["result"][0]]


def _in_double(cell: str, prefix: str) -> Ours:
    return Ours(_DOUBLE, result=[[name + " float64" for name in _variables(cell, prefix)], "float64"])


def _weights(cell: str) -> Ours:
    """The wrapper's own variables."""
    found = [name for name in _variables(cell) if "cell" not in name]
    return Ours(_CARRY, result=[found, found, False])


OURS.update(
    {f"float64/{cell}": _in_double(cell, "d/") for cell in ("lstmblock", "grublock", "grublock2", "phased")}
    | {
        f"float64_without_scope/{cell}": _in_double(cell, "")
        for cell in [
            "coupled_ln",
            "lstmblock",
            "grublock",
            "grublock2",
            "phased",
            "attention",
            "attention_lstm",
            "attention_joined",
            "highway",
            "highway_free",
        ]
    }
    | {f"weights/{cell}": _weights(cell) for cell in ("highway", "highway_free", "compiled")}
    | {
        f"names_of_objects/{cell}": Ours(_CARRY, result=[f"{kind}_wrapper_1", f"{kind}_wrapper_2"])
        for cell, kind in (("highway", "highway"), ("highway_free", "highway"), ("compiled", "compiled"))
    }
    | {
        "unknown_batch_and_time/timefreq": Ours(
            "TF asks the unknown batch for its number", result=[_variables("timefreq"), ["(?, ?, 3)", "(?, 6)"]]
        )
    }
)

if native().active:
    OURS["nan_in_padding_mixed_lengths"] = Ours(
        "a fused kernel reads no padding, so that none reaches the gradients", result=[False] * 5
    )

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
        return probes.check(expected, got, rtol=1e-4 if name.startswith("gradients/") else 1e-5)
    with pytest.raises(AssertionError):  # else it has no business in the list
        probes.check(expected, got)
    if ours.pieces:
        assert "error" in got
        assert got["error"][0] == (ours.error or expected["error"][0])
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
