"""What the functions share. A function's own work is in its `service.py`."""
