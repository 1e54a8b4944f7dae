"""Convolutions before a recurrence, a sliding window after it, layers of tf.layers with names, summaries left out."""
import numpy as np
import tensorflow as tf


def ramp(shape, dtype=tf.float32, partition_info=None):
    n = np.prod(shape)
    return tf.constant(((np.arange(n) * 37) % 19 / 19. - .5).reshape(shape), dtype)


images = tf.placeholder(tf.float32, [None, 8, 12, 1])
labels = tf.placeholder(tf.int64, [None])
is_train = tf.placeholder_with_default(False, ())
net = tf.layers.conv2d(images, 4, [3, 3], padding="same", activation=tf.nn.relu, kernel_initializer=ramp, name="conv1")
net = tf.layers.max_pooling2d(net, [2, 2], [2, 2], name="pool1")
net = tf.layers.batch_normalization(net, training=is_train, name="bn1", momentum=.9)
with tf.variable_scope("conv2"):
    w = tf.get_variable("w", [3, 3, 4, 3], initializer=ramp)
    net = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(net, w, strides=[1, 2, 1, 1], padding="SAME"), tf.get_variable("b", [3], initializer=tf.zeros_initializer)))
print(net.shape)
seq = tf.reshape(tf.transpose(net, [0, 2, 1, 3]), [-1, 6, 2 * 3])
seq = tf.layers.conv1d(seq, 5, 3, padding="valid", kernel_initializer=ramp, activation=tf.tanh)
print(seq.shape)
cells = [tf.nn.rnn_cell.LSTMCell(n, initializer=ramp, name="l%d" % n) for n in (4, 3)]
out, st = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), seq, dtype=tf.float32)
pooled = tf.reduce_max(out, axis=1)
avg = tf.nn.avg_pool(tf.expand_dims(out, -1), [1, 2, 1, 1], [1, 1, 1, 1], "VALID")
logits = tf.layers.dense(tf.concat([pooled, tf.layers.flatten(avg)], -1), 3, kernel_initializer=ramp, kernel_constraint=lambda k: tf.clip_by_norm(k, 2.))
loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
acc = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(logits, 1), labels)))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.AdamOptimizer(.01).minimize(loss)
print([v.op.name for v in tf.trainable_variables()])
n = sum(int(np.prod(v.get_shape().as_list())) for v in tf.trainable_variables())
print("parameters", n)
r = np.random.RandomState(5)
X, Y = r.rand(6, 8, 12, 1), r.randint(0, 3, 6)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(12):
        l, a = sess.run([loss, acc], {images: X, labels: Y, is_train: True})
        sess.run(train, {images: X, labels: Y, is_train: True})
        print("%d %.5f %.3f" % (i, l, a))
    print("%.5f" % sess.run(loss, {images: X, labels: Y}))
