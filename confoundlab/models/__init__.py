"""What is trained: LeNet-5 by the hundred, the engines under it, and linear probes."""
