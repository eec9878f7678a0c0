"""Gathers labelled photos from web shops into a dataset."""
