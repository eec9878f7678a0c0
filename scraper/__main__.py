"""`python -m scraper`: the same as `vastra-scrape`."""

from scraper.cli import main

if __name__ == "__main__":
    main(prog_name="vastra-scrape")
