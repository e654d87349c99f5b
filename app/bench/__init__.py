"""The benchmark: our pages against the bare driver's, in one run, by ratio."""
