"""The reference network with random weights, and what tests and benchmarks make of it."""
