"""tf.layers and tf.losses around an LSTM, batch normalisation with UPDATE_OPS, l2 in a collection."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(1234)
features = tf.placeholder(tf.float32, [None, 4, 6], name="features")
labels = tf.placeholder(tf.int32, [None], name="labels")
training = tf.placeholder(tf.bool, name="training")


def sines(shape, dtype=tf.float32, partition_info=None):
    return tf.constant(np.sin(np.arange(np.prod(shape))).reshape(shape) * .3, dtype=dtype)


net = tf.layers.dense(features, 5, activation=tf.nn.elu, kernel_initializer=sines,
                      kernel_regularizer=tf.contrib.layers.l2_regularizer(0.01), name="in")
net = tf.layers.batch_normalization(net, training=training, momentum=0.8, name="bn")
net = tf.layers.dropout(net, rate=0.0, training=training)
with tf.variable_scope("lstm"):
    cell = tf.nn.rnn_cell.LSTMCell(6, initializer=sines)
    net, (c, h) = tf.nn.dynamic_rnn(cell, net, dtype=tf.float32)
net = tf.layers.flatten(net)
net = tf.layers.batch_normalization(net, training=training, scale=False, epsilon=0.01)
dense = tf.layers.Dense(3, use_bias=False, kernel_initializer=sines, kernel_regularizer=lambda w: 0.001 * tf.reduce_sum(tf.abs(w)))
logits = dense(net)
again = dense(net * 2.0)
print(net.shape, logits.shape, logits.name, again.name, dense.kernel.name, dense.name)

xent = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
weighted = tf.losses.softmax_cross_entropy(tf.one_hot(labels, 3), logits, weights=tf.cast(labels, tf.float32), label_smoothing=0.1, scope="smooth")
hub = tf.losses.huber_loss(tf.zeros_like(h), h, delta=.1, reduction=tf.losses.Reduction.MEAN)
ab = tf.losses.absolute_difference(tf.one_hot(labels, 3), tf.nn.softmax(again), loss_collection=None)
hinge = tf.losses.hinge_loss(tf.one_hot(labels, 3), logits)
total = tf.losses.get_total_loss()
print(len(tf.losses.get_losses()), len(tf.losses.get_regularization_losses()), len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)))
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
print(len(update_ops))
gs = tf.train.create_global_step()
lr = tf.train.piecewise_constant(gs, [5, 10], [.1, .05, .01])
with tf.control_dependencies(update_ops):
    train_op = tf.train.MomentumOptimizer(lr, 0.9).minimize(total, global_step=gs)
for v in tf.global_variables():
    print(v.name, v.shape.as_list(), v in tf.trainable_variables())
r = np.random.RandomState(0)
X = r.rand(12, 4, 6)
Y = r.randint(0, 3, 12)
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    for i in range(16):
        vals = sess.run([xent, weighted, hub, ab, hinge, total, lr], {features: X, labels: Y, training: True})
        sess.run(train_op, {features: X, labels: Y, training: True})
        print(i, " ".join("%.5f" % v for v in vals))
    print("eval", "%.5f" % sess.run(total, {features: X, labels: Y, training: False}))
    for v in tf.global_variables():
        if "moving" in v.name:
            print(v.name, "%.5f" % sess.run(v).sum())
    print(sess.run(gs), sess.run(tf.train.get_global_step()))
