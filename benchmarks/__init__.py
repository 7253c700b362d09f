"""Benchmarks: each measures this library beside a peer in the same run."""
