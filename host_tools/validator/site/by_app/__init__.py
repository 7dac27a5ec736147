"""Pages that sign in with the app: they show two digits, wait for the approval and finish."""
