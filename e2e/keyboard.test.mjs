// The keyboard alone: it reaches everything in reading order, one can see where one is, and a what-if can be asked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startServer, widths } from "./harness.mjs";

const pages = ["/", "/indicators/kgi1", "/plan", "/workbench", "/en", "/en/indicators/kgi2"];

let server, browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = async (address, options) => {
  const tab = await openPage(browser, options);
  await tab.page.goto(server.base + address);
  return tab.page;
};

/** Writes down, in reading order, all that Tab should stop at. */
const listStops = (page) =>
  page.evaluate(() => {
    const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    window.stops = [...document.querySelectorAll(kinds)].filter(
      (element) =>
        !element.disabled &&
        element.checkVisibility({ visibilityProperty: true }) &&
        // Tab enters a group of radio buttons once, at the one that is chosen.
        !(element.type === "radio" && !element.checked && document.querySelector(`[name="${element.name}"]:checked`)),
    );
    return window.stops.length;
  });

/** Where the focus is: its number among the stops (-1 for none of them), what it says, and whether one can see it. */
const whereabouts = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return {
      stop: window.stops.indexOf(element),
      away: element === document.body,
      name: (element.textContent || element.name || element.tagName).trim().slice(0, 40),
      seen: (ring || style.boxShadow !== "none") && box.width > 1 && box.height > 1,
      inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  });

for (const address of pages) {
  for (const [name, viewport] of Object.entries(widths)) {
    test(`Tab reaches everything on ${address} in order (${name})`, async () => {
      const page = await open(address, { viewport });
      const count = await listStops(page);
      const faults = [];
      const visited = [];
      for (let press = 0; press < count + 50; press += 1) {
        await page.keyboard.press("Tab");
        const here = await whereabouts(page);
        if (here.away) break;
        if (!here.seen) faults.push(`no visible focus on “${here.name}”`);
        if (!here.inView) faults.push(`focus out of view on “${here.name}”`);
        // The browser stops at scrolling regions of its own accord: those are not on the list.
        if (here.stop >= 0) visited.push(here.stop);
      }
      assert.deepEqual(faults, []);
      assert.deepEqual(visited, [...Array(count).keys()]);
      await page.context().close();
    });
  }
}

test("the first stop skips to the content, then comes the navigation", async () => {
  const page = await open("/");
  await page.keyboard.press("Tab");
  const target = await page.evaluate(() => document.activeElement.getAttribute("href"));
  assert.match(target, /^#./);
  assert.ok(await page.evaluate((id) => document.querySelector("main").matches(id), target), "it leads to <main>");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.ok(
    await page.evaluate(() => document.querySelector("main").contains(document.activeElement)),
    "the next stop is in the content",
  );

  await page.reload();
  await listStops(page);
  const first = await page.evaluate(() => ({
    navigation: window.stops.findIndex((element) => element.closest("nav")),
    content: window.stops.findIndex((element) => element.closest("main")),
  }));
  assert.ok(first.navigation > 0 && first.navigation < first.content, JSON.stringify(first));
  await page.context().close();
});

/** Asks what 2040 would be at 5 % growth, with keys alone, and reads the part of the page that answers. */
async function askWhatIf(javaScript) {
  const page = await open("/indicators/kgi1", { javaScript });
  const before = await page.locator("[data-live]").first().innerText();
  const count = await listStops(page);
  for (let press = 0; press < count + 50; press += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.name === "growth")) break;
  }
  assert.equal(await page.evaluate(() => document.activeElement.name), "growth", "Tab reaches the growth input");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("5%");
  await page.keyboard.press("Enter");
  await page.waitForURL(/[?&]growth=5%25/);
  await page.waitForFunction((old) => document.querySelector("[data-live]")?.innerText !== old, before);
  const after = await page.locator("[data-live]").first().innerText();
  const url = new URL(page.url());
  await page.context().close();
  return { before, after, url };
}

test("a what-if asked by keyboard gives the same answer with and without JavaScript, and has an address", async () => {
  const scripted = await askWhatIf(true);
  const plain = await askWhatIf(false);
  assert.equal(scripted.after, plain.after);
  assert.notEqual(plain.after, plain.before);

  const page = await open(`/indicators/kgi1${scripted.url.search}`, { javaScript: false });
  assert.equal(await page.locator("[data-live]").first().innerText(), plain.after);
  await page.context().close();
});
