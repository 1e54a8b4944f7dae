"""`tf.data`: datasets, what is done to their elements, iterators over them. Imports `ops` and `graph`."""
