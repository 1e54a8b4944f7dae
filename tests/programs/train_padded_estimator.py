"""Dataset input_fn with padded_batch; lengths feed dynamic_rnn; train/evaluate alternate; init from another checkpoint."""

import os, tempfile
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
SENT = [[1, 2, 3], [4, 5], [1, 5, 2, 3], [2], [3, 3], [5, 4, 3, 2, 1], [1, 1], [4]]
LAB = [0, 1, 0, 0, 0, 1, 0, 1]


def gen():
    for s, l in zip(SENT, LAB):
        yield s, len(s), l


def input_fn(epochs, batch=4):
    ds = tf.data.Dataset.from_generator(
        gen, (tf.int32, tf.int32, tf.int32), (tf.TensorShape([None]), tf.TensorShape([]), tf.TensorShape([]))
    )
    ds = ds.repeat(epochs).padded_batch(batch, padded_shapes=([None], [], []))
    return ds.map(lambda w, n, l: ({"words": w, "n": n}, l)).prefetch(1)


def model_fn(features, labels, mode, params):
    table = tf.get_variable("emb", initializer=tf.constant(np.linspace(-1, 1, 12).reshape(6, 2), tf.float32))
    x = tf.nn.embedding_lookup(table, features["words"])
    with tf.variable_scope("enc", initializer=tf.constant_initializer(0.3)):
        out, last = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, features["n"], dtype=tf.float32)
    mask = tf.sequence_mask(features["n"], tf.shape(x)[1], tf.float32)
    mean = tf.reduce_sum(out * mask[:, :, None], 1) / tf.to_float(features["n"])[:, None]
    logits = tf.layers.dense(
        tf.concat([mean, last], 1),
        2,
        name="head",
        kernel_initializer=tf.constant_initializer([[0.1, -0.1], [0.2, 0.3], [-0.4, 0.2], [0.1, 0.1]]),
    )
    if params.get("warm") and mode == "train":
        tf.train.init_from_checkpoint(params["warm"], {"emb": "emb", "enc/": "enc/"})
    spec = dict(predictions={"c": tf.argmax(logits, 1), "logits": logits})
    if mode != "infer":
        spec["loss"] = tf.losses.sparse_softmax_cross_entropy(labels, logits)
        opt = tf.train.GradientDescentOptimizer(0.5)
        gv = opt.compute_gradients(spec["loss"])
        clipped, norm = tf.clip_by_global_norm([g for g, _ in gv], 1.0)
        spec["train_op"] = opt.apply_gradients(zip(clipped, [v for _, v in gv]), tf.train.get_global_step())
        spec["eval_metric_ops"] = {
            "acc": tf.metrics.accuracy(labels, spec["predictions"]["c"]),
            "norm": tf.metrics.mean(norm),
        }
        tf.summary.scalar("norm", norm)
    return tf.estimator.EstimatorSpec(mode, **spec)


d1, d2 = tempfile.mkdtemp(), tempfile.mkdtemp()
est = tf.estimator.Estimator(model_fn, d1, params={})
for epoch in range(3):
    est.train(lambda: input_fn(2))
    r = est.evaluate(lambda: input_fn(1, 3))
    print(r["global_step"], "%.4f %.4f %.4f" % (r["acc"], r["loss"], r["norm"]))
est2 = tf.estimator.Estimator(model_fn, d2, params={"warm": d1})
est2.train(lambda: input_fn(None), steps=1)
print(
    np.abs(est2.get_variable_value("emb") - est.get_variable_value("emb")).max() < 0.2,
    est2.get_variable_value("head/kernel").round(3).tolist(),
)
print([p["logits"].round(3).tolist() for p in est2.predict(lambda: input_fn(1, 8))])
est3 = tf.estimator.Estimator(
    model_fn, params={}, warm_start_from=tf.estimator.WarmStartSettings(d1, vars_to_warm_start="enc.*")
)
est3.train(lambda: input_fn(1), max_steps=1)
print(sorted(est3.get_variable_names()))
print(est3.get_variable_value("enc/rnn/gru_cell/gates/kernel").round(3).tolist())
try:
    tf.estimator.Estimator(model_fn, tempfile.mkdtemp(), params={}).evaluate(lambda: input_fn(1))
    print("evaluated")
except ValueError as e:
    print("ValueError", str(e)[:40])
try:
    list(tf.estimator.Estimator(model_fn, tempfile.mkdtemp(), params={}).predict(lambda: input_fn(1)))
    print("predicted")
except ValueError as e:
    print("ValueError", str(e)[:40])
for bad in [dict(steps=0), dict(max_steps=-1), dict(steps=1, max_steps=2)]:
    try:
        est.train(lambda: input_fn(1), **bad)
    except ValueError as e:
        print("ValueError", str(e)[:60])
