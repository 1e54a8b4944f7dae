"""Training: optimizers, schedules, moving averages, the global step, savers, queues. Imports `ops` and `graph`."""
