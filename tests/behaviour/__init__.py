"""What the rendered Python does, seen by running it."""
