"""Runs the program of a golden, and compares everything that the golden holds of it: for goldens that are no cell's.

The programs stand in modules `golden_*.py`, a row each: functions of `tf` and `Feeds` that give a dictionary of results
by their keys in the golden. A program and this file must also pass under TensorFlow 1.15 (Python 3.7's syntax).
"""
# ruff: noqa: B905 - zip(strict=...) is not Python 3.7.

from __future__ import annotations

from typing import Any, Callable, Mapping  # noqa: UP035 - Python 3.7 wants these for `Program`

import numpy as np
from tests.rnn.golden_case import (
    Feeds,
    Golden,
    check_gradients,
    check_variables,
    describe,
    flat,
    load_variables,
    weighted_sum,
)

Program = Callable[[Any, Feeds], Mapping[str, Any]]

SPARSE = ("indices", "values", "dense_shape")


def check_program(tf: Any, name: str, program: Program) -> None:
    """Variables, every result with its structure, and the gradient of sum(result * R) over results that have an R."""
    golden = Golden(name)
    names = [v["name"] for v in golden.meta["variables"]]
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        feeds = Feeds(tf, golden)
        results = program(tf, feeds)
        session.run(tf.global_variables_initializer())
        check_variables(tf, session, golden, names)
        load_variables(tf, session, golden, names)
        _check_results(tf, session, golden, results, feeds.feed_dict())
        if "grad/loss" in golden:
            weighed = [key for key in results if f"R/{key}/0" in golden]
            loss = tf.add_n([weighted_sum(tf, golden, "R/" + key, flat(tf, results[key])) for key in weighed])
            known = golden.meta["gradient_none"]["grad"]
            fed = [key for key in feeds.differentiable() if "grad/" + key in golden or key in known]
            wrt = [feeds.made[key] for key in fed] + tf.trainable_variables()
            check_gradients(
                tf, session, golden, "grad", loss, wrt, fed + ["var/" + n for n in names], feeds.feed_dict()
            )


def _check_results(tf: Any, session: Any, golden: Golden, results: Mapping[str, Any], feed_dict: Any) -> None:
    expected = set(golden.meta["structures"]) | {k[: -len("/indices")] for k in golden.arrays if k.endswith("/indices")}
    other = {"viterbi_decode_row0"} & {key.split("/")[0] for key in golden.arrays}  # plain Python, without a graph
    assert set(results) == expected | other, (golden.name, set(results) ^ expected)
    for key, result in results.items():
        if isinstance(result, tf.SparseTensor):
            for part, value in zip(SPARSE, session.run([getattr(result, part) for part in SPARSE], feed_dict)):
                golden.compare(f"{key}/{part}", value, 0)
        elif isinstance(result, dict):
            for part, value in result.items():
                golden.compare(f"{key}/{part}", np.asarray(value), golden.value_tolerance)
        else:
            assert describe(result) == golden.meta["structures"][key], (golden.name, key, describe(result))
            golden.compare_leaves(key, session.run(flat(tf, result), feed_dict))


def main(programs: Mapping[str, Program]) -> None:
    """Check the programs themselves against genuine TensorFlow: every golden must reproduce itself."""
    import tensorflow as tf

    failed = 0
    for name in sorted(programs):
        try:
            check_program(tf, name, programs[name])
        except AssertionError as error:
            failed += 1
            print("FAILED", name, str(error)[:600])
    print(f"{len(programs)} goldens, {failed} failed")
    raise SystemExit(failed != 0)
