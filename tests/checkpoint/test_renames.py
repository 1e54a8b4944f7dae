"""Names across releases: what genuine releases name their variables, and what is never guessed."""

from __future__ import annotations

import doctest
import itertools
import json
import pathlib
import re
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.checkpoint.release_names import FILE

from recell import checkpoint
from recell.checkpoint import TensorInfo, renames
from recell.checkpoint.renames import RENAMES, Plan, Source, key, plan
from recell.train.checkpoint_convert import RNN_NAME_REPLACEMENTS

with open(FILE) as _file:
    RELEASES: dict[str, dict[str, dict[str, list[int]]]] = json.load(_file)
NEWEST = "1.15.0"
PAIRS = [(case, old) for old, cases in RELEASES.items() for case in cases if old != NEWEST and case in RELEASES[NEWEST]]
SLOTS = ("", "/Adam", "/Adam_1", "/ExponentialMovingAverage")


def infos(shapes: dict[str, list[int]], slots: tuple[str, ...] = ("",)) -> dict[str, Any]:
    return {f"{name}{slot}": TensorInfo("float32", tuple(shape)) for name, shape in shapes.items() for slot in slots}


@pytest.mark.parametrize(("case", "release"), PAIRS, ids=lambda value: str(value))
def test_every_variable_of_a_release_is_found_in_every_other(case: str, release: str) -> None:
    old, new = RELEASES[release][case], RELEASES[NEWEST][case]
    by_key = {key(name): name for name in old}
    assert len(by_key) == len(old)
    assert {key(name) for name in new} == set(by_key)
    for wanted, held in ((new, old), (old, new)):
        found = plan(infos(wanted, SLOTS), infos(held, SLOTS))
        assert not found.misfits
        assert not found.rivals
        sources = {name: source.names for name, source in found.sources.items()}
        expected = {
            f"{name}{slot}": (f"{other}{slot}",)
            for name, other in ((n, o) for n in wanted for o in held if key(n) == key(o))
            for slot in SLOTS
            if name not in held
        }
        assert sources == expected


def test_nothing_is_looked_for_when_nothing_is_missing() -> None:
    held = infos({"rnn/lstm_cell/kernel": [4, 8], "RNN/LSTMCell/W_0": [4, 8]})
    assert plan(infos({"rnn/lstm_cell/kernel": [4, 8]}), held) == Plan()


def test_what_the_graph_reads_under_its_own_name_is_not_taken() -> None:
    wanted = infos({"rnn/gru_cell/gates/bias": [4], "rnn/output_projection_wrapper/gru_cell/gates/bias": [4]})
    assert plan(wanted, infos({"rnn/gru_cell/gates/bias": [4]})) == Plan()


def test_two_that_fit_are_rivals() -> None:
    wanted = infos({"rnn/lstm_cell/kernel": [4, 8]})
    held = infos({"RNN/LSTMCell/W_0": [4, 8], "rnn/lstm_cell/weights": [4, 8]})
    found = plan(wanted, held)
    assert not found.sources
    assert found.rivals == {"rnn/lstm_cell/kernel": ("RNN/LSTMCell/W_0", "rnn/lstm_cell/weights")}
    # One of them by its shape alone is no rival.
    held["RNN/LSTMCell/W_0"] = TensorInfo("float32", (2, 8))
    assert plan(wanted, held).sources["rnn/lstm_cell/kernel"].names == ("rnn/lstm_cell/weights",)


def test_one_that_fits_two_variables_is_read_for_neither() -> None:
    wanted = infos({"rnn/gru_cell/gates/bias": [4], "rnn/output_projection_wrapper/gru_cell/gates/bias": [4]})
    found = plan(wanted, infos({"RNN/GRUCell/Gates/Linear/Bias": [4]}))
    assert not found.sources
    assert set(found.rivals) == set(wanted)


@pytest.mark.parametrize(
    "held", [TensorInfo("float32", (4, 9)), TensorInfo("float64", (4, 8)), TensorInfo("float32", (8,))]
)
def test_another_shape_or_dtype_is_told_and_not_read(held: TensorInfo) -> None:
    found = plan(infos({"rnn/lstm_cell/kernel": [4, 8]}), {"rnn/lstm_cell/weights": held})
    assert not found.sources
    assert found.misfits == {"rnn/lstm_cell/kernel": ("rnn/lstm_cell/weights",)}


def test_unknown_sizes_agree_with_any() -> None:
    held = infos({"rnn/lstm_cell/weights": [4, 8]})
    for shape in (None, (None, 8), (None, None)):
        assert plan({"rnn/lstm_cell/kernel": ("float32", shape)}, held).sources
    for other in ((None,), (None, 9)):
        assert not plan({"rnn/lstm_cell/kernel": ("float32", other)}, held).sources


@pytest.mark.parametrize(
    "name",
    ["fc/weights", "conv_lstm_cell/biases", "my_lstm_cell/weights", "rnn/coupled_lstm_cell/W_0", "lstm_cell_1/B"],
)
def test_names_that_no_release_changed_stay(name: str) -> None:
    assert key(name) == name


@pytest.mark.parametrize(("old", "new"), RNN_NAME_REPLACEMENTS.items())
def test_what_tensorflow_s_own_converter_renames_is_one_variable(old: str, new: str) -> None:
    assert key(f"a/{old}/Adam") == key(f"a/{new}/Adam")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Of 2016, as people then wrote them down.
        ("BiRNN_FW/RNN/BasicLSTMCell/Linear/Matrix", "bidirectional_rnn/fw/basic_lstm_cell/kernel"),
        ("BiRNN_BW/RNN/BasicLSTMCell/Linear/Bias", "bidirectional_rnn/bw/basic_lstm_cell/bias"),
        ("BiRNN_FW/BasicRNNCell/Linear/Matrix", "bidirectional_rnn/fw/basic_rnn_cell/kernel"),
        ("x/BiRNN_BW/LSTMCell/W_F_diag", "x/bidirectional_rnn/bw/lstm_cell/w_f_diag"),
        ("RNN/BidirectionalGridLSTMCell/fwd/W_f_0_0", "rnn/bidirectional_grid_lstm_cell/fwd/W_f_0_0"),
        # A dense layer of the time, `_linear(..., scope="enc")`, and `tf.layers.dense(..., name="enc")`.
        ("enc/Matrix", "enc/kernel"),
        ("enc/Bias/Momentum", "enc/bias/Momentum"),
        # One cell's kernel and another's.
        ("rnn/gru_cell/w_ru", "rnn/gru_cell/gates/kernel"),
        ("RNN/GRUBlockCell/b_ru", "rnn/gru_cell/gates/bias"),
        ("rnn/GRUBlockCell/w_c/Adam", "rnn/gru_cell/candidate/kernel/Adam"),
        ("rnn/gru_cell/b_c", "RNN/GRUCell/Candidate/Linear/Bias"),
    ],
)
def test_other_names_of_one_variable(old: str, new: str) -> None:
    assert key(old) == key(new)


def test_slots_follow_their_variable_into_another_scope() -> None:
    """Before 1.0 an optimizer in a scope put its slots below it: `train/w/Adam`."""
    wanted = infos({"w": [3], "w/Adam": [3], "m/m/rnn/lstm_cell/bias/Adam": [8], "m/rnn/lstm_cell/bias": [8]})
    held = infos({"w": [3], "train/w/Adam": [3], "m_1/m/RNN/LSTMCell/B/Adam": [8], "m/RNN/LSTMCell/B": [8]})
    sources = {name: source.names[0] for name, source in plan(wanted, held).sources.items()}
    assert sources == {
        "w/Adam": "train/w/Adam",
        "m/rnn/lstm_cell/bias": "m/RNN/LSTMCell/B",
        "m/m/rnn/lstm_cell/bias/Adam": "m_1/m/RNN/LSTMCell/B/Adam",
    }
    held["other/w/Adam"] = TensorInfo("float32", (3,))
    found = plan(wanted, held)
    assert "w/Adam" not in found.sources
    assert found.rivals["w/Adam"] == ("train/w/Adam", "other/w/Adam")


def test_a_slot_of_another_variable_is_not_taken() -> None:
    """`tower/w/Adam` is below `w/Adam` by its letters, and belongs to `tower/w`."""
    wanted = infos({"w": [3], "w/Adam": [3]})
    held = infos({"w": [3], "tower/w": [3], "tower/w/Adam": [3]})
    assert plan(wanted, held) == Plan()
    del held["tower/w"]
    assert plan(wanted, held).sources["w/Adam"].names == ("tower/w/Adam",)


@pytest.mark.parametrize("rows", [(3, 3), (4, 3, 3)])
def test_parts_of_before_1_0_are_joined(rows: tuple[int, ...]) -> None:
    total = sum(rows)
    wanted = {f"rnn/lstm_cell/kernel{slot}": TensorInfo("float32", (total, 8)) for slot in ("", "/Adam")}
    values = {
        f"RNN/LSTMCell/W_{k}{slot}": np.random.default_rng(k).normal(size=(n, 8)).astype(np.float32)
        for (k, n), slot in itertools.product(enumerate(rows), ("", "/Adam"))
    }
    held = {name: TensorInfo("float32", value.shape) for name, value in values.items()}
    found = plan(wanted, held)
    assert not found.misfits
    joined = np.concatenate([values[f"RNN/LSTMCell/W_{k}"] for k in range(len(rows))])
    reader = Held(values)
    assert found.sources["rnn/lstm_cell/kernel"].read(reader).tobytes() == joined.tobytes()
    part = found.sources["rnn/lstm_cell/kernel"].read(reader, f"{total} 8 2,2:4,4")
    assert part.tolist() == joined[2:4, 4:].tolist()
    assert found.sources["rnn/lstm_cell/kernel/Adam"].names[0] == "RNN/LSTMCell/W_0/Adam"
    del held["RNN/LSTMCell/W_0"]
    assert "rnn/lstm_cell/kernel" not in plan(wanted, held).sources


class Held:
    """Values in memory, as a Reader gives them."""

    def __init__(self, values: dict[str, np.ndarray]) -> None:
        self._values = values

    def read(self, name: str, slice_spec: str = "") -> np.ndarray:
        assert not slice_spec
        return self._values[name]


def test_one_tensor_is_read_slice_by_slice(tmp_path: Any) -> None:
    value = np.arange(24, dtype=np.float32).reshape(6, 4)
    prefix = str(tmp_path / "m")
    checkpoint.write(prefix, [checkpoint.Entry("RNN/BasicRNNCell/Linear/Matrix", value)])
    with checkpoint.Reader(prefix) as reader:
        found = plan({"rnn/basic_rnn_cell/kernel": ("float32", (6, 4))}, reader.tensors())
        part = found.sources["rnn/basic_rnn_cell/kernel"].read(reader, "6 4 2,3:-")
    assert part.tolist() == value[2:5].tolist()
    assert found.lines() == ["rnn/basic_rnn_cell/kernel <- RNN/BasicRNNCell/Linear/Matrix"]


def test_the_examples_in_docstrings() -> None:
    assert doctest.testmod(renames).attempted == 6
    assert doctest.testmod(renames).failed == 0


PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "checkpoints.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Names across releases\n")[2].partition("\n## ")[0]


def rows() -> list[str]:
    """The table of the page, from the one of the code: a row for what one release did in one place."""
    lines = []
    for (since, within), changed in itertools.groupby(RENAMES, lambda rename: (rename.since, rename.within)):
        place = ", ".join(f"`{scope}`" for scope in within) or "anywhere"
        changes = "; ".join(f"`{rename.old}` → `{rename.new}`" for rename in changed)
        lines.append(f"| {since} | {place} | {changes} |")
    return lines


def test_the_page_lists_what_the_code_knows() -> None:
    listed = [line for line in SECTION.splitlines() if re.match(r"\| \d", line)]
    assert listed == rows(), "put these rows into docs/checkpoints.md:\n" + "\n".join(rows())


def test_the_examples_of_the_page(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    checkpoint.write("old.ckpt", [checkpoint.Entry("RNN/GRUCell/Gates/Linear/Bias", np.ones(6, np.float32))])
    blocks = re.findall(r"```python\n(.*?)```", SECTION, flags=re.DOTALL)
    assert len(blocks) == 1
    found: dict[str, Any] = {}
    exec(blocks[0], found)
    assert found["found"].lines() == ["rnn/gru_cell/gates/bias <- RNN/GRUCell/Gates/Linear/Bias"]


_NAMES = sorted({name for cases in RELEASES.values() for case in cases.values() for name in case})
_CUDNN = [
    "rnn/cudnn_compatible_lstm_cell/kernel",
    "rnn/cudnn_compatible_lstm_cell/bias",
    "opaque_kernel",
    "b/opaque_kernel",
    "params",
]
_SOME = st.dictionaries(
    st.tuples(
        st.sampled_from([*_NAMES, *_CUDNN, "RNN/LSTMCell/W_1", "rnn/lstm_cell/kernel"]),
        st.sampled_from(["", "/Adam", "/Momentum"]),
        st.sampled_from(["", "", "train/"]),
    ).map(lambda parts: parts[2] + parts[0] + parts[1]),
    st.sampled_from(
        [("float32", (7, 12)), ("float32", (12,)), ("float32", (108,)), ("float64", (12,)), ("float32", ())]
    ),
    max_size=40,
)


@given(_SOME, _SOME)
@settings(max_examples=400, deadline=None)
def test_whatever_is_read_fits_and_is_nobody_else_s(wanted: dict[str, Any], held: dict[str, Any]) -> None:
    found = plan(wanted, held)
    assert found.sources == plan(dict(reversed(wanted.items())), dict(reversed(held.items()))).sources
    assert not found.sources.keys() & found.rivals.keys()
    read: dict[str, str] = {}
    for name, source in found.sources.items():
        assert name in wanted
        assert name not in held
        assert set(source.names) <= held.keys()
        if type(source) is not Source:
            continue
        assert not set(source.names) & wanted.keys()
        assert {held[other][0] for other in source.names} == {wanted[name][0]}
        if len(source.names) == 1:
            assert held[source.names[0]] == wanted[name]
        for other in source.names:
            assert read.setdefault(other, name) == name
    for name, others in found.rivals.items():
        assert name not in held
        assert set(others) <= held.keys()
    for name in found.misfits:
        assert name not in held


def test_the_order_of_names_does_not_matter() -> None:
    for case in ("attention_seq2seq", "stack_bidirectional"):
        wanted, held = infos(RELEASES[NEWEST][case], SLOTS), infos(RELEASES["0.12.1"][case], SLOTS)
        backwards = plan(dict(reversed(wanted.items())), dict(reversed(held.items())))
        assert backwards.sources == plan(wanted, held).sources


@pytest.mark.parametrize(
    "name",
    [
        "RNN/" * 50_000 + "x",
        "basic_rnn_cell/" * 50_000 + "kernel",
        "a/" * 50_000 + "Adam",
        "LSTMCell/W_" + "0" * 500_000,
    ],
    ids=["scopes", "cells", "slot", "number"],
)
def test_names_of_any_length_cost_nothing(name: str) -> None:
    held = {name: TensorInfo("float32", (4,)), f"b/{name}": TensorInfo("float32", (4,))}
    wanted = infos({"w": [4], "w/Adam": [4], "rnn/lstm_cell/kernel": [4], "rnn/basic_rnn_cell/kernel": [4]})
    begin = time.perf_counter()
    assert plan(wanted, held) == Plan()
    assert time.perf_counter() - begin < 10
