"""The check of the environment says what is wrong and what to do; without script too."""

import re
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy

import pytest

from app.certificates import TrialAuthority
from forms.pages.environment import LEAST, SOON, program_of
from models.services.site import Site
from tests.clock import Hands
from tests.forms.conftest import present
from tests.forms.tab import Tab

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

AGENTS = {
    f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36": ("Chrome", 131, "good"),
    f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0": ("Edge", 131, "good"),
    f"{WINDOWS} Chrome/80.0.0.0 Safari/537.36": ("Chrome", 80, "bad"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": ("Firefox", 128, "good"),
    f"{IPHONE} Version/17.4 Mobile/15E148 Safari/604.1": ("Safari", 17, "good"),
    f"{IPHONE} CriOS/131.0.0.0 Mobile/15E148 Safari/604.1": ("Chrome", 131, "good"),
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko": ("Internet Explorer", 0, "bad"),
    "curl/8.0": ("", 0, "look"),
    "Something Version/9": ("", 0, "look"),
    "": ("", 0, "look"),
    "Chrome/" + "9" * 5_000: ("Chrome", 9999, "good"),
    "Chrome/٣٣٣": ("", 0, "look"),
}


@pytest.mark.parametrize(("agent", "told"), AGENTS.items(), ids=lambda value: str(value)[-30:])
def test_a_browser_is_known_by_what_it_says(agent: str, told: tuple[str, int, str]) -> None:
    found = program_of(agent)
    assert (found.name, found.version, found.verdict) == told


@pytest.mark.parametrize("name", LEAST)
def test_the_oldest_supported_version_is_supported_and_the_one_before_is_not(name: str) -> None:
    mark = {"Edge": "Edg", "Safari": "Version"}.get(name, name)
    for version, verdict in ((LEAST[name], "good"), (LEAST[name] - 1, "bad")):
        assert program_of(f"Mozilla/5.0 {mark}/{version}.1 Safari/600").verdict == verdict


async def test_cookies_are_tried_without_script(tab: Tab) -> None:
    await tab.open("/environment")
    assert "まだ確認していません" in tab.text
    await tab.press("Cookieを確認する")
    assert tab.path == "/environment"
    assert "使えます" in tab.text
    tab.client.cookies.clear()
    tab.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    await tab.open("/environment")
    await tab.press("Cookieを確認する")
    assert "Cookieを許可し" in tab.text
    await tab.open("/environment", **{"user-agent": "Chrome/131 <script>alert(1)</script>"})
    assert "alert" not in tab.answer.text
    await tab.press_link("アクセシビリティ")
    assert "JIS X 8341-3:2016" in tab.text


async def test_the_certificate_presented_is_shown_with_its_end(tab: Tab, site: Site, hands: Hands) -> None:
    await tab.open("/environment")
    assert "提示されていません" in tab.text
    pem = TrialAuthority(site.now()).issue("client-01", "Example")
    await present(tab, pem, "/environment")
    assert "CN=client-01" in tab.text
    assert "お早めに更新" not in tab.text
    left = re.search(r"あと(\d+)日", tab.text)
    assert left
    hands.now += timedelta(days=int(left[1]) - SOON)
    await present(tab, pem, "/environment")
    assert f"あと{SOON}日" in tab.text
    assert "お早めに更新" in tab.text
