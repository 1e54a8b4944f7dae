"""GRU regression of a time series with float64, exponential decay, moving averages of the weights."""
import numpy as np
import tensorflow as tf

np.random.seed(0)
TIMESTEPS, HIDDEN = 5, 4


def generate(seq):
    X, y = [], []
    for i in range(len(seq) - TIMESTEPS):
        X.append([seq[i:i + TIMESTEPS]])
        y.append([seq[i + TIMESTEPS]])
    return np.array(X, dtype=np.float64), np.array(y, dtype=np.float64)


train_X, train_y = generate(np.sin(np.linspace(0, 10, 45)))
test_X, test_y = generate(np.sin(np.linspace(10, 14, 15)))
train_X = np.transpose(train_X, [0, 2, 1])
test_X = np.transpose(test_X, [0, 2, 1])

with tf.variable_scope("model"):
    X = tf.placeholder(tf.float64, [None, TIMESTEPS, 1])
    Y = tf.placeholder("float64", [None, 1])
    cell = tf.nn.rnn_cell.GRUCell(HIDDEN, activation=tf.nn.relu, kernel_initializer=lambda s, dtype, partition_info=None: tf.constant(np.linspace(-.5, .5, s[0] * s[1]).reshape(s), dtype))
    outputs, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float64)
    out = outputs[:, -1]
    pred = tf.contrib.layers.fully_connected(out, 1, activation_fn=None, weights_initializer=tf.constant_initializer(.3))
loss = tf.reduce_mean(tf.squared_difference(pred, Y))
global_step = tf.Variable(0, trainable=False, name="global_step")
lr = tf.train.exponential_decay(0.1, global_step, decay_steps=7, decay_rate=0.7, staircase=True)
opt = tf.train.GradientDescentOptimizer(lr)
gvs = opt.compute_gradients(loss)
capped = [(tf.clip_by_value(g, -.5, .5), v) for g, v in gvs]
apply_op = opt.apply_gradients(capped, global_step=global_step)
ema = tf.train.ExponentialMovingAverage(0.9, global_step)
with tf.control_dependencies([apply_op]):
    train_op = ema.apply(tf.trainable_variables())
for v in tf.global_variables():
    print(v.name, v.dtype.name, v.shape)
print(sorted(k for k in ema.variables_to_restore()))
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    for i in range(25):
        l, g, rate, _ = sess.run([loss, global_step, lr, train_op], {X: train_X, Y: train_y})
        print("%d loss %.5f lr %.5f" % (g, l, rate))
    print("test %.5f" % loss.eval({X: test_X, Y: test_y}))
    live = sess.run(tf.trainable_variables())
    avg = sess.run([ema.average(v) for v in tf.trainable_variables()])
    for v, a, b in zip(tf.trainable_variables(), live, avg):
        print(ema.average_name(v), "%.5f %.5f" % (a.sum(), b.sum()))
    sess.run([tf.assign(v, ema.average(v)) for v in tf.trainable_variables()])
    print("averaged test %.5f" % loss.eval({X: test_X, Y: test_y}))
    print(global_step.eval(), pred.dtype)
