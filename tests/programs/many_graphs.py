"""Several graphs and sessions, InteractiveSession, fetches by name, errors users meet."""
import numpy as np
import tensorflow as tf


class Model(object):
    def __init__(self, units, seed):
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(seed)
            self.x = tf.placeholder(tf.float32, [None, None, 2], name="x")
            self.cell = tf.contrib.rnn.BasicLSTMCell(units, activation=tf.nn.relu)
            with tf.variable_scope("r", initializer=tf.random_uniform_initializer(-.2, .2, seed=seed)):
                self.out, self.state = tf.nn.dynamic_rnn(self.cell, self.x, dtype=tf.float32)
            self.mean = tf.reduce_mean(self.out, name="mean")
            self.train = tf.train.AdamOptimizer(.01).minimize(self.mean, name="train")
            self.init = tf.global_variables_initializer()
        self.sess = tf.Session(graph=self.graph)
        self.sess.run(self.init)


a, b, c = Model(3, 1), Model(4, 2), Model(3, 1)
xv = np.arange(12).reshape(2, 3, 2) / 10.
for i in range(5):
    va, _ = a.sess.run([a.mean, a.train], {a.x: xv})
    vb, _ = b.sess.run([b.mean, "train"], {"x:0": xv})
    vc = c.sess.run("mean:0", {c.x: xv})
    print("%.5f %.5f %.5f" % (va, vb, vc))
print([v.name for v in b.graph.get_collection("trainable_variables")])
print(a.graph.get_tensor_by_name("r/rnn/transpose_1:0").shape, a.out.name)
print(a.graph is a.out.graph, tf.get_default_graph() is a.graph)

for what, f in [
    ("other graph", lambda: a.sess.run(b.mean, {a.x: xv})),
    ("not fed", lambda: a.sess.run(a.mean)),
    ("bad shape", lambda: a.sess.run(a.mean, {a.x: np.zeros((2, 2))})),
    ("name", lambda: a.sess.run("nothing:0")),
    ("no such op", lambda: a.graph.get_operation_by_name("zz")),
    ("type", lambda: a.sess.run(3.0)),
    ("dims", lambda: tf.matmul(tf.zeros([2, 3]), tf.zeros([4, 5]))),
    ("dup", lambda: [tf.get_variable("q", [2]), tf.get_variable("q", [2])]),
    ("bool", lambda: bool(tf.constant(1.) > 0)),
    ("iter", lambda: [_ for _ in tf.placeholder(tf.float32, [None])]),
    ("dtype", lambda: tf.multiply(tf.constant(1.), tf.constant(1))),
]:
    try:
        f()
    except Exception as e:
        print(what, "->", type(e).__name__, "|", str(e).split("\n")[0][:60])

sess = tf.InteractiveSession()
v = tf.Variable(tf.truncated_normal([3, 2], seed=4), name="v")
u = tf.Variable(v.initialized_value() * 2, name="u")
try:
    v.eval()
except tf.errors.FailedPreconditionError as e:
    print("uninitialized", "v" in str(e))
print(sess.run(tf.report_uninitialized_variables()))
tf.global_variables_initializer().run()
print(np.array_equal(v.eval() * 2, u.eval()))
print(tf.nn.softmax(tf.constant([[1., 2., 3.]])).eval())
op = v.assign_sub(v)
sess.run(op)
print(v.eval().sum(), sess.run(tf.is_variable_initialized(v)))
print(sess.graph is tf.get_default_graph())
sess.close()
for m in (a, b, c):
    m.sess.close()
try:
    a.sess.run(a.init)
except RuntimeError as e:
    print(e)
