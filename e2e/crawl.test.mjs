// Every page that a reader can reach by links from / and /en, at both widths, with and without JavaScript.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, isEnglish, look, openPage, startBrowser, startServer, widths } from "./harness.mjs";

const workers = 2;
const mostAddresses = 5000;
const types = {
  csv: /^text\/csv\b/,
  json: /^application\/(problem\+|ld\+)?json\b/,
  xlsx: /^application\/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet$/,
};

let server, browser, found;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  found = await discover(["/", "/en"]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The addresses of one page: what it links to, loads, or sends a form to. */
function links(html) {
  const attributes = html.matchAll(/\s(?:href|src|action)="([^"]*)"/g);
  return [...attributes].map(([, value]) => value.replaceAll("&amp;", "&").replaceAll("&#38;", "&"));
}

function ids(html) {
  return new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
}

/** Fetches all that is reachable. An address with a query is fetched but its links are not followed: what-ifs breed. */
async function discover(starts) {
  const seen = new Map(starts.map((address) => [address, { from: "the start" }]));
  const waiting = [...starts];
  const visit = async (address) => {
    const entry = seen.get(address);
    const response = await fetch(new URL(address, server.base), { redirect: "follow" });
    const bytes = Buffer.from(await response.arrayBuffer());
    Object.assign(entry, { status: response.status, type: response.headers.get("content-type") ?? "", bytes });
    if (!entry.type.startsWith("text/html")) return;
    const html = bytes.toString("utf8");
    Object.assign(entry, { html: true, ids: ids(html), fragments: [] });
    for (const link of links(html)) {
      const url = new URL(link, new URL(address, server.base));
      if (url.origin !== new URL(server.base).origin) continue;
      const target = url.pathname + url.search;
      if (url.hash) entry.fragments.push({ target, id: decodeURIComponent(url.hash.slice(1)) });
      if (seen.has(target) || (address.includes("?") && target.includes("?"))) continue;
      seen.set(target, { from: address });
      waiting.push(target);
    }
  };
  while (waiting.length > 0) {
    assert.ok(seen.size < mostAddresses, `more than ${mostAddresses} addresses: links breed without end`);
    await Promise.all(waiting.splice(0, 8).map(visit));
  }
  return seen;
}

const pages = () => [...found].filter(([address, entry]) => entry.html && !address.includes("?")).map(([a]) => a);

test("every link answers, with the type that its name promises", () => {
  const faults = [];
  for (const [address, { status, type, from, bytes, html }] of found) {
    if (status !== 200) faults.push(`${address} answers ${status}, linked from ${from}`);
    const ending = address.split("?")[0].match(/\.(csv|json|xlsx)$/)?.[1];
    if (ending && !types[ending].test(type)) faults.push(`${address} is sent as ${type}`);
    if (ending === "json" && !parses(bytes)) faults.push(`${address} is not JSON`);
    if (ending === "xlsx" && bytes.toString("latin1", 0, 2) !== "PK") faults.push(`${address} is not a workbook`);
    if (bytes.length === 0) faults.push(`${address} is empty`);
    if (html && /charset=utf-8/i.test(type) === false) faults.push(`${address} names no charset: ${type}`);
  }
  assert.deepEqual(faults, []);
});

function parses(bytes) {
  try {
    JSON.parse(bytes);
    return true;
  } catch {
    return false;
  }
}

test("every link to a place inside a page finds it", () => {
  const faults = [];
  for (const [address, { fragments = [] }] of found) {
    for (const { target, id } of fragments) {
      const there = found.get(target);
      if (there?.html && !there.ids.has(id)) faults.push(`${address} links to ${target}#${id}, which is not there`);
    }
  }
  assert.deepEqual([...new Set(faults)], []);
});

test("every page is there in both languages", () => {
  const japanese = pages().filter((address) => !isEnglish(address));
  const english = pages().filter(isEnglish).map((address) => address.replace(/^\/en/, "") || "/");
  assert.deepEqual(english.sort(), japanese.sort());
});

test("every page", { concurrency: workers }, async (t) => {
  const idle = await Promise.all(
    Array.from({ length: workers }, async () => ({
      scripted: await openPage(browser),
      plain: await openPage(browser, { javaScript: false }),
      bare: await openPage(browser, { emptyScripts: true, viewport: widths.narrow }),
    })),
  );
  await Promise.all(
    pages().map((address) =>
      t.test(address, async () => {
        const tabs = idle.pop();
        try {
          assert.deepEqual(await faultsOf(address, tabs), []);
        } finally {
          idle.push(tabs);
        }
      }),
    ),
  );
});

/** One load with JavaScript and one without; axe looks again only where scripts changed what there is to look at. */
async function faultsOf(address, { scripted, plain, bare }) {
  const url = new URL(address, server.base).href;
  const faults = [];
  const note = (where, list) => faults.push(...list.map((fault) => `${where}: ${fault}`));

  await scripted.page.setViewportSize(widths.wide);
  await scripted.page.goto(url);
  note("wide", await look(scripted.page, address));
  const body = await scripted.page.evaluate(() => document.body.innerHTML);
  note("wide", await axe(scripted.page));
  await scripted.page.setViewportSize(widths.narrow);
  note("narrow", await look(scripted.page, address));
  note("narrow", await axe(scripted.page));
  note("with JavaScript", scripted.takeComplaints());

  await plain.page.setViewportSize(widths.narrow);
  await plain.page.goto(url);
  note("narrow without JavaScript", await look(plain.page, address));
  if ((await plain.page.evaluate(() => document.body.innerHTML)) !== body) {
    await bare.page.goto(url);
    note("narrow without JavaScript", await axe(bare.page));
  }
  await plain.page.setViewportSize(widths.wide);
  note("wide without JavaScript", await look(plain.page, address));
  note("without JavaScript", plain.takeComplaints());
  return faults;
}
