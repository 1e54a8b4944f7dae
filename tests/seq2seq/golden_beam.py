"""The goldens of beam search, and the harness's own check.

With TensorFlow 1.15's interpreter (Python 3.7, so this file keeps to its syntax), in the root of the repository:

    PYTHONPATH=. python -m tests.seq2seq.golden_beam
"""

from __future__ import annotations

import importlib
from typing import Any

from tests.rnn.golden_case import Feeds, Golden, check_variables, describe, flat, load_variables


def hidden(tf: Any, name: str) -> Any:
    """A function of TensorFlow's module beam_search_decoder."""
    path = "contrib.seq2seq.python.ops.beam_search_decoder"
    if tf.__name__ == "tensorflow":
        return getattr(importlib.import_module("tensorflow." + path), name)
    found = tf
    for part in (path + "." + name).split("."):
        found = getattr(found, part)
    return found


def _lstm(tf: Any, feeds: Feeds) -> tuple[Any, Any]:
    cell = tf.nn.rnn_cell.LSTMCell(4)
    return cell, tf.contrib.seq2seq.tile_batch(feeds.state(cell, "in/cell_state"), feeds.golden.meta["beam_width"])


def _two_cells(tf: Any, feeds: Feeds) -> tuple[Any, Any]:
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.GRUCell(4)])
    return cell, tf.contrib.seq2seq.tile_batch(feeds.state(cell, "in/cell_state"), feeds.golden.meta["beam_width"])


def _attention(tf: Any, feeds: Feeds, history: bool = False) -> tuple[Any, Any]:
    s2s, width = tf.contrib.seq2seq, feeds.golden.meta["beam_width"]
    inner, state = _lstm(tf, feeds)
    memory = s2s.tile_batch(feeds("in/memory"), width)
    mechanism = s2s.LuongAttention(4, memory, s2s.tile_batch(feeds("in/memory_sequence_length"), width))
    cell = s2s.AttentionWrapper(inner, mechanism, attention_layer_size=5, alignment_history=history)
    rows = len(feeds.golden.meta["start_tokens"]) * width
    return cell, cell.zero_state(rows, tf.float32).clone(cell_state=state)


def _attention_history(tf: Any, feeds: Feeds) -> tuple[Any, Any]:
    return _attention(tf, feeds, history=True)


CELLS = {
    "beam_plain": _lstm,
    "beam_lenpen": _lstm,
    "beam_time_major": _lstm,
    "beam_multi": _two_cells,
    "beam_attn": _attention,
    "beam_attn_hist": _attention_history,
}


def _decoded(tf: Any, feeds: Feeds) -> dict[str, Any]:
    """Results of a whole search, by their names in the golden."""
    s2s, meta = tf.contrib.seq2seq, feeds.golden.meta
    cell, state = CELLS[feeds.golden.name](tf, feeds)
    decoder = s2s.BeamSearchDecoder(
        cell,
        feeds("in/embedding"),
        tf.constant(meta["start_tokens"]),
        meta["end_token"],
        state,
        meta["beam_width"],
        output_layer=tf.layers.Dense(meta["vocab"], name="proj"),
        length_penalty_weight=meta["length_penalty_weight"],
        coverage_penalty_weight=meta["coverage_penalty_weight"],
    )
    outputs, final, lengths = s2s.dynamic_decode(
        decoder, output_time_major=meta["output_time_major"], maximum_iterations=meta["maximum_iterations"]
    )
    results = {
        "predicted_ids": outputs.predicted_ids,
        "beam_output": outputs.beam_search_decoder_output,
        "final_sequence_lengths": lengths,
        "log_probs": final.log_probs,
        "finished": final.finished,
        "lengths": final.lengths,
    }
    if not hasattr(final.cell_state, "alignments"):
        results["cell_state_final"] = final.cell_state
        return results
    wrapped = final.cell_state
    results.update(cell_state_inner=wrapped.cell_state, attention=wrapped.attention, time=wrapped.time)
    if meta["name"] == "beam_attn_hist":  # TensorFlow leaves an array of `[batch * beam, places]` as it is
        assert isinstance(wrapped.alignment_history, tf.TensorArray)
    return results


def _step(tf: Any, feeds: Feeds) -> dict[str, Any]:
    """One step of the search."""
    s2s, meta = tf.contrib.seq2seq, feeds.golden.meta
    weight = meta["coverage_penalty_weight"]
    cell_state = feeds("in/cell_state")
    covered: Any = ()
    if weight:
        alignments, covered = feeds("in/alignments"), feeds("in/accumulated_attention_probs")
        cell_state = s2s.AttentionWrapperState(
            cell_state=cell_state,
            attention=cell_state * 2,
            time=tf.constant(2),
            alignments=alignments,
            alignment_history=(),
            attention_state=alignments,
        )
    output, state = hidden(tf, "_beam_search_step")(
        time=2,
        logits=feeds("in/logits"),
        next_cell_state=cell_state,
        beam_state=s2s.BeamSearchDecoderState(
            cell_state=cell_state,
            log_probs=feeds("in/log_probs"),
            finished=feeds("in/finished"),
            lengths=feeds("in/lengths64"),
            accumulated_attention_probs=covered,
        ),
        batch_size=tf.constant(2),
        beam_width=3,
        end_token=0,
        length_penalty_weight=meta["length_penalty_weight"],
        coverage_penalty_weight=weight,
    )
    return {"output": output, "next_state": state}


def _trees(tf: Any, feeds: Feeds) -> dict[str, Any]:
    parents = feeds("in/parent_ids")
    return {
        "gather_tree": tf.contrib.seq2seq.gather_tree(
            feeds("in/step_ids"), parents, feeds("in/max_sequence_lengths"), 4
        ),
        "gather_tree_from_array": hidden(tf, "gather_tree_from_array")(feeds("in/t"), parents, feeds("in/seqlen")),
    }


BEAM = {
    "attn_gather_tree": _trees,
    "beam_step_lp0.7_cp0": _step,
    "beam_step_lp0.7_cp0.3": _step,
}
BEAM.update(dict.fromkeys(CELLS, _decoded))


def check_beam(tf: Any, name: str) -> None:
    """Structures, shapes, variables, and every number that the golden holds."""
    golden = Golden(name)
    names = [variable["name"] for variable in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        feeds = Feeds(tf, golden)
        results = BEAM[name](tf, feeds)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        stored = {key for key, text in golden.meta["structures"].items() if "not stored" not in text}
        assert stored == set(results), (name, sorted(results))
        for key, structure in results.items():
            assert describe(structure) == golden.meta["structures"][key], (name, key, describe(structure))
            values = session.run(flat(tf, structure), feeds.feed_dict())
            for number, (tensor, value) in enumerate(zip(flat(tf, structure), values)):  # noqa: B905 - Python 3.7
                assert tensor.shape.is_compatible_with(value.shape), (name, key, tensor)
                _compare(golden, f"{key}/{number}", value)


def _compare(golden: Golden, key: str, value: Any) -> None:
    """Floats within the tolerance, infinities and everything else exactly."""
    expected = golden[key]
    if expected.dtype.kind != "f":
        assert value.dtype == expected.dtype, (golden.name, key, value.dtype)
        assert value.tolist() == expected.tolist(), (golden.name, key)
        return
    golden.compare(key, value, golden.value_tolerance)


if __name__ == "__main__":
    import tensorflow as genuine

    for each in sorted(BEAM):
        check_beam(genuine, each)
        print("ok", each)
