// What readers come for, by the figures of the interim report. Needs no browser: the pages are whole as sent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "./harness.mjs";

let server;

before(async () => {
  server = await startServer();
});
after(() => server?.stop());

async function get(address, options) {
  const response = await fetch(server.base + address, options);
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body, text: body.toString("utf8") };
}

/** What a reader sees of a page, as one line. */
const words = (html) =>
  html
    .replace(/<(script|style|head)\b[\s\S]*?<\/\1>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ");

const places = ["/plan", "/coverage", "/findings", "/workbench", "/sources", "/meetings", "/api", "/gallery"];
for (const place of ["/", "/indicators/kgi1", "/indicators/kgi2", "/indicators/kgi3", ...places]) {
  test(`${place} answers in Japanese and in English`, async () => {
    const english = place === "/" ? "/en" : `/en${place}`;
    for (const [address, language] of [[place, "ja"], [english, "en"]]) {
      const page = await get(address);
      assert.equal(page.status, 200, address);
      assert.match(page.text, new RegExp(`<html[^>]* lang="${language}"`), address);
    }
  });
}

test("the plan at a glance shows the three targets and leads to each", async () => {
  const page = await get("/");
  for (const figure of ["28兆円", "4.2兆円/年", "8件/年"]) {
    assert.ok(words(page.text).replaceAll(" ", "").includes(figure), figure);
  }
  for (const id of ["kgi1", "kgi2", "kgi3"]) assert.match(page.text, new RegExp(`href="/indicators/${id}"`));
});

test("KGI 1 is recomputed: 28.46 unrounded, 28.23 by the printed parts, 28 as printed", async () => {
  const kgi = JSON.parse((await get("/indicators/kgi1.json")).text);
  assert.equal(kgi.id, "kgi1");
  assert.match(kgi.value, /^28\.46/);
  assert.match(kgi.printed_path, /^28\.23/);
  assert.equal(kgi.printed, "28");
  assert.ok(Number(kgi.interval.low) < 28.46 && Number(kgi.interval.high) > 28.46, JSON.stringify(kgi.interval));
});

test("a what-if in the address moves the figure on the page and in the data alike", async () => {
  const kgi = JSON.parse((await get("/indicators/kgi1.json?growth=5%25")).text);
  // 7.3 / 0.724 × 1.05^16
  assert.ok(Math.abs(Number(kgi.value) - 22.0099) < 0.001, kgi.value);
  const page = await get("/indicators/kgi1?growth=5%25");
  assert.match(words(page.text), /22\.0/);
  assert.match(page.text, /name="growth"[^>]*value="5%"|value="5%"[^>]*name="growth"/);
});

test("a what-if that is no quantity is refused with words, and what was typed stays", async () => {
  for (const typed of ["abc", "5円", "", "9^9^9^9", "１２３", "<script>"]) {
    const page = await get(`/indicators/kgi1?growth=${encodeURIComponent(typed)}`);
    assert.ok(page.status < 500, `${typed} answers ${page.status}`);
    assert.ok(!page.text.includes("<script>alert") && !page.text.includes('value="<script>'), "it is escaped");
  }
  const page = await get("/indicators/kgi1?growth=abc");
  assert.match(page.text, /value="abc"/);
  assert.match(page.text, /aria-invalid="true"/);
});

test("every indicator comes as data, with the type that its address says", async () => {
  for (const id of ["kgi1", "kgi2", "kgi3", "ref1", "ref2", "ref3", "ref4"]) {
    const csv = await get(`/indicators/${id}.csv`);
    assert.match(csv.headers.get("content-type"), /^text\/csv\b.*utf-8/i, id);
    assert.ok(csv.text.trim().split("\n").length > 1, `${id}.csv has rows`);
    const json = await get(`/indicators/${id}.json`);
    assert.equal(JSON.parse(json.text).id, id);
    const xlsx = await get(`/indicators/${id}.xlsx`);
    assert.equal(xlsx.body.toString("latin1", 0, 2), "PK", id);
  }
});

test("the API description names every address it promises", async () => {
  const description = JSON.parse((await get("/openapi.json")).text);
  assert.match(description.openapi, /^3\.1/);
  const plain = Object.entries(description.paths).filter(([path, item]) => item.get && !path.includes("{"));
  assert.ok(plain.length > 0, "there are addresses without parameters");
  // Who is not signed in reads what is public, and is told so of the rest, which is refused to some.
  for (const [path, item] of plain) assert.equal((await get(path)).status, item.get.responses["403"] ? 401 : 200, path);
});

test("what is not there is 404, in the reader's language, as a page", async () => {
  const absent = [["/indicators/kgi99", "ja"], ["/en/plan/nowhere", "en"], ["/%E7%BE%85", "ja"]];
  for (const [address, language] of absent) {
    const page = await get(address);
    assert.equal(page.status, 404, address);
    assert.match(page.text, new RegExp(`<html[^>]* lang="${language}"`), address);
  }
  const odd = ["/assets/%2e%2e/Cargo.toml", "/assets/..%2fCargo.toml", "/indicators/kgi1.exe", "/%00", "/%ff"];
  for (const address of odd) {
    const { status } = await get(address);
    assert.ok(status >= 400 && status < 500, `${address} answers ${status}`);
  }
});

test("headers keep the browser strict", async () => {
  const { headers } = await get("/");
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.ok(!policy.includes("unsafe"), policy);
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.ok(headers.get("referrer-policy"), "it says what a link may tell of where it came from");
});
