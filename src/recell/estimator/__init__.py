"""`tf.estimator` and `tf.contrib.learn`: models as functions, trained, evaluated and asked by one object.

May import: monitoring, layers, data, inputs, and the rooms below them.
"""
