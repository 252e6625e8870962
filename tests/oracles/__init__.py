"""Other ways to the same answers, which only tests and benchmarks ask."""
