"""A headless Chromium to drive: started here or on a Selenium Grid, and ended for good."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError as LostConnection

from scraper.errors import BrowserError
from scraper.job import Browsing

LOST = (WebDriverException, LostConnection, OSError)
"""What a browser that died, or a Grid that went away, makes Selenium raise."""
INSTALL = "install Chromium (apt-get install chromium chromium-driver), or name a Selenium Grid with --remote URL"
GRID = "look at the Selenium Grid's address, or leave --remote out to use Chromium on this machine"
BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
UNASKED = ("*/favicon.ico", "*.woff", "*.woff2", "*.ttf", "*.mp4", "*.webm")
"""What a page of products loads and nobody here looks at: each is a request that the shop is spared."""


def start_browser(browsing: Browsing, *, signature: str, remote: str = "") -> WebDriver:
    """A fresh browser whose user agent ends in `signature`.

    Raises:
        BrowserError: there is none; the message says what to install.
    """
    driver: WebDriver
    options = _options(browsing, here=not remote)
    try:
        if remote:
            driver = webdriver.Remote(command_executor=remote, options=options)
        else:
            driver_path = shutil.which("chromedriver")  # without one, Selenium Manager finds or fetches it
            driver = webdriver.Chrome(options=options, service=Service(executable_path=driver_path))
        agent = str(driver.execute_script("return navigator.userAgent")).replace("Headless", "")
        driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": f"{agent} {signature}"})
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(UNASKED)})
        driver.set_page_load_timeout(browsing.page_s)
    except LOST as error:
        where, advice = (f"no browser at {remote}", GRID) if remote else ("no browser starts here", INSTALL)
        raise BrowserError(f"{where} ({words_of(error)}); {advice}") from error
    return driver


def end_browser(driver: WebDriver, *, here: bool) -> None:
    """Ends a browser, dead or alive; one that runs `here` leaves no process behind. Raises nothing."""
    with contextlib.suppress(*LOST):
        driver.quit()
    if not here:
        return
    # a driver that was killed leaves its browser running, and `quit` does not say so; only ever end our own
    process, chrome = driver.capabilities.get("goog:processID"), driver.capabilities.get("chrome", {})
    folder = str(chrome.get("userDataDir", "")).encode()
    with contextlib.suppress(OSError):
        if folder and folder in Path(f"/proc/{process}/cmdline").read_bytes():
            os.kill(int(str(process)), signal.SIGKILL)


def words_of(error: BaseException) -> str:
    """What a driver's error says, without the addresses of its own code and manual."""
    if isinstance(error, LostConnection):
        return "it does not answer"
    said = str(getattr(error, "msg", error) or type(error).__name__)
    return said.splitlines()[0].partition("; For documentation")[0]


def _options(browsing: Browsing, *, here: bool) -> webdriver.ChromeOptions:
    options = webdriver.ChromeOptions()
    width, height = browsing.window
    for argument in (
        "--headless=new",
        f"--window-size={width},{height}",
        "--disable-gpu",
        "--disable-dev-shm-usage",  # containers give 64 MB of it, and a page of photos takes more
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-crash-reporter",
        *(("--no-sandbox",) if os.geteuid() == 0 and here else ()),  # Chromium's sandbox refuses root
    ):
        options.add_argument(argument)
    # the photos come later, once each and politely: a browser would ask for all small ones at once
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.images": 2})
    # how the shop answered: Selenium itself shows neither a header nor whether a page came whole
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser and here:
        options.binary_location = browser
    return options
