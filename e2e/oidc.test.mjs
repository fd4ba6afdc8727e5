// Signing in by OpenID Connect, with a real provider on this machine and Chromium between the two: who gets in, and that whatever
// does not fit is refused with a sentence.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { axe, startBrowser, startServer } from "./harness.mjs";

const password = "しずかな川の白い橋を渡る";
const secret = "a made-up secret: +/=&%";
const people = {
  hanako: { email: "hanako@example.go.jp", email_verified: true },
  unverified: { email: "hanako@example.go.jp", email_verified: false },
  text: { email: "hanako@example.go.jp", email_verified: "true" },
  silent: {},
  stranger: { email: "stranger@example.go.jp", email_verified: true },
};
const [major, minor] = process.versions.node.split(".").map(Number);
const tooOld = major < 20 || (major === 20 && minor < 12);
const skip = process.env.RASHIN_URL
  ? "needs a server of its own"
  : tooOld && `the provider needs Node 20.12, this is ${process.version}`;

let browser, rashin, issuer, stopProvider;

/** A free port: both servers have to know each other's address before they start. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startProvider(port, callback) {
  const { Provider } = await import("oidc-provider");
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: "rashin", client_secret: secret, redirect_uris: [callback] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => id in people && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  });
  const server = createServer(provider.callback()).listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

before(async () => {
  if (skip) return;
  const [port, ours] = [await freePort(), await freePort()];
  issuer = `http://127.0.0.1:${port}`;
  const publicUrl = `http://127.0.0.1:${ours}`;
  stopProvider = await startProvider(port, `${publicUrl}/sign-in/oidc/callback`);
  const named = ["--oidc-issuer", issuer, "--oidc-client-id", "rashin", "--oidc-name", "架空ID", "--public-url", publicUrl];
  rashin = await startServer({ port: ours, flags: named, env: { RASHIN_OIDC_SECRET: secret } });
  browser = await startBrowser();
  await invite(rashin.said().match(/http\S+\/links\/\w+/)[0]);
});
after(async () => {
  await browser?.close();
  await rashin?.stop();
  stopProvider?.();
});

/** The first administrator makes an account by the link on the console, and one for a person without a password. */
async function invite(link) {
  const page = await newPage();
  await page.goto(link);
  for (const [name, value] of [["email", "kanri@example.go.jp"], ["name", "架空 管理"], ["organisation", "架空省"]]) {
    await page.fill(`[name=${name}]`, value);
  }
  await page.fill("[name=password]", password);
  await page.fill("[name=again]", password);
  await page.click("#link button[type=submit]");
  await page.goto(`${rashin.base}/people`);
  const form = page.locator("form", { has: page.locator("[name=email]") });
  await form.locator("[name=email]").fill(people.hanako.email);
  await form.locator("[name=name]").fill("架空 花子");
  await form.locator("[value=secretariat]").check();
  const organisation = form.locator("select[name=organisation]");
  if (await organisation.count()) await organisation.selectOption({ index: 1 });
  await form.locator("button[type=submit]").click();
  assert.match(await page.textContent("main"), /\/links\/\w+/, "the invitation is taken");
  await page.context().close();
}

async function newPage() {
  const page = await (await browser.newContext({ locale: "ja-JP" })).newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

/** Goes out by the button, changed on the way if asked, signs in at the provider, and comes back. */
async function signIn(page, person, { from = "/sign-in", out = (url) => url } = {}) {
  await signInThere(page, person, from, out);
  await page.click("text=Continue");
  await page.waitForLoadState();
}

async function signInThere(page, person, from = "/sign-in", out = (url) => url) {
  await page.goto(rashin.base + from);
  const link = page.locator("main a[href*='/sign-in/oidc']");
  const asked = await page.request.get(new URL(await link.getAttribute("href"), rashin.base).href, { maxRedirects: 0 });
  assert.equal(asked.status(), 303);
  await page.goto(out(new URL(asked.headers().location)).href);
  await page.fill("[name=login]", person);
  await page.fill("[name=password]", "any");
  await page.click("button[type=submit]");
  await page.waitForSelector("text=Continue");
}

/** The address to which the provider sends the browser back, which does not go there yet. */
async function caught(page, person) {
  await signInThere(page, person);
  const submit = new URL(await page.getAttribute("form", "action"), page.url()).href;
  let answer = await page.request.post(submit, { form: { prompt: "consent" }, maxRedirects: 0 });
  let next = new URL(answer.headers().location, submit);
  while (next.origin === issuer) {
    answer = await page.request.get(next.href, { maxRedirects: 0 });
    next = new URL(answer.headers().location, next);
  }
  return next;
}

/** A refusal is a page of ours with a sentence; nobody is signed in by it. */
async function refused(page, address, sentence) {
  const answer = await page.request.get(address.href);
  const text = await answer.text();
  assert.equal(answer.status(), 422, text.slice(0, 400));
  assert.match(text, sentence);
  await nobody(page);
}

async function nobody(page) {
  const today = await page.request.get(`${rashin.base}/today`, { maxRedirects: 0 });
  assert.equal(today.status(), 303, "nobody is signed in");
}

test("the button leads to the provider and back to where one wanted to go", { skip }, async () => {
  const page = await newPage();
  await page.goto(`${rashin.base}/today`);
  const button = page.getByRole("link", { name: "架空ID でログイン" });
  assert.deepEqual(await axe(page), []);
  await button.click();
  assert.ok(page.url().startsWith(issuer), page.url());
  await page.fill("[name=login]", "hanako");
  await page.fill("[name=password]", "any");
  await page.click("button[type=submit]");
  await page.click("text=Continue");
  await page.waitForURL(`${rashin.base}/today`);
  assert.match(await page.textContent("header"), /架空 花子/);
  await page.goto(`${rashin.base}/account`);
  assert.equal(new URL(page.url()).pathname, "/account");
  await page.context().close();
});

test("in English too, and to a page of one's own choice", { skip }, async () => {
  const page = await newPage();
  await signIn(page, "hanako", { from: "/en/sign-in?next=%2Fen%2Faccount" });
  assert.equal(page.url(), `${rashin.base}/en/account`);
  await page.context().close();
});

for (const [person, from, sentence] of [
  ["unverified", "/sign-in", /メールアドレスの確認が済んでいません/],
  ["text", "/sign-in", /メールアドレスの確認が済んでいません/],
  ["silent", "/en/sign-in", /does not say that your e-mail address is verified/],
  ["stranger", "/sign-in", /stranger@example\.go\.jp の利用者は登録されていない/],
  ["stranger", "/en/sign-in", /There is no active account for stranger@example\.go\.jp/],
]) {
  test(`${person} is told why not, from ${from}`, { skip }, async () => {
    const page = await newPage();
    await signIn(page, person, { from });
    assert.match(await page.textContent("main"), sentence);
    assert.equal(await page.locator("main form#sign-in").count(), 1, "and can try again");
    await nobody(page);
    await page.context().close();
  });
}

const over = /このログインの手続きは、すでに終わったか/;

test("a state is good once, in its own browser, and as it was given out", { skip }, async () => {
  const [page, other] = [await newPage(), await newPage()];
  const back = await caught(page, "hanako");

  await other.goto(`${rashin.base}/sign-in`);
  await refused(other, back, over);
  const bent = new URL(back);
  bent.searchParams.set("state", `ja.${"0".repeat(64)}`);
  await refused(page, bent, over);

  await page.goto(back.href);
  assert.equal(page.url(), `${rashin.base}/today`);
  await page.context().clearCookies({ name: "rashin_session" });
  await refused(page, back, over);
  for (const one of [page, other]) await one.context().close();
});

test("a token that answers another nonce or another verifier is refused", { skip }, async () => {
  for (const [name, value, sentence] of [
    ["nonce", "another", /the ID token answers another sign-in/],
    ["code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", /invalid_grant/],
  ]) {
    const page = await newPage();
    const out = (url) => {
      url.searchParams.set(name, value);
      return url;
    };
    await signIn(page, "hanako", { out });
    assert.match(await page.textContent("main"), sentence);
    await nobody(page);
    await page.context().close();
  }
});

test("whatever else comes back is refused with a sentence, and never breaks the server", { skip }, async () => {
  for (const [change, sentence] of [
    [(query) => query.set("code", "nonsense"), /invalid_grant/],
    [(query) => query.delete("code"), /the browser brought no code/],
    [(query) => query.set("error", "access_denied"), /（access_denied）/],
    [(query) => query.set("error", "<script>alert(1)</script>"), /（error）/],
    [(query) => query.set("iss", "http://127.0.0.1:1"), /another provider sent the browser back/],
    [(query) => query.delete("state"), over],
  ]) {
    const page = await newPage();
    const back = await caught(page, "hanako");
    change(back.searchParams);
    await refused(page, back, sentence);
    await page.context().close();
  }
});

test("nobody is sent to another site, and without a provider there is no button", { skip }, async () => {
  const page = await newPage();
  await signIn(page, "hanako", { from: "/sign-in?next=%2F%2Fevil.example" });
  assert.equal(page.url(), `${rashin.base}/today`);
  await page.context().close();

  const plain = await startServer();
  try {
    const text = await (await fetch(`${plain.base}/sign-in`)).text();
    assert.ok(!text.includes("/sign-in/oidc"));
    assert.equal((await fetch(`${plain.base}/sign-in/oidc`)).status, 404);
    assert.equal((await fetch(`${plain.base}/sign-in/oidc/callback?code=a&state=b`)).status, 404);
  } finally {
    await plain.stop();
  }
});

test("a provider that is gone is said, and passwords go on", { skip }, async () => {
  stopProvider();
  const page = await newPage();
  // Until the hour is over what the provider said of itself is known, so the browser is sent there and finds nothing; a code
  // that it brings can no longer be changed.
  await page.goto(`${rashin.base}/sign-in`);
  const asked = await page.request.get(`${rashin.base}/sign-in/oidc`, { maxRedirects: 0 });
  const state = new URL(asked.headers().location).searchParams.get("state");
  const answer = await page.request.get(`${rashin.base}/sign-in/oidc/callback?code=a&state=${state}`);
  assert.equal(answer.status(), 503);
  assert.match(await answer.text(), /架空ID につながりませんでした/);
  await page.goto(`${rashin.base}/sign-in`);
  await page.fill("[name=email]", "kanri@example.go.jp");
  await page.fill("[name=password]", password);
  await page.click("form#sign-in button[type=submit]");
  await page.waitForURL(`${rashin.base}/today`);
  await page.context().close();
});
