// A supply report from its filing to its closing, by those whom it concerns: a firm, the secretariat, an approver, the maker of a substitute, a
// hospital, and the public. In both languages, with and without JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engines, startBrowser, startServer, widths } from "./harness.mjs";
import { startPost } from "./letters.mjs";
import { House, password, shown, step, until } from "./walk.mjs";
import { workbook } from "./workbook.mjs";

const reports = "/registers/supply-report";
const product = "架空の透析カテーテル";

/** What waits for somebody of this name: on the day's page or, where that has not room for all, in the list that it leads to. */
const waiting = async (person, name) => {
  await person.go("/today");
  if (!(await person.sees('main a[href$="/cases?turn=yes"]'))) return (await person.rows("tasks")).filter(([what]) => what.includes(name));
  await person.go(`/cases?turn=yes&q=${encodeURIComponent(name)}`);
  return person.rows("cases");
};

/** The firm writes what it knows, part by part and over two sittings, checks it and files it. Gives the report's address. */
async function byForm({ firm, secretariat }) {
  await firm.go(`${reports}/new`);
  await firm.send("record", { name: product }, { by: "list" });
  const record = shown(firm).replace(/\/edit$/, "");
  assert.equal((await secretariat.ask(record)).status, 404, "a draft is its firm's alone");
  await firm.go(record);
  await firm.follow(`${record}/edit`);
  assert.equal((await firm.rows("parts")).length, 7, "six parts are the firm's, and the check; the ministry's is not");
  await firm.follow(`${record}/edit/product`);
  assert.equal(await firm.page.inputValue("[name=name]"), product);
  const wrong = await firm.refused("record", { product_codes: "09501101020918" });
  assert.ok(wrong.length > 0, "a wrong check digit is told");
  await firm.send("record", { product_codes: "09501101020917" }, { by: "list" });
  await firm.follow(`${record}/check`);
  const missing = await firm.refused("file");
  assert.ok(missing.length > 0, "a missing kind is told");
  await firm.follow(`${record}/edit/event#report_type`);
  await firm.send("record", { report_type: "stock-out" });
  await firm.send("record", { need: "400" }, { by: "list" });
  await firm.follow(`${record}/check`);
  const answers = await firm.page.locator("main").innerText();
  for (const answer of [product, "09501101020917", "400"]) assert.ok(answers.includes(answer), `${answer} is there to be checked`);
  await firm.send("file");
  assert.equal(shown(firm), record);
  return record;
}

/** Five hundred reports in a table as the form's own file has it, every twenty-fifth with a fault. */
function fiveHundred(titles) {
  const faulty = [
    ["", "09501101020917", "欠品", "400", "2027-01-31"],
    ["架空の誤り", "09501101020918", "欠品", "400", "2027-01-31"],
    ["架空の誤り", "09501101020917", "なぞ", "400", "2027-01-31"],
    ["架空の誤り", "09501101020917", "欠品", "四百", "2027-01-31"],
    ["架空の誤り", "09501101020917", "欠品", "400", "2027-02-30"],
  ];
  const good = (place) => [place === 498 ? product : `架空の製品${place}`, "09501101020917", "欠品", "400", "2027-01-31"];
  const row = (place) => (place % 25 === 0 ? faulty[(place / 25) % faulty.length] : good(place));
  return [titles, ...Array.from({ length: 500 }, (_, place) => ["", ...row(place)])];
}

/** The firm hands a file of five hundred in, of which twenty cannot be taken: each is told by its row, and the others are filed. */
async function byFile({ firm, house }) {
  await firm.go(reports);
  const titles = {
    ja: ["記録番号", "販売名", "製品コード（GTIN）", "報告の種類", "月ごとの必要数", "通常出荷に戻る見込みの日"],
    en: ["Record id", "Brand name", "Product codes (GTIN)", "Kind of report", "Monthly need", "Expected return to normal shipment"],
  };
  const table = workbook("架空", fiveHundred(titles[house.lang]));
  const file = { name: "reports.xlsx", mimeType: "application/octet-stream", buffer: table };
  await firm.send("upload", { file });
  const told = await firm.rows("faults");
  assert.deepEqual(told.map(([row]) => Number(row.match(/\d+/)[0])), Array.from({ length: 20 }, (_, place) => place * 25 + 2), "each by its row in the file");
  for (const [, why] of told) assert.ok(why.length > 5, "and why");
  await firm.send("take");
  await firm.go(`${reports}?q=${encodeURIComponent("架空の製品")}`);
  assert.match(await firm.page.locator("#records-h").innerText(), /479/);
  const [own] = (await firm.data(`${reports}.json?q=${encodeURIComponent(product)}`)).records;
  return `${reports}/${own.owner}/${own.id}`;
}

async function walk(house, file, { firm, maker, secretariat, approver, hospital, other, somebody }) {
  await hospital.go("/registers/hospital-asset/new");
  await hospital.send("record", { name: "透析室の管（院内の呼び名）", gtin: "09501101020917", quantity: "4", department: "架空透析室" });
  const before = (await hospital.data("/supply/mine.json")).length;

  const record = await file({ house, firm, secretariat });
  assert.deepEqual(await waiting(firm, product), []);
  for (const stranger of [maker, hospital]) assert.equal((await stranger.ask(record)).status, 404, `${stranger.name} sees nothing yet`);

  // The secretariat returns it, then takes it up: both fields that this needs are on the page.
  assert.equal((await waiting(secretariat, product)).length, 1);
  await secretariat.follow(record);
  await secretariat.follow(`${record}/do/return`);
  await secretariat.refused("step", { reason: "" });
  await secretariat.send("step", { reason: "製造番号の範囲を書いてください。" });
  assert.equal((await waiting(firm, product)).length, 1);
  await step(firm, record, "file-again");
  await secretariat.go(record);
  await secretariat.follow(`${record}/do/take-up`);
  await secretariat.refused("step", { phase: "actual" });
  await secretariat.send("step", { severity: "high" });

  // It is public now, and the hospital that holds the product is told.
  await somebody.go("/supply");
  assert.equal((await somebody.rows("reports")).filter(([name]) => name === product).length, 1);
  await somebody.follow(record);
  const open = await somebody.page.locator("main").innerText();
  assert.doesNotMatch(open, /(?<!\d)400(?!\d)/, "volumes are not public");
  const mine = await until(hospital, "/supply/mine.json", (list) => list.length > before);
  assert.equal(mine.find((one) => one.report.name === product).quantity, 4);
  await hospital.go("/supply/mine");
  assert.ok((await hospital.page.locator("main").innerText()).includes("架空透析室"));
  assert.equal((await other.data("/supply/mine.json")).length, 0, "who holds nothing is touched by nothing");

  await step(firm, record, "report-impact", { "affected.from": "2026-11-01", "affected.to": "2027-03-31", causes: "materials", substitutable: "others", measures: "在庫を割り当てます。" });

  // Makers of substitutes are asked with consent alone, which only the firm gives.
  await secretariat.go(record);
  await secretariat.follow(`${record}/do/ask-makers`);
  assert.equal(await secretariat.sees("#step [name=consent]"), false);
  const name = (await maker.data("/organisations.json"))[0];
  const id = name.id;
  await secretariat.refused("step", { asked: id });
  assert.equal((await maker.ask(record)).status, 200, "what is public, the maker sees as everybody does");
  assert.deepEqual(await waiting(maker, product), []);
  await firm.go(`${record}/edit`);
  await firm.send("record", { consent: "yes" });
  await step(secretariat, record, "ask-makers", { asked: id });
  assert.equal((await waiting(maker, product)).length, 1);
  await maker.follow(record);
  await maker.send("say", { text: "月に200本まで増やせます。" });
  await firm.go(record);
  assert.ok(!(await firm.page.locator("main").innerText()).includes("200本"), "what a maker says, no other firm hears");
  await secretariat.go(record);
  assert.ok((await secretariat.page.locator("main").innerText()).includes("200本"));
  await secretariat.send("note", { memo: "電話でも確かめた。" });
  await step(secretariat, record, "makers-answered");
  await step(firm, record, "societies-told", { societies: "架空学会" });
  await step(secretariat, record, "propose", { assessment: "代替品で足りる。", severity: "high", notice: "代替品をお使いください。", reason: "供給の余力がある。" });

  // Another person decides, and says why.
  await secretariat.go(`${record}/do/accept`);
  assert.match(await secretariat.page.locator("main").innerText(), /ほかの方が行います|Somebody else has to do this/);
  assert.equal((await waiting(approver, product)).length, 1);
  await step(approver, record, "accept", { reason: "案のとおり。", dissent: "増産の時期に異論があった。" });
  await step(firm, record, "update", { phase: "resolved", "affected.from": "2026-11-01", "affected.to": "2027-01-31" });
  await step(secretariat, record, "close", { phase: "resolved" });
  for (const person of [firm, maker, secretariat, approver]) assert.deepEqual(await waiting(person, product), [], person.name);

  await hospital.go("/today");
  const news = (await hospital.rows("news")).filter(([what]) => what.includes(product));
  assert.equal(news.length, 1, "the hospital is told in one line how it stands");
  await firm.go(`/cases?q=${encodeURIComponent(product)}`);
  assert.ok((await firm.rows("cases")).some(([what]) => what === product));
  const list = await somebody.data("/supply.json");
  assert.equal(list.reports.find((one) => one.name === product).phase, "resolved");
}

/** Whoever has to act was written where and by when, once. */
function written(letters) {
  const urgent = letters.filter((letter) => letter.to === "secretariat@rashin.example" && letter.subject.includes("至急"));
  assert.equal(urgent.length, 1, "one urgent letter within the hour, however much happens");
  assert.match(urgent[0].text, /SR-20\d\d-\d{5} 架空/);
  assert.match(urgent[0].text, /http:\/\/rashin\.example\/registers\/supply-report\/\S+/);
  assert.equal(new Set(letters.map(({ to, subject }) => `${to} ${subject}`)).size, letters.length, "nobody is written the same twice");
  assert.ok(!letters.some(({ text }) => text.includes("400個")), "no letter says more than its reader sees");
}

const walks = [
  { file: byForm, lang: "ja", javaScript: true, engine: "sqlite", viewport: widths.narrow },
  { file: byForm, lang: "en", javaScript: false, engine: "postgres", viewport: widths.wide },
  { file: byFile, lang: "ja", javaScript: false, engine: "postgres", viewport: widths.wide },
  { file: byFile, lang: "en", javaScript: true, engine: "sqlite", viewport: widths.narrow },
];
for (const { engine, file, ...how } of walks) {
  const name = `a supply report ${file === byFile ? "of five hundred in a file" : "by form"} in ${how.lang}, ${how.javaScript ? "with" : "without"} JavaScript, on ${engine}, ${how.viewport.width} px wide`;
  const skip = !engines.includes(engine) && "RASHIN_TEST_POSTGRES names no server";
  test(name, { skip }, async () => {
    const post = await startPost();
    const flags = ["--smtp", post.url, "--mail-from", "rashin@rashin.example", "--public-url", "http://rashin.example"];
    const server = await startServer({ engine, demo: password, flags });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, how);
      const roles = { firm: "firm-1", maker: "firm-2", secretariat: "secretariat", approver: "approver", hospital: "hospital" };
      const people = { somebody: await house.person("somebody") };
      for (const [who, role] of Object.entries(roles)) {
        people[who] = await house.person(role);
        await people[who].signIn(role);
      }
      await walk(house, file, { ...people, other: people.maker });
      written(post.letters);
    } finally {
      await browser.close();
      await server.stop();
      await post.stop();
    }
  });
}
