"""What the Makefile calls: build, local stack, releases, daily operation."""
