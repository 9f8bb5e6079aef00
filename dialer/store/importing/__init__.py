"""Bringing cases and past contacts in from CSV files, with a report of every bad row."""
