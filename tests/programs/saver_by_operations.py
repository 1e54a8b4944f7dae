"""Savers by hand, as people wrote them: operations of io_ops, states as messages, old formats, shards, other models' weights."""

from __future__ import print_function

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saver_pb2
from tensorflow.python import pywrap_tensorflow
from tensorflow.python.ops import gen_io_ops, io_ops
from tensorflow.python.training import checkpoint_management, checkpoint_utils
from tensorflow.python.training import saver as saver_lib
from tensorflow.python.training.checkpoint_state_pb2 import CheckpointState

tf.logging.set_verbosity(tf.logging.ERROR)
folder = tempfile.mkdtemp()


def ls(end=""):
    return sorted(name for name in os.listdir(folder) if name.endswith(end) and not name.endswith(".meta"))


def show(values):
    return " ".join("%.4f" % x for x in np.ravel(values))


with tf.variable_scope("encoder", initializer=tf.constant_initializer(0.25)):
    cell = tf.nn.rnn_cell.GRUCell(3)
    outputs, _ = tf.nn.dynamic_rnn(cell, tf.ones([2, 4, 2]), dtype=tf.float32)
with tf.device("/cpu:0"):
    scale = tf.get_variable("scale", [], initializer=tf.constant_initializer(2.0))
total = scale * tf.reduce_sum(outputs)
step = tf.train.create_global_step()
train = tf.train.AdamOptimizer(0.1).minimize(total, global_step=step)
variables = tf.global_variables()
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for _ in range(3):
    sess.run(train)
print("total", show(sess.run(total)))

# A saver of one's own, of operations.
prefix = os.path.join(folder, "hand")
names = [v.op.name for v in variables]
save = io_ops.save_v2(prefix, names, [""] * len(names), [v.value() for v in variables], name="save_by_hand")
sess.run(save)
print(ls())
reader = pywrap_tensorflow.NewCheckpointReader(prefix)
for name, shape in sorted(reader.get_variable_to_shape_map().items()):
    print(name, shape, reader.get_variable_to_dtype_map()[name].name)
values = io_ops.restore_v2(prefix, ["scale", "encoder/rnn/gru_cell/gates/bias"], ["", "6 2,3"], [tf.float32, tf.float32])
print([str(v.shape) for v in values], show(sess.run(values[0])), show(sess.run(values[1])))
restored = io_ops.restore_v2(prefix, names, [""] * len(names), [v.dtype.base_dtype for v in variables])
load = tf.group(*[tf.assign(v, value) for v, value in zip(variables, restored)])
sess.run(train)
sess.run(load)
print("total", show(sess.run(total)), "step", sess.run(step))
sess.run(gen_io_ops.save(os.path.join(folder, "first"), ["scale"], [scale.value()]))
print("first format", show(sess.run(gen_io_ops.restore(os.path.join(folder, "first"), "scale", tf.float32))))

# Shards, in both formats; the patterns of their names.
for version in (saver_pb2.SaverDef.V2, saver_pb2.SaverDef.V1):
    saver = saver_lib.Saver(sharded=True, max_to_keep=2, write_version=version)
    for n in (1, 2, 3):
        path = saver.save(sess, os.path.join(folder, "sharded%d" % version), global_step=n)
    print(os.path.basename(path), [name for name in ls() if name.startswith("sharded%d" % version)])
    print([os.path.basename(p) for p in saver.last_checkpoints], os.path.basename(tf.train.latest_checkpoint(folder)))
    sess.run(scale.assign(9.0))
    saver.restore(sess, checkpoint_management.latest_checkpoint(folder))
    print("total", show(sess.run(total)), show(checkpoint_utils.load_variable(path, "scale")))

# The folder's state, read and written as a message.
state = CheckpointState()
with open(os.path.join(folder, "checkpoint")) as file:
    text_format.Merge(file.read(), state)
print(os.path.basename(state.model_checkpoint_path), len(state.all_model_checkpoint_paths))
del state.all_model_checkpoint_paths[:]
state.model_checkpoint_path = "hand"
state.all_model_checkpoint_paths.append("hand")
with open(os.path.join(folder, "checkpoint"), "w") as file:
    file.write(text_format.MessageToString(state))
found = tf.train.get_checkpoint_state(folder)
print(os.path.relpath(found.model_checkpoint_path, folder), isinstance(found, CheckpointState))

# Another model starts from these weights.
with tf.Graph().as_default():
    with tf.variable_scope("decoder"):
        cell = tf.nn.rnn_cell.GRUCell(3)
        again, _ = tf.nn.dynamic_rnn(cell, tf.ones([2, 4, 2]), dtype=tf.float32)
    fresh = tf.get_variable("fresh", [2], initializer=tf.ones_initializer())
    own = [v.op.name for v in tf.global_variables() if v.op.name.startswith("decoder")]
    tf.train.warm_start(folder, "decoder", var_name_to_prev_var_name={n: n.replace("decoder", "encoder") for n in own})
    with tf.Session() as other:
        other.run(tf.global_variables_initializer())
        print("decoder", show(other.run(2.0 * tf.reduce_sum(again))), show(other.run(fresh)))

# Objects instead of names.
with tf.Graph().as_default(), tf.Session() as other:
    cell = tf.nn.rnn_cell.BasicLSTMCell(2)
    with tf.variable_scope("one", initializer=tf.constant_initializer(0.5)):
        result, _ = tf.nn.dynamic_rnn(cell, tf.ones([1, 3, 2]), dtype=tf.float32)
    objects = tf.train.Checkpoint(cell=cell, count=tf.Variable(7, name="count"))
    manager = tf.train.CheckpointManager(objects, os.path.join(folder, "objects"), max_to_keep=2)
    other.run(tf.global_variables_initializer())
    expected = other.run(result)
    print([os.path.basename(manager.save()) for _ in range(3)], [os.path.basename(p) for p in manager.checkpoints])
with tf.Graph().as_default(), tf.Session() as other:
    cell = tf.nn.rnn_cell.BasicLSTMCell(2)
    with tf.variable_scope("two"):
        result, _ = tf.nn.dynamic_rnn(cell, tf.ones([1, 3, 2]), dtype=tf.float32)
    objects = tf.train.Checkpoint(cell=cell, count=tf.Variable(0, name="other"))
    status = objects.restore(manager.latest_checkpoint)
    status.assert_consumed()
    status.run_restore_ops()
    print(np.allclose(other.run(result), expected), other.run(objects.count), other.run(objects.save_counter))
for name, shape in tf.train.list_variables(manager.latest_checkpoint):
    print(name, shape)
sess.close()
shutil.rmtree(folder)
