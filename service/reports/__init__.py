"""What a case has reached: progress, checks, reports, drills."""
