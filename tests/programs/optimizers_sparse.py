"""Every optimizer on the same little model, with a sparse embedding gradient clipped by the global norm."""
import numpy as np
import tensorflow as tf

words = np.array([[1, 2, 3, 2], [0, 5, 5, 5], [7, 1, 0, 2]])
target = np.array([[.5], [-.2], [.9]])

OPTS = [
    ("sgd", lambda lr: tf.train.GradientDescentOptimizer(lr), .5),
    ("momentum", lambda lr: tf.train.MomentumOptimizer(lr, momentum=0.9), .2),
    ("nesterov", lambda lr: tf.train.MomentumOptimizer(lr, 0.9, use_nesterov=True), .2),
    ("adam", lambda lr: tf.train.AdamOptimizer(learning_rate=lr, beta1=.8, beta2=.95, epsilon=1e-4), .05),
    ("adagrad", lambda lr: tf.train.AdagradOptimizer(lr, initial_accumulator_value=0.2), .3),
    ("adadelta", lambda lr: tf.train.AdadeltaOptimizer(lr, rho=0.9, epsilon=1e-3), 1.),
    ("rmsprop", lambda lr: tf.train.RMSPropOptimizer(lr, decay=0.8, momentum=0.3, epsilon=1e-4), .03),
    ("centered", lambda lr: tf.train.RMSPropOptimizer(lr, decay=0.8, momentum=0.3, epsilon=1e-2, centered=True), .03),
    ("ftrl", lambda lr: tf.train.FtrlOptimizer(lr, l1_regularization_strength=0.001, l2_regularization_strength=0.01), .3),
    ("proximal", lambda lr: tf.train.ProximalGradientDescentOptimizer(lr, l1_regularization_strength=0.001), .3),
    ("lazyadam", lambda lr: tf.contrib.opt.LazyAdamOptimizer(lr), .05),
]
for name, make, rate in OPTS:
    for clip in (False, True):
        g = tf.Graph()
        with g.as_default():
            ids = tf.placeholder(tf.int64, [None, 4])
            y = tf.placeholder(tf.float32, [None, 1])
            emb = tf.get_variable("emb", [9, 3], initializer=tf.constant_initializer(np.linspace(-1, 1, 27)))
            e = tf.nn.embedding_lookup(emb, ids)
            cell = tf.nn.rnn_cell.BasicRNNCell(3)
            with tf.variable_scope("rnn", initializer=tf.constant_initializer(.3)):
                outputs, last = tf.nn.dynamic_rnn(cell, e, dtype=tf.float32)
            w = tf.get_variable("w", [3, 1], initializer=tf.constant_initializer([[.2], [-.4], [.5]]))
            extra = tf.reduce_sum(tf.gather(emb, [0, 0, 8]) * [.01, .02, .03])
            loss = tf.reduce_mean(tf.square(tf.matmul(last, w) - y)) + extra
            lr = tf.placeholder_with_default(tf.constant(rate), [])
            opt = make(lr)
            if clip:
                tvars = tf.trainable_variables()
                grads = tf.gradients(loss, tvars)
                if name == "sgd":
                    print([type(q).__name__ for q in grads])
                clipped, gn = tf.clip_by_global_norm(grads, 0.3)
                train = opt.apply_gradients(zip(clipped, tvars))
            else:
                gn = tf.constant(0.)
                train = opt.minimize(loss)
            init = tf.global_variables_initializer()
            sess = tf.Session()
            sess.run(init)
            for i in range(10):
                l, n = sess.run([loss, gn], {ids: words, y: target})
                sess.run(train, {ids: words, y: target})
                if i % 3 == 0:
                    print("%-9s %d %.5f %.5f" % (name, i, l, n))
            if not clip:
                print(opt.get_slot_names(), [v.op.name for v in tf.global_variables()][3:])
                for row in sess.run(emb)[[0, 4, 5, 8]]:
                    print(" ".join("%.5f" % q for q in row))
                for s in opt.get_slot_names():
                    print(s, "%.5f" % np.abs(sess.run(opt.get_slot(emb, s))).sum())
            sess.close()
