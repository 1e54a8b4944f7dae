"""Programs in TensorFlow 1 style: to be read by learners, and run by `recell demo`. May import `v1`."""
