"""The runtime: data, kernels, the step, brokers, the store and the command line."""
