"""A run's page for people: `report.html`, one file that holds everything it shows."""

from training.report.page import Findings, write_report

__all__ = ["Findings", "write_report"]
