"""`tf.data`: datasets, what transforms them, and the iterators that hand their elements to a run. Imports `ops`.

A dataset is an operation. Its value, when the graph runs, is a `Pipeline`: a small object that opens cursors over flat
tuples of values. An iterator is a resource of the session that holds one cursor.
"""
