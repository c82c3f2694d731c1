"""What is behind scripts/soak: mixed load for a long time, and whether memory, descriptors and latency stay flat."""
