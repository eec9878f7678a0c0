"""`python -m export` is `vastra-export`."""

from export.cli import main

main()
