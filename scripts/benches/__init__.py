"""What the service is measured by: rows of figures, each beside an alternative measured in the same run."""
