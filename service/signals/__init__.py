"""What may point at a defect: complaints from consumers, scans at odd places or too many of them."""
