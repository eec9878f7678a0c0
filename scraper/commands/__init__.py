"""The commands of `vastra-scrape`, one module each: they read arguments, call the part that works, and print."""
