// Requests made up from the API's description by schemathesis, named by the first argument: from somebody unknown on an empty database, and
// on the made-up year from people signed in and from a program with a firm's key, who are told what is really there. Never a fault of the server, every refusal in the form that
// the description promises.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startServer } from "./harness.mjs";
import { password } from "./walk.mjs";

const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
// One worker: Python 3.11 can break off while two threads read source text at once, which is what the tool does.
const options = ["--seed", "1", "--max-examples", "25", "--workers", "1", "--suppress-health-check", "all", "--checks", checks];

/** Signs in as a browser does, by the form and the token in it, and gives the cookie of the session. */
async function signIn(base, role) {
  const cookies = (answer) => answer.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  const form = await fetch(`${base}/sign-in`);
  const token = (await form.text()).match(/name="token" value="([^"]+)"/)[1];
  const body = new URLSearchParams({ email: `${role}@rashin.example`, password, token });
  const answer = await fetch(`${base}/sign-in`, { method: "POST", redirect: "manual", headers: { cookie: cookies(form) }, body });
  assert.match(cookies(answer), /rashin_session/, `${role} is signed in: ${answer.status}`);
  return cookies(answer);
}

/** Makes a key on the page of one's account and gives it. */
async function makeKey(base, cookie) {
  const page = await (await fetch(`${base}/account`, { headers: { cookie } })).text();
  const token = page.match(/name="token" value="([^"]+)"/)[1];
  const days = page.match(/name="key-days"[\s\S]*?<option value="(\d+)"/)[1];
  const body = new URLSearchParams({ do: "make-key", "key-name": "schemathesis", "key-days": days, token });
  const answer = await fetch(`${base}/account`, { method: "POST", headers: { cookie }, body });
  const key = (await answer.text()).match(/rashin_[0-9a-f]{40,}/)?.[0];
  assert.ok(key, `a key is shown: ${answer.status}`);
  return key;
}

/** For the addresses under a list, the id of its first entry, where the one who is signed in sees one. */
async function ids(base, headers) {
  const found = [];
  for (const list of ["rounds", "batches", "editions", "organisations", "people"]) {
    const answer = await fetch(`${base}/${list}.json`, { headers });
    const id = answer.ok && JSON.stringify(await answer.json()).match(/"id":"([^"]+)"/)?.[1];
    if (id) found.push(`[[operations]]\ninclude-path-regex = "^/${list}/"\nparameters = { id = "${id}" }\n`);
  }
  return found;
}

async function ask(tool, { role, program = false }) {
  const who = program ? `a program of ${role}` : (role ?? "somebody unknown");
  const server = await startServer(role ? { demo: password } : {});
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-api-"));
  try {
    const cookie = role && (await signIn(server.base, role));
    const headers = program ? { authorization: `Bearer ${await makeKey(server.base, cookie)}` } : cookie ? { cookie } : {};
    const config = path.join(folder, "schemathesis.toml");
    writeFileSync(config, role ? (await ids(server.base, headers)).join("\n") : "");
    const header = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
    const given = ["--config-file", config, "run", ...options, ...header, `${server.base}/openapi.json`];
    const code = await new Promise((resolve) => spawn(path.resolve(tool), given, { cwd: folder, stdio: "inherit" }).once("exit", resolve));
    assert.equal(code, 0, `requests as ${who}`);
  } finally {
    // What the tool remembers of a run stays in its own folder too.
    rmSync(folder, { recursive: true });
    await server.stop();
  }
}

const people = [undefined, "secretariat", "administrator", "firm-1"].map((role) => ({ role }));
for (const who of [...people, { role: "firm-1", program: true }]) await ask(process.argv[2], who);
