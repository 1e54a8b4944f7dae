"""Writes `files/tensorflow`, with TensorFlow 1.15 alone: run by a Python 3.7 that has it, not by the tests.

    python tests/checkpoint/make_files.py            # replaces files/tensorflow
    python tests/checkpoint/make_files.py FOLDER     # writes somewhere else, to compare

The same TensorFlow writes the same bytes each time. `refused.json` is what it would not write, and what it said.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tensorflow_sets as sets

HERE = pathlib.Path(__file__).resolve().parent
DEVICES = tf.ConfigProto(device_count={"CPU": 2})


def placed(item: sets.Item, feed: dict) -> tf.Tensor:
    """A tensor of an item's bits: numpy knows neither bfloat16 nor the quantised kinds."""
    dtype = tf.as_dtype(item.dtype)
    held = tf.string if dtype == tf.string else tf.as_dtype(item.value.dtype)
    tensor = tf.placeholder(held, item.value.shape)
    feed[tensor] = item.value
    return tensor if held == dtype else tf.bitcast(tensor, dtype)


def save(path: str, items: list[sets.Item], form: str) -> None:
    """One file of V1, or one V2 checkpoint of one shard."""
    with tf.Graph().as_default(), tf.Session() as session:
        feed: dict = {}
        names = [item.name for item in items]
        specs = [item.slice_spec for item in items]
        data = [placed(item, feed) for item in items]
        if form == "v2":
            operation = tf.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=specs, tensors=data)
        else:
            operation = tf.raw_ops.SaveSlices(filename=path, tensor_names=names, shapes_and_slices=specs, data=data)
        session.run(operation, feed)


def save_sharded(path: str, items: list[sets.Item], form: str, shards: int) -> None:
    """As `Saver(sharded=True)` does it: a file for each shard, and in V2 one index for all of them."""
    groups = [[item for item in items if item.shard == shard] for shard in range(shards)]
    if form == "v1":
        for shard, group in enumerate(groups):
            save(f"{path}-{shard:05d}-of-{shards:05d}", group, form)
        return
    parts = [f"{path}_part{shard}" for shard in range(shards)]
    for shard, group in enumerate(groups):
        save(parts[shard], group, form)
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=path))


def save_by_saver(path: str, items: list[sets.Item], form: str, shards: int) -> None:
    with tf.Graph().as_default(), tf.Session(config=DEVICES) as session:
        variables = []
        for item in items:
            with tf.device(f"/cpu:{item.shard}"):
                variable = tf.Variable(item.value, name=item.name, dtype=item.dtype)
            if item.slice_spec:
                *full, part = item.slice_spec.split(" ")
                starts, sizes = np.array([pair.split(",") for pair in part.split(":")], int).T.tolist()
                info = tf.Variable.SaveSliceInfo(item.name, list(map(int, full)), starts, sizes)
                variable._set_save_slice_info(info)
            variables.append(variable)
        session.run(tf.global_variables_initializer())
        version = tf.train.SaverDef.V1 if form == "v1" else tf.train.SaverDef.V2
        tf.train.Saver(variables, sharded=shards > 1, write_version=version).save(session, path, write_meta_graph=False)


def refusals(folder: pathlib.Path) -> dict:
    """What each format will not write, by dtype. (An empty name in V2 ends TensorFlow's process: not tried.)"""
    found: dict = {}
    for form in ("v1", "v2"):
        for dtype in sets.BOTH_FORMATS + sets.V2_ALONE:
            try:
                save(str(folder / "refused"), [sets.Item("x", dtype, sets.ramp(dtype, 2))], form)
            except tf.errors.OpError as error:
                found.setdefault(form, {})[dtype] = [type(error).__name__, error.message.split("\n")[0]]
    for path in folder.glob("refused*"):
        path.unlink()
    return found


def main(folder: pathlib.Path) -> None:
    shutil.rmtree(str(folder), ignore_errors=True)
    for name, wanted in sets.SETS.items():
        for form in wanted.formats:
            path = folder / sets.prefix_of(name, form)
            path.parent.mkdir(parents=True)
            items = wanted.items()
            if wanted.by_saver:
                save_by_saver(str(path), items, form, wanted.shards)
                (path.parent / "checkpoint").unlink()  # it holds the folder's own absolute path
            elif wanted.shards > 1:
                save_sharded(str(path), items, form, wanted.shards)
            else:
                save(str(path), items, form)
    text = json.dumps({"tensorflow": tf.__version__, "refused": refusals(folder)}, indent=1, sort_keys=True)
    (folder / "refused.json").write_text(text + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "files" / "tensorflow")
