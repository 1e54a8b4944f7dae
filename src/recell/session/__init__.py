"""Sessions: they hold the variables' values and a cache of plans. May import `plan` and `graph`."""
