"""`python -m training` is `vastra-train`."""

from training.cli import main

main()
