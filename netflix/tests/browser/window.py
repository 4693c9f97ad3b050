"""Headless Chromium, driven by Debian's chromedriver."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from selenium.common import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

_PATIENCE = 120  # seconds; a page is there in a fraction of one, unless the machine is busy
_SCRIPT_TIMEOUT = 300  # seconds; axe takes long on large pages
_MAX_TABS = 80
_PASSING = (StaleElementReferenceException, ElementClickInterceptedException)  # the page changes


@contextmanager
def chromium(folder: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--disable-dev-shm-usage", "--no-proxy-server", f"--user-data-dir={folder}"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox does not work for root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    driver.set_script_timeout(_SCRIPT_TIMEOUT)
    try:
        yield driver
    finally:
        driver.quit()


class Window:
    """A tab without cookies or storage. `folder` is where screenshots go."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver = driver
        self.folder = folder
        before = driver.current_window_handle
        driver.switch_to.new_window("tab")
        self._tab = driver.current_window_handle
        driver.switch_to.window(before)
        driver.close()
        driver.switch_to.window(self._tab)
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        driver.get_log("browser")

    def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """The size of the window and the theme. Nothing moves, so that screenshots are of the end of each motion."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        wanted = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def open(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """What `condition` gives, as soon as that is true."""
        waiting = WebDriverWait(self.driver, _PATIENCE, 0.05, _PASSING)
        return waiting.until(lambda _: condition(), what)

    def element(self, selector: str) -> WebElement:
        """The first one that is shown."""
        return self.wait(
            lambda: next((each for each in self._elements(selector) if each.is_displayed()), None), selector
        )

    def click(self, selector: str) -> None:
        self.wait(lambda: self.element(selector).click() or True, selector)

    def text(self) -> str:
        return str(self.run("return document.body?.innerText ?? ''"))

    def see(self, *texts: str) -> None:
        """Wait until all of them are on the page."""
        for text in texts:
            self.wait(lambda text=text: text in self.text(), f"The page does not show: {text}")

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, name: str) -> None:
        """Press Tab until what has the focus is called `name`."""
        for _ in range(_MAX_TABS):
            if self.focus() == name:
                return
            self.press(Keys.TAB)
        raise AssertionError(f"Tab does not lead to {name}; it ends at {self.focus()}.")

    def focus(self) -> str:
        """The accessible name of what has the focus."""
        return self.driver.switch_to.active_element.accessible_name

    def screenshot(self, name: str) -> Path:
        file = self.folder / f"{name}.png"
        assert self.driver.save_screenshot(str(file))
        return file

    def console_errors(self, *but: str) -> list[str]:
        """What the console has shown since the last call, violations of the policy included.

        Without those that contain one of `but`: Chromium also shows each answer from 400 on.
        """
        messages = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [message for message in messages if not any(text in message for text in but)]

    def axe(self, within: str = "html") -> list[str]:
        """What axe-core finds serious or critical on the page as it is now, or in a part of it."""
        self.run(_axe())
        found = self.driver.execute_async_script(
            "const [part, done] = arguments; axe.run(part, {resultTypes: ['violations']}).then(done)", within
        )
        return [
            f"{each['id']}: {each['help']}: {node['html']} {node.get('failureSummary', '')}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    def _elements(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)


@cache
def _axe() -> str:
    return (resources.files("axe_core_python") / "axe.min.js").read_text()
