// A drill: two nodes of Rashin on two PostgreSQL servers, clients that write and read all the while, and one thing after another lost: a node, the standby, the
// server that takes writes. `node e2e/failover.mjs [--rounds N] [--seed N]`. Nothing that was acknowledged may be missing or there twice, and no client may see anything
// worse than "try again". What is printed are the figures; it ends with 1 where something did not hold.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { Cluster, sleep, until } from "./cluster.mjs";
import { binary, root } from "./harness.mjs";

const { values: given } = parseArgs({ options: { rounds: { type: "string", default: "1" }, seed: { type: "string", default: "1" } } });
const rounds = Number(given.rounds);
const password = "walk-the-whole-year";
const register = "/registers/unmet-need";
const run = promisify(execFile);

/** Numbers that follow from the seed. */
let drawn = Number(given.seed) >>> 0;
const chance = () => {
  drawn = (drawn + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(drawn ^ (drawn >>> 15), drawn | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const moment = (least, most) => sleep(least + chance() * (most - least));

const faults = [];
const figures = { acknowledged: 0, inDoubtThere: 0, inDoubtNot: 0, read: 0, unavailable: 0, cut: 0, longestWrite: 0, longestRead: 0, switched: [] };
const say = (line) => process.stdout.write(`${line}\n`);

/** A program's environment in which the servers are believed. */
const trusting = (cluster) => ({ ...process.env, SSL_CERT_FILE: cluster.authority });

/** One `rashin serve`. */
class Node {
  constructor(name, cluster) {
    Object.assign(this, { name, cluster });
  }

  async start() {
    const flags = ["serve", "--port", "0", "--unlimited", "--database-url", this.cluster.address];
    const process = spawn(binary(), flags, { cwd: root, env: trusting(this.cluster), stdio: ["ignore", "pipe", "pipe"] });
    this.process = process;
    let said = "";
    for (const stream of [process.stdout, process.stderr]) stream.on("data", (chunk) => (said += chunk));
    process.once("exit", (code, signal) => {
      if (this.process === process && signal !== "SIGKILL") faults.push(`node ${this.name} ended by itself with ${code ?? signal}: ${said}`);
      if (this.process === process) this.process = null;
    });
    await until(`node ${this.name} serves`, () => {
      if (!this.process) throw new Error(`node ${this.name} ended:\n${said}`);
      this.base = said.match(/http:\/\/[\w.]+:\d+/)?.[0];
      return this.base;
    });
  }

  kill() {
    this.process?.kill("SIGKILL");
  }

  stop() {
    const process = this.process;
    this.process = null;
    process?.kill("SIGKILL");
  }
}

/** Somebody at a program that knows both nodes: it asks one, and the other when that one fails. */
class Client {
  constructor(name, nodes) {
    Object.assign(this, { name, nodes, cookies: new Map() });
    this.turn = Math.floor(chance() * nodes.length);
  }

  /** One request to one node. `again` says that it may be asked again: the node is gone, or it has no database at the moment. */
  async once(address, form) {
    const node = this.nodes[this.turn % this.nodes.length];
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    let response;
    let text;
    try {
      response = await fetch(node.base + address, { method: form ? "POST" : "GET", body: form && new URLSearchParams(form), headers, redirect: "manual", signal: AbortSignal.timeout(60_000) });
      text = await response.text();
    } catch {
      figures.cut += 1;
      this.turn += 1;
      return { again: true };
    }
    for (const cookie of response.headers.getSetCookie()) this.cookies.set(...cookie.split(";")[0].split(/=(.*)/s));
    if (response.status === 503) {
      figures.unavailable += 1;
      this.turn += 1;
      const sentence = address.endsWith(".json") ? JSON.parse(text).error.ja && JSON.parse(text).error.en : /しばらくしてから|時間をおいて/.test(text);
      if (!(Number(response.headers.get("retry-after")) > 0 && sentence)) faults.push(`${this.name}: 503 at ${address} does not say when to come back: ${text.slice(0, 300)}`);
      return { again: true, status: 503 };
    }
    return { status: response.status, text, location: response.headers.get("location") };
  }

  /** A request that changes nothing, until it is answered. */
  async read(address) {
    for (const began = Date.now(); ; await sleep(100)) {
      const answer = await this.once(address);
      if (answer.again && !this.ended) continue;
      figures.longestRead = Math.max(figures.longestRead, Date.now() - began);
      figures.read += 1;
      if (!answer.again && answer.status !== 200) faults.push(`${this.name}: ${answer.status} at ${address}: ${answer.text.slice(0, 300)}`);
      return answer;
    }
  }

  async signIn(email) {
    const page = await this.read("/sign-in");
    const answer = await this.once("/sign-in", { token: token(page.text), email: `${email}@rashin.example`, password });
    if (answer.status !== 303) throw new Error(`${email} cannot sign in: ${answer.status}`);
    this.token = token((await this.read(`${register}/new`)).text);
  }
}

const token = (page) => page.match(/name="token" value="([^"]+)"/)[1];

/** The mark that a record holds, wherever its fields stand in a text of JSON. */
const written = (text) => text.match(/"problem"\s*:\s*"([^"]*)"/)?.[1];

/** Writes one record again and again, now and then a new one, and notes what was acknowledged. */
class Writer extends Client {
  acknowledged = [];
  written = 0;

  next() {
    this.written += 1;
    return `${this.name} ${this.written}`;
  }

  async begin(email) {
    await this.signIn(email);
    const mark = this.next();
    const made = await this.once(`${register}/new`, this.form(mark));
    if (made.status !== 303) throw new Error(`${this.name} cannot add a record: ${made.status} ${made.text}`);
    this.record = made.location.split("?")[0];
    this.version = 1;
    this.note(this.record, 1, mark);
  }

  form(mark, more = {}) {
    return { token: this.token, title: `架空のニーズ ${this.name}`, problem: mark, contact: "架空の窓口", ...more };
  }

  note(record, version, mark) {
    this.acknowledged.push({ record, version, mark });
    figures.acknowledged += 1;
    figures.last = Date.now();
  }

  async write() {
    while (!this.ended) {
      const began = Date.now();
      await (this.written % 5 === 4 ? this.add() : this.change());
      figures.longestWrite = Math.max(figures.longestWrite, Date.now() - began);
    }
  }

  /** A new record has no version by which to ask whether it is there: in doubt it is left, and another one is added. */
  async add() {
    for (; !this.ended; await sleep(100)) {
      const mark = this.next();
      const answer = await this.once(`${register}/new`, this.form(mark));
      if (answer.again) continue;
      if (answer.status !== 303) return void faults.push(`${this.name}: ${answer.status} for a new record: ${answer.text.slice(0, 300)}`);
      return this.note(answer.location.split("?")[0], 1, mark);
    }
  }

  async change() {
    const mark = this.next();
    for (; !this.ended; await sleep(100)) {
      const answer = await this.once(`${this.record}/edit`, this.form(mark, { version: this.version }));
      if (answer.status === 303) {
        this.version += 1;
        return this.note(this.record, this.version, mark);
      }
      if (!answer.again) return void faults.push(`${this.name}: ${answer.status} for a change: ${answer.text.slice(0, 300)}`);
      if (await this.isThere(mark)) return;
    }
  }

  /** Whether a change that was in doubt is there: it is then not written again. */
  async isThere(mark) {
    const answer = await this.read(`${this.record}.json`);
    if (answer.status !== 200) return true;
    const { version } = JSON.parse(answer.text);
    const found = written(answer.text);
    const there = version === this.version + 1 && found === mark;
    const before = this.acknowledged.findLast((one) => one.record === this.record);
    if (!there && (version !== this.version || (before.version === version && before.mark !== found))) faults.push(`${this.name}: version ${version} (${found}) where ${this.version} was acknowledged`);
    figures[there ? "inDoubtThere" : "inDoubtNot"] += 1;
    this.version = version;
    return there;
  }
}

/** Opens one page after another. */
class Reader extends Client {
  async look(pages) {
    for (let turn = 0; !this.ended; turn += 1) {
      await this.read(pages[turn % pages.length]);
      await sleep(20);
    }
  }
}

/** Runs a command of Rashin on an address; gives what it says as data. */
const rashin = async (env, address, command, ...more) =>
  JSON.parse((await run(binary(), [command, "--json", "--database-url", address, ...more], { cwd: root, env, maxBuffer: 1 << 28 })).stdout);

/** What the drill demands of the database, as far as it has come. */
async function prove(cluster, writers, home) {
  const promised = writers.flatMap(({ acknowledged }) => acknowledged);
  const kept = JSON.parse(await cluster.primary.ask("SELECT coalesce(json_agg(json_build_array(owner, id, version, body)), '[]') FROM version WHERE kind = 'of.unmet-need'"));
  const there = new Map();
  for (const [owner, id, version, body] of kept) {
    const mark = written(body);
    there.set(mark, [...(there.get(mark) ?? []), `${register}/${owner}/${id} ${version}`]);
  }
  let lost = 0;
  for (const { record, version, mark } of promised) {
    const found = there.get(mark) ?? [];
    if (found.length === 1 && found[0] === `${record} ${version}`) continue;
    lost += 1;
    faults.push(`${record} version ${version} (${mark}) was acknowledged and is ${found.length === 0 ? "not there" : `at ${found}`}`);
  }
  // No chain is shorter than it was, on the one that takes writes and on its standby.
  const [env, heads] = [trusting(cluster), path.join(home, "heads.json")];
  const proved = await rashin(env, cluster.address, "verify", ...(cluster.proved ? ["--heads", heads] : []));
  if (!proved.ok) faults.push(`verify: ${JSON.stringify(proved)}`);
  writeFileSync(heads, JSON.stringify(proved));
  cluster.proved = proved;
  await cluster.copied();
  const copy = await rashin(env, cluster.standby.address, "verify", "--heads", heads);
  if (!copy.ok) faults.push(`verify of the standby: ${JSON.stringify(copy)}`);
  const primaries = await Promise.all(cluster.servers.map((one) => one.ask("SELECT NOT pg_is_in_recovery()")));
  if (primaries.filter((answer) => answer === "t").length !== 1) faults.push(`primaries: ${primaries}`);
  return { lost, events: proved.events };
}

/** Waits until a write is acknowledged that began to be waited for just now. */
async function writable(since) {
  const before = figures.acknowledged;
  await until("something is acknowledged", () => figures.acknowledged > before);
  return figures.last - since;
}

/** The one that takes writes is lost, and the standby takes its place. */
async function failOver(cluster, signal) {
  const lost = cluster.primary;
  const began = Date.now();
  await lost.end(signal);
  const fenced = Date.now() - began;
  const promoting = Date.now();
  await lost.other.promote();
  const promoted = Date.now() - promoting;
  const after = fenced + (await writable(promoting));
  figures.switched.push({ planned: signal === "INT", after });
  say(`  ${signal === "INT" ? "switched over" : "failed over"} from ${lost.name} to ${lost.other.name} (SIG${signal}): fenced in ${fenced} ms, promoted in ${promoted} ms, writes acknowledged after ${after} ms`);
  return lost;
}

async function round(number, cluster, nodes, writers, home) {
  say(`round ${number}`);
  await moment(500, 1500);

  // A node is lost. Clients go to the other, and it comes back.
  const node = nodes[Math.floor(chance() * nodes.length)];
  node.kill();
  await until("the node is gone", () => !node.process);
  say(`  killed node ${node.name}: writes acknowledged after ${await writable(Date.now())} ms`);
  await moment(300, 1000);
  await node.start();

  // The primary is lost. Then it follows the other one.
  const first = await failOver(cluster, number % 2 === 1 ? "KILL" : "QUIT");
  await moment(300, 1000);
  await first.follow(number % 3 === 2 ? "copy" : "rewind");
  await moment(300, 1000);

  // The standby is lost: nothing is acknowledged until somebody says to go on without it.
  const standby = cluster.standby;
  await standby.end("KILL");
  // Answers may still be on their way; then nothing comes.
  await until("writes wait for the standby", async () => {
    const before = figures.acknowledged;
    await sleep(1_000);
    return figures.acknowledged === before;
  });
  const alone = Date.now();
  await cluster.primary.goOnAlone();
  say(`  lost standby ${standby.name}: went on alone after ${await writable(alone)} ms`);
  await standby.follow("restart");

  // Back to the first one, in order.
  const second = await failOver(cluster, "INT");
  await moment(300, 1000);
  await second.follow("restart");
  await moment(300, 1000);
}

/** While nothing takes writes, what needs no database is answered, what needs one is told when to come back, and the nodes stay and go on afterwards. */
async function goWithout(cluster, nodes) {
  const lost = cluster.primary;
  await lost.end("QUIT");
  for (const node of nodes) {
    const someone = new Client(`a caller of node ${node.name}`, [node]);
    for (const [address, status] of [[register, 503], ["/en/registers/unmet-need.json", 503], ["/", 200]]) {
      const answer = await someone.once(address);
      if (answer.status !== status) faults.push(`${someone.name}: ${answer.status} at ${address} without a database`);
    }
  }
  await lost.other.promote();
  for (const node of nodes) await new Client(`a caller of node ${node.name}`, [node]).read(register);
  await lost.follow("rewind");
}

const home = mkdtempSync("/tmp/rashin-failover-");
const cluster = new Cluster(home);
const nodes = ["1", "2"].map((name) => new Node(name, cluster));
const end = () => {
  for (const node of nodes) node.stop();
  cluster.stop();
};
process.once("exit", end);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

await cluster.begin();
await run(binary(), ["demo", "--password", password, "--database-url", cluster.address], { cwd: root, env: trusting(cluster) });
// Whoever does not know the authority believes no server.
const stranger = await rashin(process.env, cluster.address, "verify").catch((error) => error);
if (!/UnknownIssuer/.test(stranger.stdout ?? "")) faults.push(`a server with a certificate of nobody's is believed: ${JSON.stringify(stranger)}`);
await Promise.all(nodes.map((node) => node.start()));
const emails = ["firm-1", "firm-2", "hospital", "secretariat", "firm-1", "firm-2"];
const writers = emails.map((email, turn) => new Writer(`W${turn}-${email}`, nodes));
for (const [turn, writer] of writers.entries()) await writer.begin(emails[turn]);
const readers = [new Reader("somebody", nodes), new Reader("firm", nodes)];
await readers[1].signIn("firm-1");
const pages = [register, writers[0].record, `${register}.json`, "/supply", "/"];
const began = Date.now();
const load = [...writers.map((writer) => writer.write()), readers[0].look(pages), readers[1].look([...pages, "/today"])];
let proof;
for (let number = 1; number <= rounds && faults.length === 0; number += 1) {
  await round(number, cluster, nodes, writers, home);
  proof = await prove(cluster, writers, home);
}
for (const one of [...writers, ...readers]) one.ended = true;
await Promise.all(load);
const seconds = (Date.now() - began) / 1000;
const seen = { ...figures };
await goWithout(cluster, nodes);
proof = await prove(cluster, writers, home);
for (const node of nodes) if (!node.process) faults.push(`node ${node.name} is gone`);

const most = (list) => Math.max(0, ...list);
const times = (planned) => seen.switched.filter((one) => one.planned === planned).map((one) => one.after);
const middle = (list) => [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)] ?? 0;
say(`${rounds} rounds, seed ${given.seed}, ${seconds.toFixed(0)} s
acknowledged writes ${seen.acknowledged} (${(seen.acknowledged / seconds).toFixed(0)}/s), lost ${proof.lost}; answers read ${seen.read}
retries seen by clients: ${seen.unavailable} told to come back (503), ${seen.cut} connections cut; in doubt and there ${seen.inDoubtThere}, in doubt and not there ${seen.inDoubtNot}
until writes were acknowledged again: primary lost, median ${middle(times(false))} ms, at most ${most(times(false))} ms; planned, median ${middle(times(true))} ms, at most ${most(times(true))} ms
longest pause seen by a client: writing ${seen.longestWrite} ms, reading ${seen.longestRead} ms
verify: ${proof.events} events, every seal holds, on the primary and on its standby`);
for (const fault of faults) process.stderr.write(`${fault}\n`);
say(`${rounds * 4} passed, ${faults.length} failed`);
process.exit(faults.length > 0 ? 1 : 0);
