"""`python -m deploy` is `vastra-deploy`."""

from deploy.cli import main

main()
