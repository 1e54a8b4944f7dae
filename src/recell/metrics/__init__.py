"""`tf.metrics`: running values of measures over many batches, in local variables. Imports `ops` and `graph`."""
