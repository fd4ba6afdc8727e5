// From the upload of an SBOM to a hospital that closes its item, by those whom it concerns: a maker, the ministry's two people, and two hospitals of which one
// holds the device. In both languages, with and without JavaScript, on SQLite and PostgreSQL.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { binary, engines, startBrowser, startServer, widths } from "./harness.mjs";
import { House, inJapan, password, shown, step, until } from "./walk.mjs";

const product = "架空ナースコール中継器";
const gtin = "09501101020917";
const [absent, known, fresh] = ["EXAMPLE-2026-8001", "EXAMPLE-2026-8002", "EXAMPLE-2026-8003"];

/** A record of OSV about every version of a package before the one with the fix. */
const advisory = (id, name, fixed, vector, summary) => ({
  id,
  summary,
  modified: "2026-06-01T00:00:00Z",
  details: `${summary}。${fixed}より前の版が影響を受けます（架空データ）。`,
  severity: [{ type: "CVSS_V3", score: `CVSS:3.1/${vector}` }],
  affected: [{ package: { ecosystem: "npm", name }, ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed }] }] }],
});

/** Puts records into a folder; all that is in it goes into a new database, which takes the place of the one that the server watches. */
function put(feed, ...records) {
  for (const record of records) writeFileSync(path.join(feed, "osv", `${record.id}.json`), JSON.stringify(record));
  execFileSync(binary(), ["cyber", "load", path.join(feed, "osv"), "--db", path.join(feed, "new.db")]);
  renameSync(path.join(feed, "new.db"), path.join(feed, "advisories.db"));
}

/** A made-up SBOM of three packages, in which nothing is left out. */
function bill() {
  const packages = { "kakuu-relay": "2.3.0", "kakuu-queue": "1.4.1", "kakuu-tone": "0.8.0" };
  const components = Object.entries(packages).map(([name, version]) => {
    const purl = `pkg:npm/${name}@${version}`;
    return { type: "library", "bom-ref": purl, name, version, purl, supplier: { name: "架空ソフトウェア" } };
  });
  const all = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: "2026-05-01T00:00:00Z",
      authors: [{ name: "架空 担当者" }],
      component: { type: "device", "bom-ref": "device", name: product, version: "3.1" },
    },
    components,
    dependencies: [{ ref: "device", dependsOn: components.map(({ purl }) => purl) }],
  };
  return { name: "sbom.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(all)) };
}

const item = (inbox, name) => inbox.items.find((one) => one.name === name);

/** The maker hands its device version in, part by part; the ministry's two people clear it with a condition, which it meets. Gives the device's page. */
async function cleared({ firm, secretariat, approver }) {
  const register = "/registers/device-security";
  await firm.go(`${register}/new`);
  await firm.send("record", { name: product, version_name: "3.1", product_codes: gtin }, { by: "list" });
  const record = shown(firm).replace(/\/edit$/, "");
  await firm.follow(`${record}/edit/documents`);
  await firm.send("record", { sbom: bill() }, { by: "list" });
  await firm.follow(`${record}/edit/life`);
  await firm.send("record", { eol_on: "2098-03-31", eos_on: "2099-03-31", contact: "psirt@kakuu-relay.example" }, { by: "list" });
  await firm.follow(`${record}/check`);
  await firm.send("file");
  assert.equal(shown(firm), record);

  // The gate finds what is missing and what is open; people weigh that.
  const { record: { fields: checked } } = await until(secretariat, `${record}.json`, ({ record: { fields } }) => fields.verdict);
  assert.equal(checked.verdict, "not-yet");
  assert.ok(checked.reasons.includes(known) && !checked.reasons.includes(absent), checked.reasons);
  const device = record.replace("/registers/device-security", "/cyber/devices");
  await firm.go(device);
  assert.deepEqual((await firm.rows("findings")).map(([name]) => name), [known]);
  const { components, verdict } = await firm.data(`${device}.json`);
  assert.deepEqual(components, [3, 1, 2, 0], "one of three components is touched, and none is left out");
  assert.ok(verdict.reasons.some(({ rule }) => rule === "above-threshold"));
  await secretariat.go(record);
  await secretariat.follow(`${record}/do/propose-conditions`);
  await secretariat.refused("step", { assessment: "架空: SBOMは読める。", conditions: "架空: 脆弱性対応の方針を提出すること。" });
  await secretariat.send("step", { reason: "架空: 方針の提出を条件とする。" });
  await step(approver, record, "clear-with-conditions", { reason: "架空: 案のとおり。" });
  await step(firm, record, "report-conditions", { conditions_met: "架空: 方針を提出した。" });
  await step(secretariat, record, "conditions-met");
  return device;
}

async function walk(house, feed, { firm, secretariat, approver, hospital, administrator }) {
  const before = inJapan(new Date(Date.now() - 86_400_000));
  const vulnerable = async () => (await hospital.rows("vulnerable")).map(([name]) => name);
  await administrator.go("/organisations");
  await administrator.send("add", { ja: "架空の第二病院", en: "", kind: "hospital" });
  const other = await administrator.invite("other", { name: "架空 第二病院の担当者", organisation: administrator.id, role: "member" });
  await other.go("/registers/hospital-asset/new");
  await other.send("record", { name: "架空の別の機器", gtin: "09501101020924", quantity: "1" });

  const device = await cleared({ firm, secretariat, approver });

  // Whoever registers the device is told of what is known already, whatever they call it.
  assert.deepEqual((await hospital.data("/cyber/mine.json")).items, []);
  await hospital.go("/registers/hospital-asset/new");
  await hospital.send("record", { name: "病棟の中継器（院内の呼び名）", gtin, quantity: "6", department: "架空第一病棟" });
  await until(hospital, "/cyber/mine.json", (inbox) => item(inbox, known));
  await hospital.go("/cyber/mine");
  assert.deepEqual(await vulnerable(), [known]);

  // A new advisory reaches those whom it concerns by itself.
  put(feed, advisory(fresh, "kakuu-queue", "1.5.0", "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "架空: 待ち行列から設定を書き換えられる"));
  const told = item(await until(hospital, "/cyber/mine.json", (inbox) => item(inbox, fresh)), fresh);
  assert.deepEqual(told.assets.map(({ department }) => department), ["架空第一病棟"]);
  assert.equal(told.severity, "critical");
  await hospital.go("/today");
  assert.equal((await hospital.rows("news")).filter(([what]) => what.includes(fresh)).length, 1);
  assert.ok((await hospital.rows("tasks")).some(([what]) => what.includes(fresh)));
  await hospital.go("/cyber/mine");
  assert.deepEqual(await vulnerable(), [fresh, known], "the gravest first");
  const response = `/registers/vulnerability-response/${told.owner}/${told.id}`;

  // The hospital asks; the maker answers on its list; the hospital has the answer.
  await hospital.follow(response);
  await hospital.follow(`${response}/do/ask`);
  await hospital.refused("step");
  await hospital.send("step", { question: "架空: 病棟の外から届く設定でも危険ですか。" });
  await firm.go("/today");
  await firm.follow(response);
  assert.ok((await firm.page.locator("main").innerText()).includes("病棟の外"), "the maker reads what it is asked");
  await firm.go("/cyber/work");
  const todo = (await firm.data("/cyber/work.json")).find(({ name }) => name === fresh);
  assert.equal(todo.asked, 1);
  const answer = `/registers/vulnerability-answer/${todo.maker}/${todo.id}`;
  await firm.follow(answer);
  await firm.follow(`${answer}/do/answer`);
  await firm.send("step", { status: "affected", impact: "架空: 設定を書き換えられます。", action: "架空: 3.2に更新してください。" });
  await until(hospital, "/cyber/mine.json", (inbox) => item(inbox, fresh).answers.length === 1);
  await hospital.go("/cyber/mine");
  assert.match((await hospital.rows("vulnerable")).find(([name]) => name === fresh)[4], /3\.2に更新してください.*設定を書き換えられます/);

  // It says what it did and closes its item, and everybody counts that.
  await step(hospital, response, "mitigate", { measure: "updated" });
  await step(hospital, response, "close", { reason: "架空: 6台を更新した。" });
  const inbox = await hospital.data("/cyber/mine.json");
  assert.deepEqual(inbox.items.map(({ name, state_id, over }) => [name, state_id, over]), [[known, "open", false], [fresh, "closed", true]]);
  await hospital.go("/cyber/mine");
  assert.deepEqual(await vulnerable(), [known, fresh], "what is over stands last");
  await firm.go("/cyber/work");
  assert.deepEqual((await firm.rows("work")).map((row) => [row[0], row.at(-1)]), [[known, "0"], [fresh, "0"]], "nobody asks any more");
  assert.deepEqual((await firm.data("/cyber/work.json")).map(({ state_id }) => state_id), ["open", "answered"]);
  await secretariat.go("/cyber");
  assert.deepEqual((await secretariat.rows("responses")).map(([, count]) => count), ["1", "1"]);
  const { responses, makers, urgencies } = await secretariat.data("/cyber.json");
  assert.deepEqual({ responses, urgencies }, { responses: { closed: 1, open: 1 }, urgencies: { high: 1 } });
  assert.deepEqual(makers.map(({ open, answered }) => [open, answered]), [[1, 1]]);
  await secretariat.go(`/cyber/advisories/${fresh}`);
  assert.deepEqual((await secretariat.data(`/cyber/advisories/${fresh}.json`)).responses, { closed: 1 });

  // Who does not hold the device was told nothing of all that.
  assert.deepEqual((await other.data("/cyber/mine.json")).items, []);
  await other.go("/today");
  assert.equal(await other.sees("#news"), false);
  for (const address of [response, `/cyber/advisories/${fresh}`, device]) assert.equal((await other.ask(address)).status, 404, address);

  // What the hospital knew at the end of today, and of the day before all this; where support ends is told as of now alone.
  const today = inJapan(new Date());
  const asOf = (day) => hospital.data(`/cyber/mine.json?as_of=${day}`);
  assert.deepEqual(await asOf(today), { items: inbox.items, all: 2, support: [], as_of: today, short: [] });
  assert.deepEqual(await asOf(before), { items: [], all: 0, support: [], as_of: before, short: [] });
  await hospital.go(`/cyber/mine?as_of=${today}`);
  assert.deepEqual(await vulnerable(), [known, fresh]);
  await hospital.go(`/cyber/mine?as_of=${before}`);
  assert.equal(await hospital.sees("#vulnerable"), false);
}

const walks = [
  { lang: "ja", javaScript: false, engine: "postgres", viewport: widths.wide },
  { lang: "en", javaScript: true, engine: "sqlite", viewport: widths.narrow },
];
for (const { engine, ...how } of walks) {
  const name = `an SBOM in ${how.lang}, ${how.javaScript ? "with" : "without"} JavaScript, on ${engine}, ${how.viewport.width} px wide`;
  const skip = !engines.includes(engine) && "RASHIN_TEST_POSTGRES names no server";
  test(name, { skip }, async () => {
    const feed = mkdtempSync(path.join(tmpdir(), "rashin-sbom-"));
    mkdirSync(path.join(feed, "osv"));
    put(
      feed,
      advisory(absent, "kakuu-absent", "9.0.0", "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "架空: どの機器にもない部品の脆弱性"),
      advisory(known, "kakuu-relay", "2.4.0", "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "架空: 長い呼出しで中継が止まる"),
    );
    const server = await startServer({ engine, demo: password, flags: ["--advisories", path.join(feed, "advisories.db")] });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, how);
      const people = {};
      const roles = { firm: "firm-1", secretariat: "secretariat", approver: "approver", hospital: "hospital", administrator: "administrator" };
      for (const [who, role] of Object.entries(roles)) {
        people[who] = await house.person(role);
        await people[who].signIn(role);
      }
      await walk(house, feed, people);
    } finally {
      await browser.close();
      await server.stop();
      rmSync(feed, { recursive: true });
    }
  });
}
