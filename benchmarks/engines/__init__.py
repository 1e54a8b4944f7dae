"""What each library does with a workload: one module each.

A module has `build(task, **options)`, which makes network and inputs and returns a function of nothing. One call of it
is one step, done to its end: the loss of a forward pass, which it returns, with `task.training` also the gradients by
all weights and by the inputs. The loss is the mean of the squared outputs, which are zero past a row's length.

`versions(**options)` says what ran, for the report.
"""
