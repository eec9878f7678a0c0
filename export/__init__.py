"""Turns a training run into a bundle for the device and proves that nothing was lost on the way."""
