// What a firm's own program sends by key, and what people then do with it in a browser: a view is kept, two entries of one device are merged and
// parted again, a message takes a file along, a deputy is named. In both languages, with and without JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engines, startBrowser, startServer, widths } from "./harness.mjs";
import { House, password } from "./walk.mjs";

const device = "/registers/device";
const reports = "/registers/supply-report";

/** Makes a key on the account's page and gives what sends by it. */
async function program(house, firm) {
  await firm.go("/account");
  assert.ok((await firm.refused("make-key", { "key-days": "30" })).length > 0, "a key has a name");
  await firm.send("make-key", { "key-name": "架空の社内システム", "key-days": "30" });
  const key = await firm.page.locator(".handed code").innerText();
  return async (address, fields, again) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": again };
    const body = JSON.stringify({ record: { kind_version: 1, fields } });
    return fetch(house.base + address, { method: "POST", headers, body });
  };
}

/** A record that a program files; what it sends again is kept once. */
async function filed(send, kind, fields, again) {
  const [first, second] = [await send(`${kind}/new`, fields, again), await send(`${kind}/new`, fields, again)];
  const record = first.headers.get("location");
  assert.ok(record, `${first.status} ${await first.text()}`);
  assert.equal(second.headers.get("location"), record);
  return record;
}

async function viewed(house, { firm }) {
  await firm.go(`${device}?q=${encodeURIComponent("架空ペースメーカー")}`);
  await firm.send("save-view", { name: "心臓の機器" });
  await firm.go("/views");
  assert.equal((await firm.rows("views")).length, 1);
  await firm.page.locator(`#views a[href^="${house.path("/views/")}"]`).first().waitFor();
  await firm.follow("/views/");
  await firm.send("view", { today: "yes" });
  await firm.go("/today");
  await firm.follow(`${device}?q=`);
  assert.equal(new URL(firm.page.url()).searchParams.get("q"), "架空ペースメーカー");
}

async function merged(house, { firm, somebody }, [stays, gone]) {
  await firm.go(gone);
  await firm.follow(`${gone}/merge`);
  await firm.follow(`${gone}/merge?with=`);
  assert.ok((await firm.refused("merge", { "take.jmdn": "take" })).length > 0, "a merge has its reason");
  await firm.send("merge", { "take.jmdn": "take", reason: "同じ機器を二度登録していたため" });
  assert.equal((await firm.rows("merged")).length, 1);
  await somebody.go(gone);
  assert.equal(new URL(somebody.page.url()).pathname, house.path(stays), "whoever looks for the one is led to the other");
  const listed = async () => (await somebody.data(`${device}.json?q=${encodeURIComponent("架空ペースメーカー エータ")}`)).records;
  assert.equal((await listed()).length, 1);
  assert.equal((await listed())[0].record.fields.jmdn, "37618010");
}

async function parted(house, { secretariat, somebody }, [, gone]) {
  await secretariat.go(`${gone}?merged=yes`);
  await secretariat.send("part", { reason: "別の機器と分かったため" });
  await somebody.go(gone);
  assert.equal(new URL(somebody.page.url()).pathname, house.path(gone));
}

async function attached(house, { firm, secretariat, other, somebody }, record) {
  await firm.go(record);
  const page = (name, text) => ({ name, mimeType: "application/pdf", buffer: Buffer.from(text) });
  assert.match(await firm.refused("say", { text: "工程の資料です。", files: page("工程.pdf", "<html><script>") }), /工程\.pdf/);
  await firm.send("say", { text: "工程の資料です。", files: page("工程（架空）.pdf", "%PDF-1.7 made up") });
  await secretariat.go(record);
  const file = await secretariat.page.locator("a[href*='/files/']").first().getAttribute("href");
  const { status, bytes } = await secretariat.ask(file.replace(/^\/en/, ""));
  assert.deepEqual([status, bytes.toString()], [200, "%PDF-1.7 made up"]);
  assert.equal((await other.ask(file.replace(/^\/en/, ""))).status, 404);
  assert.notEqual((await somebody.ask(file.replace(/^\/en/, ""))).bytes.toString(), "%PDF-1.7 made up");
}

/** Whoever decides names the secretariat for the days of an absence, and ends it. */
async function deputised(house, { secretariat, approver }) {
  await approver.go("/account");
  const [deputy] = await approver.page.locator("#name-deputy option").evaluateAll((options, own) => options.filter((one) => one.textContent.includes(own)).map((one) => one.value), "事務局");
  assert.ok(deputy, "a colleague can be named");
  assert.ok((await approver.refused("name-deputy", { deputy, from: "2100-01-05", until: "2100-01-04" })).length > 0, "days in their order");
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  await approver.send("name-deputy", { deputy, from: day(-1), until: day(2) });
  await secretariat.go("/account");
  assert.match(await secretariat.page.locator("main").innerText(), house.lang === "en" ? /You act in the place of/ : /あなたが代理を務める人/);
  await approver.go("/account");
  await approver.send("end-deputy");
  await secretariat.go("/account");
  assert.doesNotMatch(await secretariat.page.locator("main").innerText(), /You act in the place of|あなたが代理を務める人/);
}

const walks = [
  { lang: "ja", javaScript: true, engine: "sqlite", viewport: widths.narrow },
  { lang: "en", javaScript: false, engine: "postgres", viewport: widths.wide },
];
for (const { engine, ...walk } of walks) {
  const name = `a program and people in ${walk.lang}, ${walk.javaScript ? "with" : "without"} JavaScript, on ${engine}, ${walk.viewport.width} px wide`;
  const skip = !engines.includes(engine) && "RASHIN_TEST_POSTGRES names no server";
  test(name, { skip }, async () => {
    const server = await startServer({ engine, demo: password });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, walk);
      const [firm, other, secretariat, approver] = await Promise.all(["firm-1", "firm-2", "secretariat", "approver"].map((role) => house.person(role)));
      for (const person of [firm, other, secretariat, approver]) await person.signIn(person.name);
      const somebody = await house.person("somebody");
      const people = { firm, other, secretariat, approver, somebody };
      const send = await program(house, firm);
      const fields = { name: "架空ペースメーカー エータ", level: "family", risk_class: "class-4" };
      const pair = [await filed(send, device, fields, "a"), await filed(send, device, { ...fields, jmdn: "37618010" }, "b")];
      const report = await filed(send, reports, { name: "架空の吸引器", report_type: "stock-out", need: "40", contact: "架空 担当者" }, "c");
      await viewed(house, people);
      await merged(house, people, pair);
      await parted(house, people, pair);
      await attached(house, people, report);
      await deputised(house, people);
      await firm.go("/account");
      await firm.send("end-key");
      assert.equal((await send(`${device}/new`, fields, "d")).status, 401, "a key that was taken back opens nothing");
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}
