// The year of the follow-up, walked in a browser by everybody who has a part in it: from an empty database to a second edition. In both
// languages, with and without JavaScript, on SQLite and PostgreSQL.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { engines, startBrowser, startServer, widths } from "./harness.mjs";
import { printed } from "./print.mjs";
import { House, inJapan, password } from "./walk.mjs";
import { workbook } from "./workbook.mjs";

// Days are those of Japan, where the server counts fiscal years from April.
const today = inJapan(new Date());
const due = inJapan(new Date(Date.now() + 30 * 86_400_000));
const [thisYear, thisMonth] = today.split("-").map(Number);
const lastYear = (thisMonth >= 4 ? thisYear : thisYear - 1) - 1;
const period = `FY${lastYear}`;

/** Made-up firms: what the secretariat knows of their size, and what they answer, in 億ドル and 億円. The first two have accounts. */
const firms = [
  { name: "架空メディカル", part: "domestic", size: "14000億円", answer: [8.1, 14000] },
  { name: "架空精機", part: "domestic", size: "900億円", answer: [4.6, 9000] },
  { name: "架空画像診断", part: "domestic", size: "21000億円", answer: [11.5, 21000] },
  { name: "架空内視鏡", part: "domestic", size: "8000億円", answer: [4.2, 8000] },
  { name: "架空計測", part: "domestic", size: "13000億円" },
  { name: "架空デバイス・ジャパン", part: "foreign", size: "6000億円", answer: [3.1, 6000] },
  { name: "架空インプラント・ジャパン", part: "foreign", size: "8000億円", answer: [4.4, 8000] },
  { name: "架空ロボティクス・ジャパン", part: "foreign", size: "5000億円", answer: [2.7, 5000] },
];
const [first, second] = firms;
const silent = firms.find((firm) => !firm.answer);
const typed = (firm) => ({ investment: String(firm.answer[0]), sales: String(firm.answer[1]) });

/** The first administrator comes by the link of the console, and lets everybody else in. */
async function people(house) {
  const administrator = await house.person("administrator");
  await administrator.go(house.firstLink);
  const own = { email: "administrator@rashin.example", name: "架空 管理者", organisation: "架空の計画事務局" };
  const refused = await administrator.refused("link", { ...own, password, again: "another" });
  assert.ok(refused.length > 0);
  await administrator.send("link", { ...own, password, again: password });

  await administrator.go("/organisations");
  const organisations = {};
  for (const { name, kind } of [...firms.map(({ name }) => ({ name, kind: "manufacturer" })), { name: "架空の有識者検討会", kind: "council" }]) {
    await administrator.go("/organisations");
    await administrator.send("add", { ja: `${name}株式会社`, en: "", kind });
    organisations[name] = administrator.id;
  }
  for (const firm of firms) firm.id = organisations[firm.name];

  const invited = [
    ["secretariat", "ministry", "架空 事務局"],
    ["approver", "ministry", "架空 承認者"],
    ["auditor", "ministry", "架空 監査者"],
    ["council", organisations["架空の有識者検討会"], "架空 有識者"],
    ["member", first.id, "架空メディカル 担当者"],
    ["member", second.id, "架空精機 担当者"],
  ];
  const everybody = [];
  for (const [at, [role, organisation, name]] of invited.entries()) {
    everybody.push(await administrator.invite(`${role}-${at}`, { name, organisation, role }));
  }
  await administrator.go("/people");
  assert.equal((await administrator.rows("people")).length, everybody.length + 1);
  const [secretariat, approver, auditor, council, one, two] = everybody;
  return { administrator, secretariat, approver, auditor, council, one, two };
}

/** The survey of KGI 2, from the opened round to the observed year. */
async function survey(house, { secretariat, approver, one, two, council }) {
  await secretariat.go("/rounds");
  const frame = firms.map(({ id, part, size }) => [id, part, size].join("\t")).join("\n");
  const nowhere = await secretariat.refused("open", { survey: "kgi2", period, due, frame: frame.replace("domestic", "nowhere") });
  assert.ok(nowhere.includes("nowhere"), nowhere);
  await secretariat.send("open", { survey: "kgi2", period, due, frame });
  const round = `/rounds/kgi2-${period}`;

  // One firm types, comes back another day, mends what is not a number, and sends.
  await one.go("/today");
  await one.follow(`${round}/answer`);
  await one.send("answer", { investment: "8" }, { by: "save" });
  await one.go("/today");
  await one.follow(`${round}/answer`);
  assert.equal(await one.page.inputValue("#investment"), "8");
  await one.refused("answer", { ...typed(first), investment: "八" });
  assert.equal(await one.page.getAttribute("#investment", "aria-invalid"), "true");
  await one.send("answer", typed(first));

  // Most answer by mail: their rows come in from a file, without those that are faulty.
  await secretariat.go(round);
  const { columns } = await secretariat.data(`${round}/answers.json`);
  const titles = columns.map(({ title }) => title[house.lang]);
  const rows = [
    ...firms.slice(2).filter((firm) => firm.answer).map((firm) => [firm.id, ...firm.answer]),
    [silent.id, "九億", 13000],
    ["nobody", 1, 1],
  ];
  const file = { name: "answers.xlsx", mimeType: "application/octet-stream", buffer: workbook("answers", [titles, ...rows]) };
  await secretariat.send("upload", { file });
  const faults = await secretariat.rows("faults");
  assert.deepEqual(faults.map(([place]) => place.match(/\d+/)[0]), [String(rows.length), String(rows.length + 1)]);
  await secretariat.send("take");

  // Two are silent. They are asked again; one answers, and stands by what looks unusual.
  await secretariat.send("remind");
  assert.equal((await secretariat.rows("firms")).filter(([name]) => [second, silent].some((firm) => name.startsWith(firm.name))).length, 2);
  await two.go("/today");
  await two.follow(`${round}/answer`);
  await two.refused("answer", typed(second));
  assert.ok(await two.sees("#answer [name=confirmed]"));
  await two.send("answer", { confirmed: "yes" });

  // Nobody but the firm and the secretariat sees an answer.
  await one.go("/rounds");
  for (const hidden of [round, `${round}.json`, `${round}/answers/${second.id}`, `${round}/answers.xlsx`, "/batches", "/people", "/audit", "/editions/x"]) {
    assert.equal((await one.ask(hidden)).status, 404, hidden);
  }
  assert.equal((await one.data(`${round}/answer.json`)).organisation, first.id);
  for (const outsider of [approver, council]) assert.equal((await outsider.ask(`${round}/answers/${first.id}`)).status, 404);

  // The estimate is the secretariat's alone until the totals are settled.
  await approver.go(round);
  assert.ok(!(await approver.sees("#estimate-domestic")));
  await secretariat.go(round);
  assert.ok((await secretariat.rows("estimate-domestic")).length > 1);
  await secretariat.follow(`${round}/answers/${first.id}`);
  await secretariat.go(round);
  await secretariat.send("close");
  const observed = async () => (await approver.data("/indicators/kgi2.json")).points?.filter((point) => point.observed);
  await settle(house, { secretariat, approver, round });
  return { round, observed };
}

/** Totals are handed in by the secretariat, which cannot approve them, and approved by a second person. */
async function settle(house, { secretariat, approver, round }) {
  await secretariat.go("/today");
  await secretariat.follow(round);
  await secretariat.send("settle");
  const batch = `/batches/${secretariat.id}`;
  assert.ok(!(await secretariat.sees("#approve")), "whoever settled does not approve");
  await approver.go("/today");
  await approver.follow(batch);
  const moves = await approver.rows("moves");
  await approver.send("approve");
  return moves;
}

/** Observations by hand: what is wrong is told before anything is handed in, and what was sent back is mended. */
async function observations(house, { secretariat, approver }) {
  await secretariat.go("/batches");
  await secretariat.send("start", { title: `${period} 架空の売上集中度` });
  const row = { series: "concentration", period, value: "74.1", source: "industry-survey", section: "架空の表1" };
  await secretariat.send("row", row);
  assert.equal((await secretariat.rows("faults")).length, 1, "a share without its unit");
  assert.ok(!(await secretariat.sees("#hand-in")));
  await secretariat.follow(`/batches/${secretariat.id}?row=1`);
  await secretariat.send("row", { value: "74.1%" });
  await secretariat.send("hand-in");
  const batch = `/batches/${secretariat.id}`;

  await approver.go("/today");
  await approver.follow(batch);
  await approver.refused("send-back", { reason: "" });
  await approver.send("send-back", { reason: "丸めの単位も書いてください。" });
  await secretariat.go("/today");
  await secretariat.follow(batch);
  await secretariat.follow(`${batch}?row=1`);
  await secretariat.send("row", { rounding: "0.1%" });
  await secretariat.send("hand-in");
  await approver.go("/today");
  await approver.follow(batch);
  await approver.send("approve");
}

/** An edition: its words, the council's comment and the answer, and publication by somebody who wrote none of it. */
async function edition(house, { secretariat, council, approver, one }) {
  await secretariat.go("/editions");
  await secretariat.send("start", { year: period, as_of: today, follows: "" });
  const draft = `/editions/${secretariat.id}`;
  const words = { about: "kgi2", ja: `{${period}}の対日投資額は1.9兆円でした。`, en: `It was {kgi2[${period}]} in {${period}}.` };
  await secretariat.send("words", words);
  const faults = await secretariat.page.locator("main").innerText();
  assert.ok(faults.includes("1.9"), "a typed digit is named");
  assert.ok(!(await secretariat.sees("#hand-in")), "faulty words are not handed in");
  await secretariat.send("words", { ...words, ja: `{${period}}の対日投資額は{kgi2[${period}]}でした。` });
  await secretariat.send("open");
  assert.equal((await one.ask(draft)).status, 404, "a draft is not for firms");

  await council.go("/today");
  await council.follow(draft);
  await council.follow(`${draft}/report`);
  await council.go(draft);
  await council.send("comment", { about: "kgi2", text: "回答した企業の数も書いてください。" });
  await secretariat.go("/today");
  await secretariat.follow(draft);
  assert.ok(!(await secretariat.sees("#hand-in")), "the comment is answered first");
  const reply = await secretariat.page.locator('form[id^="reply-"]').getAttribute("id");
  await secretariat.send(reply, { [reply]: "書き足しました。" });
  await secretariat.send("words", { about: "kgi2", ja: `{${period}}の対日投資額は{kgi2[${period}]}でした。回答した内資系企業は{respondents[${period}]}です。`, en: words.en });
  return publish(house, { secretariat, approver, draft });
}

async function publish(house, { secretariat, approver, draft }) {
  await secretariat.go(draft);
  await secretariat.send("hand-in");
  await approver.go("/today");
  await approver.follow(draft);
  await approver.send("publish");
  return draft;
}

/** The report on screen and on paper. */
async function report(house, { one, draft }) {
  await one.go(draft);
  await one.follow(`${draft}/report`);
  const contents = await one.page.locator("main nav a").allInnerTexts();
  assert.ok(contents.length > 5, "a table of contents");
  const file = path.join(tmpdir(), `rashin-${process.pid}-${house.lang}.pdf`);
  writeFileSync(file, await printed(house.browser, house.address(`${draft}/report`)));
  const pages = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" }).split("\f").map((page) => page.replace(/\s+/g, ""));
  assert.ok(pages.length > 6, `${pages.length} pages`);
  const on = (page, text) => assert.ok(page.includes(text.replace(/\s+/g, "")), `“${text}” is not on ${page.slice(0, 400)}`);
  on(pages[0], (await one.page.locator("h1").innerText()));
  for (const line of contents) on(pages[1] + pages[2], line);
}

/** Decimal texts, summed exactly. */
function sum(texts) {
  const places = Math.max(...texts.map((text) => (text.split(".")[1] ?? "").length));
  const whole = (text) => BigInt(text.replace(".", "") + "0".repeat(places - (text.split(".")[1] ?? "").length));
  return { total: texts.map(whole).reduce((a, b) => a + b, 0n), whole };
}

/** A firm corrects its answer: a second edition, and why its figures are not those of the first. */
async function correction(house, { secretariat, approver, two, council, round, draft }) {
  const before = (await two.ask(`${draft}/edition.json`)).bytes;
  await two.go("/rounds");
  await two.follow(`${round}/answer`);
  await two.refused("answer", { investment: "9.2", reason: "" });
  await two.send("answer", { investment: "9.2", reason: "子会社の分を加えました。", confirmed: "yes" });
  assert.equal((await two.rows("history")).length, 2);
  const moves = await settle(house, { secretariat, approver, round });
  assert.ok(moves.length > 0);

  await secretariat.go("/editions");
  await secretariat.send("start", { year: period, as_of: today });
  const next = `/editions/${secretariat.id}`;
  assert.notEqual(next, draft);
  await publish(house, { secretariat, approver, draft: next });
  await council.go(next);
  await council.follow(`${next}/compare/`);
  const compared = `${next}/compare/${draft.split("/").pop()}`;
  const differences = await council.data(`${compared}.json`);
  assert.ok(differences.some((one) => one.id === "kgi2" && one.before !== one.after));
  for (const { id, at, before, after, change, parts } of differences) {
    const { total, whole } = sum([...parts.map((part) => part.amount), change, before, after, "0"]);
    assert.equal(total, whole(change) * 2n + whole(before) + whole(after), `the parts of ${id} ${at}`);
    assert.equal(whole(after) - whole(before), whole(change), `the change of ${id} ${at}`);
  }
  await council.go(`${next}/report`);
  assert.deepEqual((await two.ask(`${draft}/edition.json`)).bytes, before, "the first edition stays as it was");
}

/** The auditor reads who did what, and no answer. */
async function audit(house, { auditor, secretariat }) {
  await auditor.go("/audit");
  const { bytes } = await auditor.ask("/audit.json");
  const log = bytes.toString("utf8");
  for (const action of ["round.keep", "answer.write", "batch.approve", "edition.publish"]) assert.ok(log.includes(action), action);
  // The seconds of a time are no answer: a value stands by itself.
  for (const value of ["11\\.5", "21000", "9\\.2"]) assert.doesNotMatch(log, new RegExp(`(?<![0-9.])${value}(?![0-9])`), `the log tells ${value}`);
  assert.equal((await secretariat.ask("/audit")).status, 404);
  const proof = JSON.parse(house.rashin("verify", "--json"));
  assert.equal(proof.ok, true);
}

const walks = [
  { lang: "ja", javaScript: true, engine: "sqlite", viewport: widths.wide },
  { lang: "en", javaScript: false, engine: "sqlite", viewport: widths.narrow },
  { lang: "ja", javaScript: false, engine: "postgres", viewport: widths.wide },
  { lang: "en", javaScript: true, engine: "postgres", viewport: widths.narrow },
];
for (const { engine, ...walk } of walks) {
  const name = `the year in ${walk.lang}, ${walk.javaScript ? "with" : "without"} JavaScript, on ${engine}, ${walk.viewport.width} px wide`;
  const skip = !engines.includes(engine) && "RASHIN_TEST_POSTGRES names no server";
  test(name, { skip }, async () => {
    const server = await startServer({ engine });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, walk);
      const all = await people(house);
      const { round } = await survey(house, all);
      await observations(house, all);
      const draft = await edition(house, all);
      await report(house, { ...all, draft });
      await correction(house, { ...all, round, draft });
      await audit(house, all);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}
