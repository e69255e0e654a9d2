"""Every combination of answers, each distinct outcome checked once."""
