"""Rules about this repository: copier.yml, file names, what every file and every choice is for."""
