"""Trains garment classifiers whose numbers hold on shops never seen."""
