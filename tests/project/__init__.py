"""The rendered project as its user finds it: its own commands, run as its README says."""
