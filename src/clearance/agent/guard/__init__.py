"""The exec guard: a small root process that answers the kernel, and does nothing else."""
