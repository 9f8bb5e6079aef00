"""The application: campaigns, calls, the case store, the console."""
