"""`tf.summary`: summaries of values, and the event files that TensorBoard reads. Imports `ops` and `graph`."""
