// Starts the built server and Debian's Chromium for one test file, and ends both. Nothing here knows a page of Rashin.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const axeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

export const widths = { narrow: { width: 360, height: 800 }, wide: { width: 1440, height: 900 } };

/** The newest build, so that a stale release binary never stands in for a fresh debug one. */
export function binary() {
  const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
  const built = ["release", "debug"].map((profile) => path.join(target, profile, "rashin")).filter(existsSync);
  if (built.length === 0) throw new Error("no rashin binary: run `cargo build --release -p rashin` first");
  return built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/** The databases that a server can stand on here: PostgreSQL where `scripts/with-postgres` runs the tests. */
export const engines = process.env.RASHIN_TEST_POSTGRES ? ["sqlite", "postgres"] : ["sqlite"];

/** An empty database of its own, as the command line names it, and what removes it. */
function newDatabase(engine, folder) {
  if (engine === "sqlite") return { named: ["--database", path.join(folder, "rashin.db")], remove: () => {} };
  const address = new URL(process.env.RASHIN_TEST_POSTGRES);
  const name = `e2e_${process.pid}_${Date.now()}`;
  const say = (statement) => execFileSync("psql", [address.href, "--quiet", "--command", statement]);
  say(`CREATE DATABASE ${name}`);
  const own = new URL(address);
  own.pathname = `/${name}`;
  return { named: ["--database-url", own.href], remove: () => say(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/**
 * A server on a free port (or on `port`, with more flags and environment if given), on an empty database; with `demo`, a password, on one with the made-up year, with `advisories` also watching made-up ones. RASHIN_URL names one that already
 * runs instead. `firstLink` makes the first administrator; `rashin` runs another command on the same database and gives what it prints; `said` is what the server printed.
 */
export async function startServer({ engine = "sqlite", demo, advisories = false, port = 0, flags = [], env = {} } = {}) {
  if (process.env.RASHIN_URL) return { base: process.env.RASHIN_URL, said: () => "", stop: async () => {} };
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-"));
  const database = newDatabase(engine, folder);
  const rashin = (command, ...more) =>
    execFileSync(binary(), [command, ...database.named, ...more], { cwd: root, encoding: "utf8" });
  const watched = advisories ? ["--advisories", path.join(folder, "advisories.db")] : [];
  if (demo) rashin("demo", "--password", demo, ...watched);
  const server = spawn(binary(), ["serve", "--port", `${port}`, "--unlimited", ...database.named, ...watched, ...flags], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  process.once("exit", () => server.kill("SIGKILL"));
  let said = "";
  const listeners = new Set();
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
      for (const listen of listeners) listen();
    });
  }
  const heard = (pattern) =>
    new Promise((resolve, reject) => {
      const listen = () => {
        const found = said.match(pattern);
        if (found) resolve(found[0]);
      };
      listeners.add(listen);
      listen();
      ended.then((code) => reject(new Error(`the server ended with ${code} before it said ${pattern}:\n${said}`)));
      setTimeout(() => reject(new Error(`the server did not say ${pattern} in 60 s:\n${said}`)), 60_000).unref();
    });
  const base = await heard(/http:\/\/[\w.[\]:]+:\d+/);
  const firstLink = demo ? undefined : await heard(/http:\/\/\S+\/links\/\w+/);
  const stop = async () => {
    const late = setTimeout(() => server.kill("SIGKILL"), 10_000);
    server.kill("SIGTERM");
    await ended;
    clearTimeout(late);
    database.remove();
    rmSync(folder, { recursive: true, force: true });
    if (server.signalCode === "SIGKILL") throw new Error("the server did not stop within 10 s of SIGTERM");
  };
  return { base, said: () => said, stop, firstLink, rashin };
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

export const isEnglish = (address) => /^\/en(\/|$)/.test(address);

/** What holds on any page at any width: no sideways scrolling, one h1, its own language, no message key left. */
export async function look(page, address) {
  const seen = await page.evaluate(() => {
    const text = document.body.cloneNode(true);
    for (const literal of text.querySelectorAll("code, pre, kbd, samp, script, style")) literal.remove();
    return {
      overflow: document.scrollingElement.scrollWidth - window.innerWidth,
      headings: document.querySelectorAll("h1").length,
      language: document.documentElement.lang,
      keys: text.textContent.match(/\{\s*\$?[a-z][\w.-]*\s*\}/g) ?? [],
      oddNumbers: text.textContent.match(/\b(NaN|Infinity|undefined)\b/g) ?? [],
      title: document.title,
    };
  });
  const faults = [];
  if (seen.overflow > 0) faults.push(`${seen.overflow} px wider than the window`);
  if (seen.headings !== 1) faults.push(`${seen.headings} h1 headings`);
  if (seen.language !== (isEnglish(address) ? "en" : "ja")) faults.push(`lang="${seen.language}"`);
  if (seen.keys.length > 0) faults.push(`message keys on show: ${seen.keys.join(" ")}`);
  if (seen.oddNumbers.length > 0) faults.push(`not a figure: ${seen.oddNumbers.join(" ")}`);
  if (seen.title.trim() === "") faults.push("no title");
  return faults;
}
