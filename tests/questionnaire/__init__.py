"""Copier's real command line: prompts in a terminal, bad answers, odd names, full folders."""
