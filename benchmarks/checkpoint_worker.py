"""One side of `benchmarks.checkpoints`: a process with variables of a gigabyte, saved and restored as it is told.

    python -m benchmarks.checkpoint_worker ENGINE FOLDER MEGABYTES

Reads commands, one a line, from standard input, and answers with seconds. It runs under the interpreter of either
engine, Python 3.7 included.
"""

import json
import os
import sys
import time
import warnings

import numpy as np

DEPTH = 1024
VARIABLES = 64


def tensorflow(engine):
    """The module that programs know as tensorflow."""
    if engine == "recell":
        import recell.v1

        return recell.v1
    warnings.filterwarnings("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow

    return getattr(tensorflow.compat, "v1", tensorflow)


def sync(prefix):
    """Until the files of a checkpoint are on disk. (Recell's are, when `save` returns.)"""
    folder = os.path.dirname(prefix)
    for name in [*os.listdir(folder), "."]:
        if name == "." or name.startswith(os.path.basename(prefix)):
            handle = os.open(os.path.join(folder, name), os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


class Side:
    """Variables, the savers of both formats, and what is measured with them: each method gives seconds."""

    def __init__(self, engine, folder, megabytes):
        self.tf = tf = tensorflow(engine)
        tf.logging.set_verbosity(tf.logging.ERROR)
        self.folder, self.number = folder, 0
        rows = megabytes * 2**20 // (4 * DEPTH * VARIABLES)
        self.session = tf.Session()
        fed = tf.placeholder(tf.float32, [rows, DEPTH])
        noise = np.random.RandomState(0)
        for position in range(VARIABLES):
            made = tf.get_variable(f"v{position:02d}", [rows, DEPTH], initializer=tf.zeros_initializer())
            value = noise.random_sample([rows, DEPTH]).astype(np.float32)
            self.session.run(tf.assign(made, fed).op, {fed: value})
        versions = {"v1": tf.train.SaverDef.V1, "v2": tf.train.SaverDef.V2}
        self.savers = {name: tf.train.Saver(max_to_keep=None, write_version=made) for name, made in versions.items()}
        self.newest = {}

    def save(self, form):
        """A new checkpoint: until `save` returns, and until it is on disk. The one before is deleted first."""
        for name in os.listdir(self.folder):
            if name.startswith(f"{form}-{self.number}"):
                os.unlink(os.path.join(self.folder, name))
        self.number += 1
        return self._save(form, os.path.join(self.folder, f"{form}-{self.number}"))

    def again(self, form):
        """The same prefix once more."""
        return self._save(form, os.path.join(self.folder, "same-" + form))

    def _save(self, form, prefix):
        os.sync()  # what was written before, by either side, is not to be waited for
        start = time.perf_counter()
        self.newest[form] = self.savers[form].save(self.session, prefix, write_meta_graph=False)
        returned = time.perf_counter()
        sync(prefix)
        return [returned - start, time.perf_counter() - start]

    def restore(self, form):
        start = time.perf_counter()
        self.savers[form].restore(self.session, self.newest[form])
        return [time.perf_counter() - start]

    def one(self, form):
        """One variable out of all."""
        start = time.perf_counter()
        reader = self.tf.train.NewCheckpointReader(self.newest[form])
        reader.get_tensor(f"v{VARIABLES // 2:02d}").sum()
        return [time.perf_counter() - start]


def main(engine, folder, megabytes):
    side = Side(engine, folder, int(megabytes))
    print(json.dumps([]), flush=True)
    for line in sys.stdin:
        what, form = line.split()
        print(json.dumps(getattr(side, what)(form)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
