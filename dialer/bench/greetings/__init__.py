"""Labelled greetings for the measure of answering-machine detection."""
