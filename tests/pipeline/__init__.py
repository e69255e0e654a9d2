"""The rendered pipelines: read into one model, checked against D01-D06, and run job by job."""
