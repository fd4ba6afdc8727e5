// A vulnerability from its report to its publication: its finder, the maker that takes part, a hospital, the ministry's two people, and everybody. In both
// languages, with and without JavaScript.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { startBrowser, startServer, widths } from "./harness.mjs";
import { House, password, shown, step } from "./walk.mjs";

const tree = "/.well-known/csaf";
const title = "架空輸液ポンプZにおける認証の不備";

async function walk({ finder, maker, hospital, secretariat, approver, somebody }, base) {
  // The finder reports; before the coordination begins the maker knows nothing of it.
  await finder.go("/registers/vulnerability-report/new");
  await finder.refused("record", { name: title });
  await finder.send(
    "record",
    {
      summary: "架空: 同じネットワークから設定を変えられるおそれがあります。",
      names: "EXAMPLE-2026-9001",
      severity: "high",
      vector: "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H",
      "products.1.name": "架空輸液ポンプZ",
      "products.1.maker": "架空メディカル株式会社",
      "products.1.version": "2.4.1以前",
      "products.1.status": "affected",
      action: "架空: 2.4.2に更新してください。",
      detail: "架空: 内緒の再現方法",
    },

  );
  const record = shown(finder);
  const unseen = async (people) => {
    for (const person of people) {
      assert.ok([401, 404].includes((await person.ask(`${record}.json`)).status) || (await person.ask(record)).status === 404, `${person.name} sees it`);
      assert.ok(!(await person.ask("/cyber/disclosed.json")).bytes.includes(title));
    }
  };
  await unseen([maker, hospital, somebody]);

  // The maker takes part from when the ministry asks it to, and sees what is not public.
  const organisation = (await maker.data("/organisations.json"))[0].id;
  await step(secretariat, record, "coordinate", { makers: organisation });
  await maker.go(record);
  assert.ok((await maker.page.locator("main").innerText()).includes("内緒の再現方法"));
  await unseen([hospital, somebody]);

  // Two people of the ministry agree on a day; from then on nobody changes what was approved.
  await step(secretariat, record, "propose", { publish_on: "2099-04-01" });
  await step(approver, record, "approve");
  assert.ok((await approver.page.locator("main").innerText()).includes(approver.house.lang === "en" ? "31 March 2099" : "2099年3月31日"));
  await finder.go(record);
  assert.equal(await finder.sees(`main a[href$="/edit"]`), false);
  await unseen([hospital, somebody]);

  // It leaks, and is published at once: as a page, in the list, and for programs.
  await step(approver, record, "publish-now", { reason: "架空: 報道されたため。" });
  await somebody.go("/cyber/disclosed");
  await somebody.follow(record);
  const page = await somebody.page.locator("main").innerText();
  assert.ok(page.includes("2.4.2に更新してください") && !page.includes("内緒の再現方法"));
  const metadata = JSON.parse((await somebody.ask(`${base}${tree}/provider-metadata.json`)).bytes);
  assert.equal(metadata.role, "csaf_provider");
  const folder = metadata.distributions[0].directory_url;
  const [path] = (await somebody.ask(`${folder}index.txt`)).bytes.toString().trim().split("\n");
  const document = await somebody.ask(`${folder}${path}`);
  const advisory = JSON.parse(document.bytes);
  assert.equal(advisory.document.title, title);
  assert.equal(advisory.document.references[0].url, `${folder}${path}`);
  assert.ok(!document.bytes.includes("内緒の再現方法"));
  for (const digest of ["sha256", "sha512"]) {
    const [hex, name] = (await somebody.ask(`${folder}${path}.${digest}`)).bytes.toString().trim().split("  ");
    assert.equal(hex, createHash(digest).update(document.bytes).digest("hex"));
    assert.equal(name, path.split("/").pop());
  }
  await somebody.page.goto(folder);
  await somebody.see();
}

const walks = [
  { lang: "ja", javaScript: true, viewport: widths.narrow },
  { lang: "en", javaScript: false, viewport: widths.wide },
];
for (const how of walks) {
  const name = `a disclosure in ${how.lang}, ${how.javaScript ? "with" : "without"} JavaScript, ${how.viewport.width} px wide`;
  test(name, async () => {
    const server = await startServer({ demo: password });
    const browser = await startBrowser();
    try {
      const house = new House(server, browser, how);
      const people = { somebody: await house.person("somebody") };
      const roles = { finder: "firm-1", maker: "firm-2", hospital: "hospital", secretariat: "secretariat", approver: "approver" };
      for (const [who, role] of Object.entries(roles)) {
        people[who] = await house.person(role);
        await people[who].signIn(role);
      }
      await walk(people, server.base);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}
