"""tools/bench-peers: MTL and other runtimes on the same network and inputs, in one run."""
