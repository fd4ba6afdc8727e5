// A register walked in a browser on the made-up year: a firm drafts and files a device, the ministry confirms where it comes from, the public
// finds it, a file of reports is taken in, and a published list. In both languages, with and without JavaScript.
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { engines, startBrowser, startServer, widths } from "./harness.mjs";
import { House, password, shown } from "./walk.mjs";
import { workbook } from "./workbook.mjs";

const device = "/registers/device";
const reports = "/registers/supply-report";
const institutions = "/registers/medical-institution";

/** What a page's list says of how many there are. */
const found = (person) => person.page.locator("#records-h").innerText();

async function filed(house, { firm, other, secretariat, somebody }) {
  await firm.go("/registers");
  await firm.go(device);
  await firm.follow(`${device}/new`);
  const wrong = await firm.refused("record", { name: "架空ペースメーカー ゼータ", jmdn: "1" });
  assert.ok(wrong.length > 0);
  assert.equal(await firm.page.inputValue("[name=name]"), "架空ペースメーカー ゼータ", "what was typed is still there");
  await firm.send("record", { jmdn: "37618010" }, { by: "list" });
  const record = shown(firm).replace(/\/edit$/, "");
  for (const stranger of [other, secretariat, somebody]) {
    assert.equal((await stranger.ask(record)).status, 404, `${stranger.name} opens the draft`);
  }
  await firm.go(device);
  assert.equal((await firm.rows("drafts")).length, 1);
  await firm.follow(record);
  await firm.follow(`${record}/edit`);
  assert.equal((await firm.rows("parts")).length, 5, "four parts, and the check");
  await firm.follow(`${record}/check`);
  await firm.refused("file", {});
  await firm.follow(`${record}/edit/identity#level`);
  await firm.send("record", { level: "family" });
  await firm.send("record", { risk_class: "class-4" });
  await firm.send("record");
  assert.equal(await firm.page.locator("[name=origin]").count(), 0, "the ministry's field is not the firm's to fill in");
  await firm.send("record");
  await firm.send("file");
  assert.equal(shown(firm), record);
  assert.equal((await firm.rows("history")).length, 4, "a part that did not change makes no version");

  await secretariat.go(record);
  await secretariat.follow(`${record}/edit`);
  await secretariat.send("record", { origin: "japan", origin_confirmed_on: "R8.10.1" });
  return record;
}

async function searched(house, { somebody, record }) {
  await somebody.go(device);
  const all = await found(somebody);
  await somebody.go(`${device}?q=${encodeURIComponent("ﾍﾟｰｽﾒｰｶｰ ぜーた")}`);
  assert.equal((await somebody.rows("records")).length, 1);
  assert.notEqual(await found(somebody), all);
  await somebody.go(`${device}?f.origin=japan&f.risk_class=class-4&q=${encodeURIComponent("ペースメーカー")}`);
  assert.equal((await somebody.rows("records")).length, 1);
  await somebody.follow(record);
  assert.ok(!(await somebody.page.locator("main").innerText()).includes("担当者"), "no names for the public");
  await somebody.go(`${device}?sort=name`);
  const first = await somebody.rows("records");
  assert.equal(first.length, 50);
  await somebody.follow(`${device}?sort=name`);
  const rest = await somebody.rows("records");
  assert.equal(rest.length, 11);
  assert.equal(new Set([...first, ...rest].map(([name]) => name)).size, 61);
  const data = await somebody.data(`${device}.json?f.origin=japan`);
  assert.equal(data.records[0].record.fields.origin, "japan");
}

async function taken(house, { firm, other }) {
  await firm.go(reports);
  const before = (await firm.rows("records")).length;
  const template = await firm.ask(`${reports}/template.xlsx`);
  assert.equal(template.status, 200);
  const titles = house.lang === "en" ? ["Record id", "Brand name", "Kind of report"] : ["記録番号", "販売名", "報告の種類"];
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-file-"));
  try {
    const file = path.join(folder, "reports.xlsx");
    writeFileSync(file, workbook("架空", [titles, ["", "架空の吸引器", "欠品"], ["", "", "欠品"], ["", "架空の縫合糸", "なぞ"]]));
    await firm.send("upload", { file });
    assert.equal((await firm.rows("faults")).length, 2);
    await firm.send("take");
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.equal((await firm.rows("records")).length, before + 1);
  await other.go(reports);
  assert.equal((await other.ask(`${reports}.json`)).bytes.includes("吸引器"), false, "another firm sees none of it");
}

/** A published list is handed in: a good row, one that cannot be taken, and first no file at all. */
async function listed(house, { secretariat, firm, somebody }) {
  const lists = `${institutions}/lists`;
  await secretariat.go(institutions);
  await secretariat.follow(lists);
  assert.match(await secretariat.refused("hand-in", { list: "medical-institution" }), /ファイル|file/i);
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-file-"));
  try {
    const file = path.join(folder, "list.csv");
    const rows = ["138616104,8616104,架空会架空病院,1000000,架空市架空町１丁目", "138616105,8616105,架空の誤り,1000000,架空市"];
    writeFileSync(file, rows.map((row) => `${row}\r\n`).join(""));
    await secretariat.send("hand-in", { list: "medical-institution", file });
  } finally {
    rmSync(folder, { recursive: true });
  }
  const address = shown(secretariat);
  for (let waited = 0; !(await secretariat.data(`${address}.json`)).done; waited += 1) {
    assert.ok(waited < 300, "the list is taken in");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await secretariat.go(address);
  assert.equal((await secretariat.rows("refused")).length, 1);
  assert.equal((await firm.ask(address)).status, 404, "lists are the secretariat's");
  await somebody.go(`${institutions}?q=${encodeURIComponent("架空会架空病院")}`);
  assert.equal((await somebody.rows("records")).length, 1);
}

/** A firm names another organisation as people call it; it is not offered a list of those that it does not know. */
async function named(house, { firm, secretariat }) {
  const seeds = "/registers/technology-seed";
  await secretariat.go("/organisations");
  const other = secretariat.page.locator("#organisations tbody tr").filter({ hasText: /医療機関|Hospital/ }).first();
  const hospital = (await other.locator(":scope > *").first().innerText()).trim();
  await firm.go(`${seeds}/new`);
  await firm.send("record", { title: "架空の測定の技術" }, { by: "list" });
  const draft = shown(firm).replace(/\/edit$/, "");
  await firm.follow(`${draft}/edit/wish`);
  assert.equal(await firm.page.locator("textarea[name=partners]").count(), 1, "no list of organisations is offered");
  const refused = await firm.refused("record", { partners: "架空にない組織" });
  assert.ok(refused.includes("架空にない組織"), refused);
  await firm.send("record", { partners: hospital });
  await firm.go(`${draft}/edit/wish`);
  assert.equal(await firm.page.inputValue("[name=partners]"), hospital);
  await firm.go(draft);
  assert.ok((await firm.page.locator("main").innerText()).includes(hospital));
}

const walks = [
  { lang: "ja", javaScript: true, engine: "sqlite", viewport: widths.narrow },
  { lang: "en", javaScript: false, engine: "postgres", viewport: widths.wide },
];
for (const { engine, ...walk } of walks) {
  const name = `a register in ${walk.lang}, ${walk.javaScript ? "with" : "without"} JavaScript, on ${engine}, ${walk.viewport.width} px wide`;
  const skip = !engines.includes(engine) && "RASHIN_TEST_POSTGRES names no server";
  test(name, { skip }, async () => {
    const server = await startServer({ engine, demo: password });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, walk);
      const [firm, other, secretariat] = await Promise.all(["firm-1", "firm-2", "secretariat"].map((role) => house.person(role)));
      for (const person of [firm, other, secretariat]) await person.signIn(person.name);
      const somebody = await house.person("somebody");
      const record = await filed(house, { firm, other, secretariat, somebody });
      await searched(house, { somebody, record });
      await taken(house, { firm, other });
      await listed(house, { secretariat, firm, somebody });
      await named(house, { firm, secretariat });
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}
