"""The SAM template: translated, linted, scanned, built."""
