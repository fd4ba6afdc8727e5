// Starts the built server and Debian's Chromium for one test file, and ends both. Nothing here knows a page of Rashin.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const axeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

export const widths = { narrow: { width: 360, height: 800 }, wide: { width: 1440, height: 900 } };

/** The newest build, so that a stale release binary never stands in for a fresh debug one. */
function binary() {
  const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
  const built = ["release", "debug"].map((profile) => path.join(target, profile, "rashin")).filter(existsSync);
  if (built.length === 0) throw new Error("no rashin binary: run `cargo build --release -p rashin` first");
  return built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/**
 * A server on a fresh database and a free port, or on `port`, with more flags and environment if given. `said` is what it printed.
 * RASHIN_URL names one that already runs instead.
 */
export async function startServer({ port = 0, flags = [], env = {} } = {}) {
  if (process.env.RASHIN_URL) return { base: process.env.RASHIN_URL, said: () => "", stop: async () => {} };
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-"));
  const server = spawn(binary(), ["serve", "--port", `${port}`, "--database", path.join(folder, "rashin.db"), ...flags], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  process.once("exit", () => server.kill("SIGKILL"));
  let said = "";
  const base = await new Promise((resolve, reject) => {
    const listen = (chunk) => {
      said += chunk;
      const address = said.match(/http:\/\/[\w.[\]:]+:\d+/);
      if (address) resolve(address[0]);
    };
    server.stdout.on("data", listen);
    server.stderr.on("data", listen);
    ended.then((code) => reject(new Error(`the server ended with ${code} before it gave an address:\n${said}`)));
    setTimeout(() => reject(new Error(`the server gave no address in 60 s:\n${said}`)), 60_000).unref();
  });
  const stop = async () => {
    const late = setTimeout(() => server.kill("SIGKILL"), 10_000);
    server.kill("SIGTERM");
    await ended;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true });
    if (server.signalCode === "SIGKILL") throw new Error("the server did not stop within 10 s of SIGTERM");
  };
  return { base, said: () => said, stop };
}

export function startBrowser() {
  const flags = "--disable-gpu --disable-quic --no-first-run --disable-background-networking";
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromiumSandbox: false,
    args: [...flags.split(" "), "--disable-component-update", "--disable-sync"],
  });
}

/**
 * A page that writes down whatever the browser complains of: script errors, CSP violations, failed loads.
 * axe-core cannot run where JavaScript is off; `emptyScripts` gives it the same page with the site's scripts taken out.
 */
export async function openPage(browser, { javaScript = true, emptyScripts = false, viewport = widths.wide } = {}) {
  const context = await browser.newContext({ javaScriptEnabled: javaScript, viewport, locale: "ja-JP" });
  const page = await context.newPage();
  const script = (url) => url.pathname.endsWith(".js");
  if (emptyScripts) await page.route(script, (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A navigation to the next page may cut off a font that the last one was still loading.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") complaints.push(`load: ${request.url()}`);
  });
  return { page, takeComplaints: () => complaints.splice(0) };
}

/** What axe-core finds wrong, a line each: rule, first place, and how to mend it. */
export async function axe(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const violations = await page.evaluate(async (tags) => {
    const result = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return result.violations.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html.slice(0, 160)) }));
  }, axeTags);
  return violations.map((v) => `axe ${v.id}: ${v.help}: ${v.nodes.length} × e.g. ${v.nodes[0]}`);
}
