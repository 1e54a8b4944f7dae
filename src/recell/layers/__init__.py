"""Layers above the operations: dense, dropout, convolutions, normalisation, losses, and tf.contrib's versions."""
