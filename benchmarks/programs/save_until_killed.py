"""Saves the same checkpoint again and again, in processes that somebody kills.

    python save_until_killed.py WRITER FOLDER TENSORS

For every line on standard input a child is forked, when all imports are done. It prints its process number when it
has saved once, and goes on; when it is dead, its parent prints its exit status. After the line "once" it ends then.
Every tensor holds the number of the save, which goes on from the checkpoint that is there. Writers: `tensorflow` and
`recell` by their `tf.train.Saver`, of one name, or with the step in the name (`tensorflow-steps`, `recell-steps`);
`v2`, `shards`, `v1` by `recell.checkpoint`.
"""

from __future__ import annotations

import itertools
import os
import select
import sys
import tempfile
import traceback

import numpy as np

SIZE, KEPT = 5000, 3


def forgotten() -> bool:
    """Whether nobody is left who would kill: standard input is at its end."""
    return bool(select.select([0], [], [], 0)[0])


def begin() -> None:
    os.write(1, b"saves %d\n" % os.getpid())


def save_arrays(folder: str, tensors: int, once: bool, form: str, shards: int) -> None:
    from recell import checkpoint

    prefix = os.path.join(folder, "m")
    number = int(checkpoint.read(prefix)["v0"][0]) if checkpoint.exists(prefix) else 0
    for saved in itertools.count():
        number += 1
        entries = [checkpoint.Entry(f"v{index}", np.full(SIZE, number), "", index % shards) for index in range(tensors)]
        checkpoint.write(prefix, entries, form)
        if not saved:
            begin()
        if once or forgotten():
            return


def save_variables(tf, folder: str, tensors: int, once: bool, steps: bool) -> None:
    variables = [
        tf.get_variable(f"v{index}", [SIZE], tf.int64, initializer=tf.zeros_initializer()) for index in range(tensors)
    ]
    advance = [variable.assign_add(tf.ones([SIZE], tf.int64)) for variable in variables]
    saver = tf.train.Saver(max_to_keep=KEPT)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        state = tf.train.get_checkpoint_state(folder)
        if state is not None:
            saver.restore(sess, state.model_checkpoint_path)
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        for saved in itertools.count():
            number = int(sess.run(advance)[0][0])
            saver.save(sess, os.path.join(folder, "m"), number if steps else None, write_meta_graph=False)
            if not saved:
                begin()
            if once or forgotten():
                return


def warm(tf) -> None:
    """Loads what a first save loads, so that no child has to."""
    with tf.Graph().as_default(), tf.Session() as sess:
        saver = tf.train.Saver([tf.get_variable("v", [1])])
        sess.run(tf.global_variables_initializer())
        with tempfile.TemporaryDirectory() as folder:
            saver.restore(sess, saver.save(sess, os.path.join(folder, "m")))


def main(writer: str, folder: str, number: str) -> None:
    library, _, steps = writer.partition("-")
    if library == "tensorflow":
        import tensorflow as tf

        tf.logging.set_verbosity(tf.logging.ERROR)
    elif library == "recell":
        import recell.v1 as tf

        warm(tf)
    else:
        from recell import checkpoint  # noqa: F401 - not again in every child
    tensors = int(number)
    for line in sys.stdin:
        once = line.strip() == "once"
        child = os.fork()
        if not child:
            try:
                if library in ("tensorflow", "recell"):
                    save_variables(tf, folder, tensors, once, bool(steps))
                else:
                    shards = 3 if writer == "shards" else 1
                    save_arrays(folder, tensors, once, "v1" if writer == "v1" else "v2", shards)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        os.write(1, b"ended %d\n" % os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
