"""What is behind scripts/bench-scale: how the gateway grows with its clients, routes, sites and upstream servers."""
