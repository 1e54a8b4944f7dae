"""An LSTM from raw variables, scatter updates, feeds of every sort, order by control dependencies."""
import numpy as np
import tensorflow as tf

D, H = 3, 4
rs = np.random.RandomState(31)
gates = {}
for g in "ifog":
    with tf.name_scope("gate_" + g):
        gates[g] = (tf.Variable(rs.randn(D, H).astype(np.float32) * .4, name="W" + g), tf.Variable(rs.randn(H, H).astype(np.float32) * .4, name="U" + g),
                    tf.Variable(tf.zeros([1, H]), name="b" + g))


def lstm(hc, x):
    h, c = tf.unstack(hc)
    act = {g: tf.matmul(x, W) + tf.matmul(h, U) + b for g, (W, U, b) in gates.items()}
    c = tf.sigmoid(act["f"] + 1.) * c + tf.sigmoid(act["i"]) * tf.tanh(act["g"])
    return tf.stack([tf.sigmoid(act["o"]) * tf.tanh(c), c])


xs = tf.placeholder(tf.float32, (None, None, D), name="xs")
hidden = tf.scan(lstm, tf.transpose(xs, [1, 0, 2]), initializer=tf.zeros([2, tf.shape(xs)[0], H]))
hs = hidden[:, 0]
memory = tf.Variable(np.zeros((5, H), np.float32), trainable=False, name="memory")
slot = tf.placeholder(tf.int32, [None], name="slot")
write = tf.scatter_update(memory, slot, hs[-1])
bump = tf.scatter_add(memory, [0, 0, 2], tf.ones([3, H]))
with tf.control_dependencies([write]):
    read = tf.gather(memory.read_value(), slot)
    total = tf.reduce_sum(memory.read_value())
loss = tf.reduce_mean(tf.abs(hs[-1] - .5)) + 1e-3 * sum(tf.nn.l2_loss(v) for v in tf.trainable_variables() if "b" not in v.op.name)
opt = tf.train.AdadeltaOptimizer(1., epsilon=1e-4)
train = opt.minimize(loss)
counter = tf.Variable(0, trainable=False, name="counter", dtype=tf.int64)
plus = tf.assign_add(counter, 1)
with tf.control_dependencies([train, plus]):
    tracked = tf.identity(loss) * 1.0
flag = tf.placeholder_with_default(True, [])
k = tf.placeholder(tf.int32, [])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    x = rs.randn(2, 5, D)
    for i in range(12):
        l = sess.run(loss, {xs: x.tolist()})
        n, _ = sess.run([plus, train], {xs: x})
        print("%d %.5f" % (n, l))
    r, t = sess.run([read, total], {xs: x, slot: [3, 1]})
    print("%.5f %.5f" % (r.sum(), t))
    print(sess.run(bump)[0].tolist())
    print(np.round(sess.run(memory), 3).tolist())
    print(*sess.run([k * 2, flag], {k: np.int64(4)}))
    print(sess.run(k + 1, {k.name: 3}))
    print(sess.run(hs, {hidden: np.ones((1, 2, 1, 4))}).tolist(), sess.run(loss, {hs: np.full((1, 1, 4), .5), gates["i"][0]: np.zeros((D, H))}) < 1)
    print(sess.run({"a": counter, "b": (plus.op, [loss.op])}, {xs: x})["b"])
    sess.run(tf.variables_initializer([counter, memory]))
    print(sess.run(counter), sess.run(memory).sum())
    for bad in ({k: 1.5}, {k: "a"}, {k: [1, 2]}, {"nope:0": 1}, {3: 4}):
        try:
            sess.run(k + 1, bad)
        except Exception as e:
            print(type(e).__name__)
    f = sess.make_callable(loss, [xs])
    print("%.5f" % f(x.astype(np.float32)))
    print(sess.run([]), sess.run(()), sess.run({}))
