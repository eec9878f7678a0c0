"""Puts the agent on devices, and takes it back."""
