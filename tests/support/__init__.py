"""What the suites share: rendering, tools, processes."""
