"""What every HTTP interface of the server needs: settings, authentication, rate limits, metrics."""
