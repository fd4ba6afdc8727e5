// People at browsers of their own who walk through the site: every page that they come to is looked at. RASHIN_PICTURES names a folder for a
// picture of each.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { axe, look, openPage } from "./harness.mjs";

/** Of every account. */
export const password = "walk-the-whole-year";

/** Days are those of Japan. */
export const inJapan = (date) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(date);

/** The address of the record that a page shows, without language and query. */
export const shown = (person) => new URL(person.page.url()).pathname.replace(/^\/en/, "");

/** Takes a step on the page of a record. */
export async function step(person, record, transition, values = {}) {
  await person.go(record);
  await person.follow(`${record}/do/${transition}`);
  await person.send("step", values);
  assert.equal(shown(person), record, "the record's page says how it stands now");
}

/** Waits until data are as they should be: jobs are done a moment later. */
export async function until(person, address, enough) {
  for (let tries = 0; tries < 120; tries += 1) {
    const data = await person.data(address);
    if (enough(data)) return data;
    await new Promise((go) => setTimeout(go, 250));
  }
  assert.fail(`${person.name} waits for ${address} in vain`);
}

/** Somebody at a browser of their own. Every page that they open is looked at by `look` and, where scripts can run, by axe-core. */
export class Person {
  constructor(house, name, tab) {
    Object.assign(this, { house, name, ...tab });
  }

  /** Opens a page of the site, in the language of the walk. */
  async go(address) {
    const response = await this.page.goto(this.house.address(address));
    assert.equal(response.status(), 200, `${this.name} opens ${address}`);
    await this.see();
  }

  /** Follows the first link to an address that begins so. */
  async follow(beginning) {
    await this.leave(this.page.locator(`main a[href^="${this.house.path(beginning)}"]`).first(), 200);
  }

  /** Fills a form and sends it, by its own button or by the one of that value. */
  async send(form, values = {}, { by, status = 200 } = {}) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.page.locator(`#${form} [name="${name}"]`).and(this.page.locator("input, select, textarea"));
      const kind = await field.first().evaluate((element) => element.type);
      if (kind === "select-one") await field.selectOption(value);
      else if (kind === "checkbox") await this.page.locator(`#${form} [name="${name}"][value="${value}"]`).check();
      else if (kind === "file") await field.setInputFiles(value);
      else await field.fill(value);
    }
    const button = by ? `#${form} button[value="${by}"]` : `#${form} button[type="submit"]`;
    await this.leave(this.page.locator(button).first(), status);
  }

  async leave(control, status) {
    const [response] = await Promise.all([this.page.waitForNavigation(), control.click()]);
    const said = await this.page.locator(".error-summary, .next").allInnerTexts();
    assert.equal(response.status(), status, `${this.name} at ${this.page.url()}: ${said}`);
    await this.see(status);
  }

  /** What was refused, as the page says it; for a form that is sent and must be refused. */
  async refused(form, values, options) {
    await this.send(form, values, { status: 422, ...options });
    return this.page.locator(".error-summary").innerText();
  }

  async see(status = 200) {
    const here = new URL(this.page.url());
    const faults = await look(this.page, here.pathname);
    if (this.house.javaScript && (await this.house.isNew(this))) faults.push(...(await axe(this.page)));
    const refused = (line) => status !== 200 && line.includes(`status of ${status}`);
    faults.push(...this.takeComplaints().filter((line) => !refused(line)));
    await this.house.keepPicture(this);
    assert.deepEqual(faults, [], `${this.name} at ${here.pathname}`);
  }

  /** Signs in as a role of the made-up year. */
  async signIn(role) {
    await this.go("/sign-in");
    await this.send("sign-in", { email: `${role}@rashin.example`, password });
  }

  /** Lets somebody in, who sets a password at a browser of their own. */
  async invite(who, { name, organisation, role }) {
    await this.go("/people");
    await this.send("invite", { email: `${who}@rashin.example`, name, organisation, roles: role, language: this.house.lang });
    const link = await this.page.locator(".handed code").innerText();
    const person = await this.house.person(who);
    await person.go(link);
    await person.send("link", { password, again: password });
    assert.equal(person.page.url(), this.house.address("/today"));
    return person;
  }

  /** What the page says is to be done next, or was just done. */
  async told() {
    return (await this.page.locator(".next, .done").allInnerTexts()).join("\n");
  }

  async sees(selector) {
    return (await this.page.locator(selector).count()) > 0;
  }

  /** A table's rows, each a list of the texts of its cells. */
  async rows(table) {
    return this.page.locator(`#${table} tbody tr`).evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  }

  /** An address as whoever holds this browser is answered. */
  async ask(address) {
    const response = await this.page.request.get(this.house.address(address));
    return { status: response.status(), bytes: await response.body() };
  }

  async data(address) {
    const { status, bytes } = await this.ask(address);
    assert.equal(status, 200, `${this.name} asks for ${address}`);
    return JSON.parse(bytes);
  }

  /** The number of the record that this page shows. */
  get id() {
    return new URL(this.page.url()).pathname.split("/").pop();
  }
}

/** A server, a browser, and those who walk in them. */
export class House {
  constructor(server, browser, { lang, javaScript, viewport }) {
    Object.assign(this, { ...server, browser, lang, javaScript, viewport });
    this.pictures = 0;
    this.kinds = new Set();
  }

  path(address) {
    return this.lang === "en" ? `/en${address}` : address;
  }

  address(address) {
    return address.startsWith("http") ? address : this.base + this.path(address);
  }

  async person(name) {
    const tab = await openPage(this.browser, { javaScript: this.javaScript, viewport: this.viewport });
    return new Person(this, name, tab);
  }

  /** Whether nobody has seen a page like this: one with the same parts, whatever its record. */
  async isNew({ page }) {
    const parts = await page.evaluate(() => [location.pathname.replace(/[0-9a-f]{16,}/g, ""), ...[...document.querySelectorAll("[id], [class]")].map((one) => `${one.id.replace(/[0-9a-f]{16,}/g, "")} ${one.className}`)]);
    const kind = [...new Set(parts)].sort().join("\n");
    return !this.kinds.has(kind) && this.kinds.add(kind);
  }

  async keepPicture({ name, page }) {
    if (!process.env.RASHIN_PICTURES) return;
    this.pictures += 1;
    const folder = path.join(process.env.RASHIN_PICTURES, `${this.lang}-${this.viewport.width}`);
    mkdirSync(folder, { recursive: true });
    const place = new URL(page.url()).pathname.replaceAll("/", "_").replace(/[0-9a-f]{16,}/g, "x");
    await page.screenshot({ path: path.join(folder, `${String(this.pictures).padStart(3, "0")}-${name}${place}.png`), fullPage: true });
  }
}
