// What is typed into a register's form is found again by whoever typed it: after the browser was closed, until it is thrown away or sent, and beside
// the record where that has changed since. Without JavaScript the form says nothing of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { engines, startBrowser, startServer, widths } from "./harness.mjs";
import { House, password } from "./walk.mjs";

const device = "/registers/device";
const status = "[data-keep-status]";
const words = {
  ja: { kept: /^\d+:\d\d に自動保存しました$/, shown: /前回入力した内容/, failed: /自動保存できませんでした/ },
  en: { kept: /^Saved automatically at \d+:\d\d$/, shown: /you typed before/, failed: /could not be saved automatically/ },
};

/** Waits until the form says that it was kept, or was not. */
async function hears(person, said) {
  await person.page.waitForFunction(([place, source]) => new RegExp(source).test(document.querySelector(place).textContent), [status, said.source]);
}

async function typedAndFoundAgain(house, firm) {
  const said = words[house.lang];
  await firm.go(`${device}/new`);
  await firm.page.fill("[name=name]", "架空のペースメーカー");
  await hears(firm, said.kept);
  await house.keepPicture(firm);
  await firm.page.fill("[name=name]", "架空のペースメーカー 改");
  // Left before the two seconds are over.
  await firm.go("/today");
  assert.equal((await firm.rows("unsent")).length, 1);
  await firm.follow(`${device}/new`);
  assert.equal(await firm.page.inputValue("[name=name]"), "架空のペースメーカー 改");
  assert.match(await firm.told(), said.shown);
  await firm.send("discard");
  assert.equal(await firm.page.inputValue("[name=name]"), "");
  assert.equal(await firm.sees("#discard"), false);
  await firm.go("/today");
  assert.equal(await firm.sees("#unsent"), false);
}

/** A failure is said once, and the form is kept once it can be. */
async function triedAgain(house, firm) {
  const said = words[house.lang];
  await firm.go(`${device}/new`);
  await firm.page.route(`**${device}/new/**`, (route) => route.abort());
  await firm.page.fill("[name=name]", "架空の縫合糸");
  await hears(firm, said.failed);
  await firm.page.unroute(`**${device}/new/**`);
  await hears(firm, said.kept);
  firm.takeComplaints();
}

async function filed(firm) {
  await firm.send("record", { jmdn: "37618010", level: "family" }, { by: "list" });
  const record = new URL(firm.page.url()).pathname.replace(/^\/en/, "").replace(/\/edit$/, "");
  await firm.go("/today");
  assert.equal(await firm.sees("#unsent"), false, "what is saved is not begun any more");
  await firm.go(`${record}/edit/identity`);
  await firm.send("record");
  await firm.send("record", { risk_class: "class-4" });
  await firm.send("record");
  await firm.send("record");
  await firm.send("file");
  return record;
}

async function besideWhatChanged(house, { firm, secretariat, record }) {
  const said = words[house.lang];
  await firm.go(`${record}/edit`);
  await firm.page.fill("[name=name]", "架空の縫合糸 改");
  await hears(firm, said.kept);
  await secretariat.go(`${record}/edit`);
  await secretariat.send("record", { origin: "japan", origin_confirmed_on: "R8.10.1" });
  await firm.go(`${record}/edit`);
  assert.equal(await firm.page.inputValue("[name=name]"), "架空の縫合糸", "the record as it is now");
  assert.match(await firm.page.locator("main").innerText(), /架空の縫合糸 改/);
  assert.equal(await firm.sees("[data-keep]"), false, "nothing is kept over it unasked");
  await firm.follow(`${record}/edit?typed=again`);
  assert.equal(await firm.page.inputValue("[name=name]"), "架空の縫合糸 改");
  await firm.send("record");
  assert.match(await firm.page.locator("h1").innerText(), /架空の縫合糸 改/);
  await firm.go(`${record}/edit`);
  assert.equal(await firm.sees("#discard"), false);
}

const walks = [
  { lang: "ja", javaScript: true, engine: "sqlite", viewport: widths.narrow },
  { lang: "en", javaScript: true, engine: "postgres", viewport: widths.wide },
];
for (const { engine, ...walk } of walks) {
  const name = `what is typed is kept in ${walk.lang}, on ${engine}, ${walk.viewport.width} px wide`;
  const skip = !engines.includes(engine) && "RASHIN_TEST_POSTGRES names no server";
  test(name, { skip }, async () => {
    const server = await startServer({ engine, demo: password });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, walk);
      const [firm, other, secretariat] = await Promise.all(["firm-1", "firm-2", "secretariat"].map((role) => house.person(role)));
      for (const person of [firm, other, secretariat]) await person.signIn(person.name);
      await typedAndFoundAgain(house, firm);
      await triedAgain(house, firm);
      await other.go(`${device}/new`);
      assert.equal(await other.page.inputValue("[name=name]"), "", "nobody else is shown it");
      const record = await filed(firm);
      await besideWhatChanged(house, { firm, secretariat, record });

      const plain = new House(server, browser, { ...walk, javaScript: false });
      const reader = await plain.person("firm-1");
      await reader.signIn("firm-1");
      await reader.go(`${device}/new`);
      assert.equal(await reader.page.locator(status).innerText(), "", "without a script nothing is said of it");
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}
