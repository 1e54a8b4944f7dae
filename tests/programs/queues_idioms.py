"""Fourteen small idioms around queues, one after the other."""
from __future__ import print_function
import numpy as np
import tensorflow as tf
# several idioms in one
def section(t): print("--", t)
section("run([dequeue, enqueue]) ring")
tf.reset_default_graph()
q = tf.FIFOQueue(3, tf.float32, shapes=[[2]])
init = q.enqueue_many(([[1., 1.], [2., 2.], [3., 3.]],))
x = q.dequeue()
y = x + 10
q_inc = q.enqueue([y])
with tf.Session() as sess:
    init.run()
    for _ in range(5):
        v, _ = sess.run([x, q_inc])
        print(v)
    print(sess.run(q.size()))
section("coord with queue runner class")
tf.reset_default_graph()
q = tf.FIFOQueue(10, "float")
counter = tf.Variable(0.0)
incr = tf.assign_add(counter, 1.0)
enq = q.enqueue(counter)
qr = tf.train.QueueRunner(q, enqueue_ops=[incr, enq] * 1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    coord = tf.train.Coordinator()
    ths = qr.create_threads(sess, coord=coord, start=True)
    vals = [sess.run(q.dequeue()) for _ in range(5)]
    print(all(b >= a for a, b in zip(vals, vals[1:])))
    coord.request_stop()
    coord.join(ths)
section("dequeue after stop")
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    coord = tf.train.Coordinator()
    ths = qr.create_threads(sess, coord=coord, start=True)
    coord.request_stop()
    coord.join(ths)
    n = 0
    try:
        d = q.dequeue()
        for i in range(100):
            sess.run(d)
            n += 1
    except tf.errors.OutOfRangeError:
        print("out of range", n <= 12)
section("names of threads")
tf.reset_default_graph()
a = tf.train.string_input_producer(["a", "b"], num_epochs=1, shuffle=False)
b = tf.train.batch([a.dequeue()], 2)
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    coord = tf.train.Coordinator()
    ths = tf.train.start_queue_runners(coord=coord, start=False)
    print([(t.name, t.daemon) for t in ths])
    for t in ths: t.start()
    print(sess.run(b))
    coord.request_stop(); coord.join(ths)
section("uninitialized local variables")
with tf.Session() as sess:
    coord = tf.train.Coordinator()
    ths = tf.train.start_queue_runners(coord=coord)
    try:
        sess.run(b)
    except tf.errors.OpError as e:
        print(type(e).__name__)
    coord.request_stop()
    try:
        coord.join(ths)
    except tf.errors.OpError as e:
        print(type(e).__name__, e.message.split("\n")[0].split(". ")[0])
section("queue in while_loop")
tf.reset_default_graph()
q = tf.FIFOQueue(20, tf.int32, shapes=[[]])
fill = q.enqueue_many([list(range(10))])
total = tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + q.dequeue()), [0, 0], parallel_iterations=1)[1]
def body(i):
    with tf.control_dependencies([q.enqueue(i * 100)]):
        return i + 1
put = tf.while_loop(lambda i: i < 3, body, [0])
with tf.Session() as sess:
    sess.run(fill)
    print(sess.run(total), sess.run(q.size()))
    print(sess.run(put), sess.run(q.size()), sess.run(q.dequeue_many(8)).tolist())
section("gradient through batch")
tf.reset_default_graph()
w = tf.get_variable("w", [], initializer=tf.constant_initializer(2.0))
xs = tf.train.batch([tf.train.range_input_producer(4, shuffle=False).dequeue()], 4)
loss = tf.reduce_sum(tf.square(w * tf.to_float(xs)))
g, = tf.gradients(loss, w)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    coord = tf.train.Coordinator()
    ths = tf.train.start_queue_runners(coord=coord)
    print([float(sess.run(g)) for _ in range(3)])
    coord.request_stop(); coord.join(ths)
section("is string tensor; feeding the batch")
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(float(sess.run(loss, {xs: [1, 2, 3, 4]})))
section("RunOptions / timeouts")
with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=200)) as sess:
    try:
        sess.run(xs)
    except tf.errors.DeadlineExceededError as e:
        print(type(e).__name__, e.message.split("\n")[0])
section("join of exceptions")
tf.reset_default_graph()
def gen():
    raise RuntimeError("boom")
v = tf.py_func(gen, [], tf.float32); v.set_shape([])
b = tf.train.batch([v], 3)
with tf.Session() as sess:
    coord = tf.train.Coordinator()
    ths = tf.train.start_queue_runners(coord=coord)
    try:
        sess.run(b)
    except tf.errors.OutOfRangeError as e:
        print(e.message.split("\n")[0].split("'")[0], e.op.name)
    try:
        coord.join(ths)
    except Exception as e:
        print(type(e).__name__, e.message.split("\n")[0])
section("stop iteration")
def gen2(state=[0]):
    state[0] += 1
    if state[0] > 5: raise StopIteration()
    return np.float32(state[0])
tf.reset_default_graph()
v = tf.py_func(gen2, [], tf.float32); v.set_shape([])
b = tf.train.batch([v], 2, allow_smaller_final_batch=True)
with tf.Session() as sess:
    coord = tf.train.Coordinator()
    ths = tf.train.start_queue_runners(coord=coord)
    try:
        while True: print(sess.run(b).tolist())
    except tf.errors.OutOfRangeError as e:
        print("end")
    coord.request_stop(); coord.join(ths)
section("MonitoredSession")
tf.reset_default_graph()
x = tf.train.range_input_producer(5, num_epochs=2, shuffle=False).dequeue()
b = tf.train.batch([x], 2)
with tf.train.MonitoredSession() as sess:
    while not sess.should_stop():
        print(sess.run(b).tolist())
print("after")
section("SingularMonitoredSession")
tf.reset_default_graph()
x = tf.train.range_input_producer(3, num_epochs=1, shuffle=False).dequeue()
gs = tf.train.get_or_create_global_step()
up = tf.assign_add(gs, 1)
with tf.train.SingularMonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=2)]) as sess:
    while not sess.should_stop():
        print(sess.run([x, up])[0])
section("Supervisor")
tf.reset_default_graph()
x = tf.train.range_input_producer(3, num_epochs=2, shuffle=False).dequeue()
gs = tf.train.get_or_create_global_step()
sv = tf.train.Supervisor(logdir=None)
with sv.managed_session() as sess:
    try:
        while not sv.should_stop():
            print(sess.run(x))
    except tf.errors.OutOfRangeError:
        print("oor")
    sv.request_stop()
print(sv.should_stop())
