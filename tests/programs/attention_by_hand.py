"""Encoder and decoder with Bahdanau's attention written by hand, masked scores, teacher forcing, then greedy decoding in a while_loop."""
import numpy as np
import tensorflow as tf

V, E, H, B, TS, TT = 9, 5, 6, 4, 6, 5
PAD, GO, EOS = 0, 1, 2
rs = np.random.RandomState(17)


def uni(shape, dtype=tf.float32, partition_info=None):
    return tf.constant(np.sin(1.3 * np.arange(np.prod(shape)) + len(shape)).reshape(shape) * .45, dtype)


src = tf.placeholder(tf.int32, [None, None], name="src")
src_len = tf.reduce_sum(tf.to_int32(tf.not_equal(src, PAD)), axis=1)
tgt = tf.placeholder(tf.int32, [None, TT], name="tgt")
batch = tf.shape(src)[0]
tf.get_variable_scope().set_initializer(uni)
emb = tf.get_variable("embedding", [V, E])

with tf.variable_scope("encoder"):
    fw, bw = tf.contrib.rnn.GRUCell(H), tf.contrib.rnn.GRUCell(H)
    (of, ob), (sf, sb) = tf.nn.bidirectional_dynamic_rnn(fw, bw, tf.nn.embedding_lookup(emb, src), src_len, dtype=tf.float32)
    memory = tf.concat([of, ob], 2)
    init = tf.layers.dense(tf.concat([sf, sb], 1), H, tf.tanh, name="bridge")
print(memory.get_shape(), init.get_shape())

with tf.variable_scope("attention"):
    Wm = tf.get_variable("Wm", [2 * H, H])
    Wq = tf.get_variable("Wq", [H, H])
    v = tf.get_variable("v", [H])
    keys = tf.tensordot(memory, Wm, [[2], [0]])
    mask = tf.sequence_mask(src_len, tf.shape(src)[1], dtype=tf.float32)


def attend(query):
    score = tf.reduce_sum(v * tf.tanh(keys + tf.expand_dims(tf.matmul(query, Wq), 1)), [2])
    score = score * mask + (1. - mask) * -1e9
    alpha = tf.nn.softmax(score)
    return tf.squeeze(tf.matmul(tf.expand_dims(alpha, 1), memory), [1]), alpha


dec = tf.contrib.rnn.LSTMCell(H)
proj = tf.layers.Dense(V, name="proj")


def step(token, state, context, reuse):
    with tf.variable_scope("decoder", reuse=reuse):
        out, state = dec(tf.concat([tf.nn.embedding_lookup(emb, token), context], 1), state)
    context, alpha = attend(out)
    return proj(tf.concat([out, context], 1)), state, context, alpha


state = tf.contrib.rnn.LSTMStateTuple(init, tf.zeros_like(init))
context = tf.zeros([batch, 2 * H])
context.set_shape([None, 2 * H])
logits, token = [], tf.fill([batch], GO)
for t in range(TT):
    o, state, context, alpha = step(token, state, context, t > 0)
    logits.append(o)
    token = tgt[:, t]
logits = tf.stack(logits, 1)
weights = tf.cast(tf.not_equal(tgt, PAD), tf.float32)
xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tgt, logits=logits)
loss = tf.reduce_sum(xent * weights) / tf.reduce_sum(weights)
opt = tf.train.AdamOptimizer(0.02)
gs, vs = zip(*opt.compute_gradients(loss))
gs, _ = tf.clip_by_global_norm(gs, 1.)
train = opt.apply_gradients(zip(gs, vs))

s0 = (init, tf.zeros_like(init))


def body(i, token, c, h, context, done, out):
    o, s, context, _ = step(token, tf.contrib.rnn.LSTMStateTuple(c, h), context, True)
    token = tf.to_int32(tf.argmax(o, 1))
    token = tf.where(done, tf.zeros_like(token), token)
    out = out.write(i, token)
    return i + 1, token, s.c, s.h, context, tf.logical_or(done, tf.equal(token, EOS)), out


_, _, _, _, _, _, out = tf.while_loop(
    lambda i, token, c, h, ctx, done, out: tf.logical_and(i < 8, tf.logical_not(tf.reduce_all(done))), body,
    (tf.constant(0), tf.fill([batch], GO), s0[0], s0[1], tf.zeros([batch, 2 * H]), tf.zeros([batch], tf.bool),
     tf.TensorArray(tf.int32, size=0, dynamic_size=True)),
    shape_invariants=(tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([None, H]), tf.TensorShape([None, H]),
                      tf.TensorShape([None, 2 * H]), tf.TensorShape([None]), tf.TensorShape(None)))
greedy = tf.transpose(out.stack())
for var in tf.trainable_variables():
    print(var.name, var.shape)
lens = rs.randint(2, TS + 1, B)
S = np.array([[rs.randint(3, V) if j < n else 0 for j in range(TS)] for n in lens])
T = np.array([list(S[i, :min(n, TT - 1)][::-1]) + [EOS] + [0] * (TT - 1 - min(n, TT - 1)) for i, n in enumerate(lens)])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(30):
        l, _ = sess.run([loss, train], {src: S, tgt: T})
        if i % 3 == 0:
            print("%d %.5f" % (i, l))
    a = sess.run(alpha, {src: S, tgt: T})
    print(np.allclose(a.sum(1), 1), " ".join("%.4f" % q for q in a[0]))
    g = sess.run(greedy, {src: S})
    print(g.shape)
    print(g)
