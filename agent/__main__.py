"""`python -m agent` is `vastra-agent`."""

from agent.cli import main

main()
