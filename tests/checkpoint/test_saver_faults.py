"""Whichever call to the system fails while a Saver saves: the state file names checkpoints that are there, whole."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Callable, Iterator

import pytest
from tests.checkpoint.situations import of_nobody
from tests.checkpoint.watched import BEARABLE, FAULTS, Fault, Faulty, on_no_disk, watched

import recell.v1 as tf
from recell import checkpoint

Save = Callable[[int], object]


@pytest.fixture(params=[tf.train.SaverDef.V2, tf.train.SaverDef.V1], ids=["v2", "v1"])
def save(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[tf.train.Saver, Save]]:
    """A Saver that keeps two checkpoints, and what saves a step with it, in the folder that the process is in."""
    monkeypatch.chdir(tmp_path)
    with tf.Graph().as_default(), tf.Session() as sess:
        step = tf.placeholder(tf.int64)
        values = [tf.Variable(tf.zeros([10], tf.int64), name=name) for name in "ab"]
        fill = [value.assign(tf.fill([10], step)) for value in values]
        sess.run(tf.global_variables_initializer())
        saver = tf.train.Saver(max_to_keep=2, write_version=request.param)

        def save_step(number: int) -> None:
            sess.run(fill, {step: number})
            saver.save(sess, "m", number, write_meta_graph=False)

        yield saver, save_step


def number_in(prefix: str) -> int:
    (number,) = {number for value in checkpoint.read(prefix).values() for number in value.tolist()}
    return number


@pytest.mark.parametrize("fault", {**FAULTS, **BEARABLE}.values(), ids=[*FAULTS, *BEARABLE])
def test_saver(save: tuple[tf.train.Saver, Save], fault: Fault) -> None:
    saver, save_step = save
    for k in itertools.count(1):
        for name in os.listdir():
            os.unlink(name)
        saver.set_last_checkpoints([])
        with watched(on_no_disk):
            save_step(1)
            save_step(2)
        faulty, raised = Faulty(fault, k), None
        with watched(faulty):
            try:
                save_step(3)
            except (tf.errors.OpError, KeyboardInterrupt, SystemExit) as error:
                raised = error.with_traceback(None)
        newest = tf.train.latest_checkpoint("")
        assert newest in ("m-2", "m-3"), k
        assert newest == "m-3" or raised is not None, k
        for path in checkpoint.read_state("").all_model_checkpoint_paths:
            assert path == f"m-{number_in(path)}", k
        with watched(on_no_disk):
            save_step(4)
        assert tf.train.latest_checkpoint("") == "m-4", k
        assert {*of_nobody()} <= {"m-1", "m-2", "m-3", "m-4"}, k
        if not faulty.fired:
            assert sorted(saver.last_checkpoints) == ["m-3", "m-4"]
            return
