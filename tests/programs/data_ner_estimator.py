"""Named entities by a bidirectional LSTM in an estimator whose input_fn builds a dataset from a generator."""
from __future__ import print_function

import functools
import tempfile

import numpy as np
import tensorflow as tf

WORDS = ["the", "john", "lives", "in", "paris", "mary", "visits", "london", "and"]
TAGS = ["O", "B-PER", "B-LOC"]
rs = np.random.RandomState(4)


def sentence():
    words = [WORDS[i] for i in rs.randint(0, len(WORDS), size=rs.randint(2, 7))]
    tags = ["B-PER" if w in ("john", "mary") else "B-LOC" if w in ("paris", "london") else "O" for w in words]
    return words, tags


DATA = [sentence() for _ in range(48)]


def generator_fn(data):
    for words, tags in data:
        words = [w.encode() for w in words]
        tags = [t.encode() for t in tags]
        assert len(words) == len(tags), "Words and tags lengths don't match"
        yield (words, len(words)), tags


def input_fn(data, params=None, shuffle_and_repeat=False):
    params = params if params is not None else {}
    shapes = (([None], ()), [None])
    types = ((tf.string, tf.int32), tf.string)
    defaults = (("<pad>", 0), "O")
    dataset = tf.data.Dataset.from_generator(functools.partial(generator_fn, data), output_shapes=shapes,
                                             output_types=types)
    if shuffle_and_repeat:
        dataset = dataset.shuffle(params["buffer"], seed=9).repeat(params["epochs"])
    dataset = dataset.padded_batch(params.get("batch_size", 16), shapes, defaults).prefetch(1)
    return dataset


def model_fn(features, labels, mode, params):
    words, nwords = features
    training = mode == tf.estimator.ModeKeys.TRAIN
    vocab_words = tf.contrib.lookup.index_table_from_tensor(WORDS, num_oov_buckets=1)
    word_ids = vocab_words.lookup(words)
    table = np.cos(np.arange((len(WORDS) + 1) * 4)).astype(np.float32).reshape(-1, 4)
    embeddings = tf.nn.embedding_lookup(tf.get_variable("emb", initializer=table), word_ids)
    init = tf.constant_initializer(0.1)
    fw = tf.contrib.rnn.LSTMCell(5, initializer=init)
    bw = tf.contrib.rnn.LSTMCell(5, initializer=init)
    outputs, _ = tf.nn.bidirectional_dynamic_rnn(fw, bw, embeddings, sequence_length=nwords, dtype=tf.float32)
    weights = np.sin(np.arange(30)).astype(np.float32).reshape(10, 3)
    logits = tf.layers.dense(tf.concat(outputs, -1), 3, kernel_initializer=tf.constant_initializer(weights))
    crf_params = tf.get_variable("crf", [3, 3], dtype=tf.float32, initializer=tf.zeros_initializer())
    pred_ids, _ = tf.contrib.crf.crf_decode(logits, crf_params, nwords)
    if mode == tf.estimator.ModeKeys.PREDICT:
        reverse = tf.contrib.lookup.index_to_string_table_from_tensor(TAGS)
        return tf.estimator.EstimatorSpec(mode, predictions={"pred_ids": pred_ids,
                                                             "tags": reverse.lookup(tf.to_int64(pred_ids))})
    vocab_tags = tf.contrib.lookup.index_table_from_tensor(TAGS)
    tags = vocab_tags.lookup(labels)
    log_likelihood, _ = tf.contrib.crf.crf_log_likelihood(logits, tf.to_int32(tags), nwords, crf_params)
    loss = tf.reduce_mean(-log_likelihood)
    mask = tf.sequence_mask(nwords)
    metrics = {"acc": tf.metrics.accuracy(tags, pred_ids, mask)}
    if mode == tf.estimator.ModeKeys.EVAL:
        return tf.estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
    train_op = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=tf.train.get_or_create_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


tf.logging.set_verbosity(tf.logging.ERROR)
params = {"buffer": 20, "epochs": 6, "batch_size": 12}
estimator = tf.estimator.Estimator(model_fn, tempfile.mkdtemp(), params=params)
train = functools.partial(input_fn, DATA[:36], params, shuffle_and_repeat=True)
test = functools.partial(input_fn, DATA[36:])
estimator.train(train)
result = estimator.evaluate(test)
print(sorted((k, round(float(v), 4)) for k, v in result.items()))
for (words, tags), found in zip(DATA[36:40], estimator.predict(test)):
    print(" ".join("%s/%s" % (w, p.decode()) for w, p in zip(words, found["tags"])))
