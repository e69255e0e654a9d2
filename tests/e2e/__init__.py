"""Rendered services deployed to the emulator, with IAM enforced, by their own commands."""
