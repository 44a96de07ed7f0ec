"""Tests of the benchmarks: counts, records and output."""
