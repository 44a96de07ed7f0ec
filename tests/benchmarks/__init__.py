"""The benchmarks: what they count, keep and print."""
