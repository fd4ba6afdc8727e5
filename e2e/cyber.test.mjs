// A vulnerability from the matching of a made-up bill to the hospital that closes its item, by those whom it concerns: the maker, a hospital, the ministry. In both
// languages, with and without JavaScript.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { startBrowser, startServer, widths } from "./harness.mjs";
import { House, password, shown, step, until } from "./walk.mjs";

const exploited = "EXAMPLE-2026-0001";

const item = (inbox) => inbox.items.find(({ name }) => name === exploited);

async function walk({ firm, other, hospital, secretariat, somebody }) {
  // What is exploited stands first, by whom it is held.
  await until(hospital, "/cyber/mine.json", (inbox) => item(inbox));
  await hospital.go("/cyber/mine");
  const first = (await hospital.rows("vulnerable"))[0];
  assert.equal(first[0], exploited);
  const told = item(await hospital.data("/cyber/mine.json"));
  const record = `/registers/vulnerability-response/${told.owner}/${told.id}`;

  // The maker answers once, and the hospital has it.
  await firm.go("/cyber/work");
  const todo = (await firm.data("/cyber/work.json")).find(({ name }) => name === exploited);
  const answer = `/registers/vulnerability-answer/${todo.maker}/${todo.id}`;
  await firm.follow(answer);
  await firm.follow(`${answer}/do/answer`);
  await firm.refused("step", { status: "affected" });
  await firm.send("step", { action: "架空: 版を更新してください。" });
  assert.equal(shown(firm), answer);
  await until(hospital, "/cyber/mine.json", (inbox) => item(inbox).answers.length === 1);
  const device = `/cyber/devices/${todo.maker}/${todo.devices[0][0]}`;
  await firm.go(device);
  assert.ok((await firm.rows("findings")).some(([name]) => name === exploited));
  assert.equal((await firm.rows("ledger")).length, 1, "what cannot be assessed is named");
  const vex = await firm.data(`${device}.csaf.json`);
  const said = vex.vulnerabilities.find(({ cve, ids = [] }) => [cve, ...ids.map(({ text }) => text)].includes(exploited));
  assert.equal(said.remediations[0].details, "架空: 版を更新してください。", "programs read the answer too");
  const bill = await firm.data(`${device}.cdx.json`);
  assert.ok(bill.vulnerabilities.some(({ analysis }) => analysis.state === "exploitable"));
  assert.ok((await firm.sees(`main a[href$=".cdx.json"]`)) && (await firm.sees(`main a[href$=".csaf.json"]`)));

  // The hospital says what it did and closes its item.
  await hospital.go("/cyber/mine");
  assert.ok((await hospital.page.locator("main").innerText()).includes("版を更新してください"));
  await hospital.follow(record);

  // It asks the maker first, and the two write to each other; nobody else can.
  assert.equal(await hospital.sees("#say"), false, "nobody has been asked yet");
  await hospital.follow(`${record}/do/ask`);
  await hospital.send("step", { question: "架空: 夜間に更新できますか。" });
  await firm.go(record);
  assert.ok((await firm.page.locator("main").innerText()).includes("夜間に更新できますか"));
  await firm.send("say", { text: "架空: 30分あれば更新できます。" });
  await step(firm, record, "reply");
  await hospital.go(record);
  assert.ok((await hospital.page.locator("main").innerText()).includes("30分あれば更新できます"));
  await hospital.send("say", { with: todo.maker, text: "架空: では今夜更新します。" });
  await firm.go(record);
  assert.ok((await firm.page.locator("main").innerText()).includes("では今夜更新します"));
  await hospital.go(record);
  await hospital.follow(`${record}/do/mitigate`);
  await hospital.send("step", { measure: "updated" });
  await hospital.follow(`${record}/do/close`);
  await hospital.send("step", { reason: "架空: 全台を更新した。" });
  assert.equal(item(await hospital.data("/cyber/mine.json")).over, true);
  assert.deepEqual((await hospital.data("/cyber/mine.json?as_of=2020-01-01")).items, []);

  // The ministry sees how far it went; nobody else sees what is not theirs.
  await secretariat.go("/cyber");
  await secretariat.go(`/cyber/advisories/${exploited}`);
  const page = await secretariat.data(`/cyber/advisories/${exploited}.json`);
  assert.deepEqual(page.responses, { closed: 1 });
  await secretariat.follow("/cyber/devices/");

  // All findings as one list: the most urgent first, what the maker has said beside each; each maker has its own.
  await secretariat.go("/cyber");
  await secretariat.follow("/cyber/findings");
  const rows = await secretariat.rows("findings");
  assert.equal(rows[0][0], exploited);
  await secretariat.go("/cyber/findings?sort=device&unanswered=yes");
  assert.ok((await secretariat.rows("findings")).every(([name]) => name !== exploited), "what is answered is left out");
  const all = await secretariat.data("/cyber/findings.json");
  const own = await firm.data("/cyber/findings.json");
  assert.ok(own.findings.length > 0 && own.findings.every(({ maker }) => maker === todo.maker));
  assert.ok(all.findings.length >= own.findings.length);
  assert.deepEqual((await hospital.data("/cyber/findings.json")).findings, []);
  for (const [person, address] of [
    [other, device],
    [other, `/cyber/advisories/${exploited}`],
    [hospital, device],
    [hospital, `${device}.csaf.json`],
    [firm, "/cyber"],
    [other, record],
  ]) {
    assert.equal((await person.ask(address)).status, 404, `${person.name} at ${address}`);
  }
  assert.equal((await somebody.ask("/cyber/mine.json")).status, 401);
}

const walks = [
  { lang: "ja", javaScript: true, viewport: widths.narrow },
  { lang: "en", javaScript: false, viewport: widths.wide },
];
for (const how of walks) {
  const name = `a vulnerability in ${how.lang}, ${how.javaScript ? "with" : "without"} JavaScript, ${how.viewport.width} px wide`;
  test(name, async () => {
    const server = await startServer({ demo: password, advisories: true });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, how);
      const people = { somebody: await house.person("somebody") };
      for (const [who, role] of Object.entries({ firm: "firm-1", other: "firm-2", hospital: "hospital", secretariat: "secretariat" })) {
        people[who] = await house.person(role);
        await people[who].signIn(role);
      }
      await walk(people);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}

/** A record of OSV about a package that nobody has. */
const record = (id) => JSON.stringify({ id, modified: "2026-06-01T00:00:00Z", affected: [{ package: { ecosystem: "npm", name: "kakuu-nothing" }, versions: ["1.0.0"] }] });

test("advisories come in from a folder when it changes and from an address", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-feed-"));
  writeFileSync(path.join(folder, "one.json"), record("EXAMPLE-2026-9101"));
  writeFileSync(path.join(folder, "bad.zip"), "no archive");
  const catalogue = { dateReleased: "2099-01-01T00:00:00Z", vulnerabilities: [{ cveID: "CVE-2026-9103", dateAdded: "2026-06-01", knownRansomwareCampaignUse: "Unknown" }] };
  const mirror = createServer((request, response) => response.writeHead(request.url === "/kev.json" ? 200 : 404, { etag: '"1"' }).end(JSON.stringify(catalogue)));
  await new Promise((listening) => mirror.listen(0, "127.0.0.1", listening));
  const address = `http://127.0.0.1:${mirror.address().port}/kev.json`;
  const missing = address.replace("kev", "missing");
  const flags = [folder, address, missing].flatMap((source) => ["--advisory-source", source]);
  const server = await startServer({ demo: password, advisories: true, flags });
  const browser = await startBrowser();
  try {
    const house = new House(server, browser, { lang: "ja", javaScript: true, viewport: widths.narrow });
    const secretariat = await house.person("secretariat");
    await secretariat.signIn("secretariat");
    const feed = (board, source) => board.feeds.find((one) => one.source === source);
    const first = await until(secretariat, "/cyber.json", (board) => [folder, address, missing].every((source) => feed(board, source)));
    assert.deepEqual(feed(first, folder).news, { added: 1, replaced: 0, lists: false, refused: 1, named: ["bad.zip"] });
    assert.equal(feed(first, address).failing, null);
    assert.equal(feed(first, address).news.lists, true);
    assert.ok(feed(first, missing).failing[1].ja.includes("HTTP 404"));
    await until(secretariat, "/cyber.json", (board) => board.known.kev > 0);
    await secretariat.go("/cyber");
    assert.equal((await secretariat.rows("feeds")).length, 3);

    // What is put into the folder comes in by itself.
    writeFileSync(path.join(folder, "two.json"), record("EXAMPLE-2026-9102"));
    rmSync(path.join(folder, "bad.zip"));
    const deadline = Date.now() + 60_000;
    for (;;) {
      const now = feed(await secretariat.data("/cyber.json"), folder);
      if (now.news.refused === 0) {
        assert.equal(now.news.added, 1);
        break;
      }
      assert.ok(Date.now() < deadline, "what changed in a folder comes in by itself");
      await new Promise((go) => setTimeout(go, 500));
    }
  } finally {
    await browser.close();
    await server.stop();
    mirror.close();
    rmSync(folder, { recursive: true });
  }
});
