"""A model of every kind, saved, runs and trains in a process that has not built it as it does in the one that has."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from tests.train.saved_models import MODELS
from tests.train.saved_models_reader import results

import recell.v1 as tf

ROOT = pathlib.Path(__file__).parents[2]
NUMBERS = {name: str(number) for number, name in enumerate(MODELS)}


def save(name: str, folder: pathlib.Path) -> dict[str, np.ndarray]:
    """Saves a model, and says what it gives when it is restored in this process."""
    prefix = str(folder / NUMBERS[name])
    with tf.Graph().as_default():
        runs, feed = MODELS[name]()
        asked = [[element.name for element in run] for run in runs]
        fed = {tensor.name: _plain(value) for tensor, value in feed.items()}
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            saver.save(session, prefix)
        (folder / f"{NUMBERS[name]}.json").write_text(json.dumps({"runs": asked, "feed": fed}))
        with tf.Session() as session:
            saver.restore(session, prefix)
            return results(session, asked, {key: np.array(v, kind or object) for key, (v, kind) in fed.items()})


def _plain(value: Any) -> tuple[Any, str]:
    array = np.asarray(value)
    return array.tolist(), "" if array.dtype.kind in "OU" else array.dtype.name


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, dict[str, dict[str, np.ndarray]]]:
    """The folder that the other process has left its results in, and ours by name."""
    folder = tmp_path_factory.mktemp("models")
    ours = {name: save(name, folder) for name in MODELS}
    reader = [sys.executable, "-W", "error", "-m", "tests.train.saved_models_reader", str(folder)]
    subprocess.run(reader, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300)
    return folder, ours


@pytest.mark.parametrize("name", MODELS)
def test_runs_and_trains_elsewhere(name: str, saved: tuple[pathlib.Path, dict[str, dict[str, np.ndarray]]]) -> None:
    folder, ours = saved
    failed = folder / f"{NUMBERS[name]}.txt"
    assert not failed.exists(), failed.read_text()
    with np.load(folder / f"{NUMBERS[name]}.npz", allow_pickle=True) as theirs:
        assert sorted(theirs) == sorted(ours[name])
        for key, value in ours[name].items():
            if value.dtype.kind in "SO":
                assert theirs[key].tolist() == value.tolist(), key
            else:
                np.testing.assert_allclose(theirs[key], value, rtol=1e-6, atol=1e-7, err_msg=key)
