"""Tests of what scripts/bench computes, which Tests/Scenarios runs:

    python3 -B -m unittest discover -s Benchmarks -t Benchmarks
"""
