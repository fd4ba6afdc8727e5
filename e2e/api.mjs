// Requests made up from the API's description by schemathesis, named by the first argument: from somebody unknown on an empty database, and
// on the made-up year from people signed in, who are told what is really there. Never a fault of the server, every refusal in the form that
// the description promises.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startServer } from "./harness.mjs";
import { password } from "./walk.mjs";

const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
const options = ["--seed", "1", "--max-examples", "25", "--workers", "2", "--suppress-health-check", "all", "--checks", checks];

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

/** For the addresses under a list, the id of its first entry, where the one who is signed in sees one. */
async function ids(base, cookie) {
  const found = [];
  for (const list of ["rounds", "batches", "editions", "organisations", "people"]) {
    const answer = await fetch(`${base}/${list}.json`, { headers: { cookie } });
    const id = answer.ok && JSON.stringify(await answer.json()).match(/"id":"([^"]+)"/)?.[1];
    if (id) found.push(`[[operations]]\ninclude-path-regex = "^/${list}/"\nparameters = { id = "${id}" }\n`);
  }
  return found;
}

async function ask(tool, role) {
  const server = await startServer(role ? { demo: password } : {});
  const folder = mkdtempSync(path.join(tmpdir(), "rashin-api-"));
  try {
    const cookie = role && (await signIn(server.base, role));
    const config = path.join(folder, "schemathesis.toml");
    writeFileSync(config, cookie ? (await ids(server.base, cookie)).join("\n") : "");
    const header = cookie ? ["--header", `Cookie: ${cookie}`] : [];
    const given = ["--config-file", config, "run", ...options, ...header, `${server.base}/openapi.json`];
    const code = await new Promise((resolve) => spawn(path.resolve(tool), given, { cwd: folder, stdio: "inherit" }).once("exit", resolve));
    assert.equal(code, 0, `requests as ${role ?? "somebody unknown"}`);
  } finally {
    // What the tool remembers of a run stays in its own folder too.
    rmSync(folder, { recursive: true });
    await server.stop();
  }
}

for (const role of [undefined, "secretariat", "administrator", "firm-1"]) await ask(process.argv[2], role);
