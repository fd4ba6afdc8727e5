// Two PostgreSQL servers of which one copies the other as it writes, set up, failed over and brought back as `docs/failover.md` says. They live in a
// folder of their own. People and each other reach them through sockets there; a program reaches them by TLS, with a password, at the loopback. Nothing here
// knows Rashin.
import { execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

const newest = () => {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).filter((one) => existsSync(`${root}/${one}/bin/initdb`)) : [];
  if (versions.length === 0) throw new Error("PostgreSQL is missing: apt-get install postgresql");
  return `${root}/${versions.sort((a, b) => b - a)[0]}/bin`;
};

const password = "found-again-after-a-failover";

/** A port that was free a moment ago. */
const freePort = () =>
  new Promise((ready) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => ready(port));
    });
  });

/** Asks again and again until the answer is true. */
export async function until(what, ask, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) if (await ask()) return;
  throw new Error(`${what}: not within ${seconds} s`);
}

class Server {
  constructor(cluster, name) {
    this.cluster = cluster;
    this.name = name;
    this.folder = path.join(cluster.home, name);
    this.data = path.join(this.folder, "data");
    this.settings = path.join(this.folder, "postgresql.conf");
    this.log = path.join(this.folder, "log");
    mkdirSync(this.folder);
    cluster.give(this.folder);
  }

  get other() {
    return this.cluster.servers.find((one) => one !== this);
  }

  /** Its own address, whichever part it plays. */
  get address() {
    return this.cluster.at([this]);
  }

  /** What both servers have alike, each naming the other: which of them copies is said by `standby.signal` alone. */
  configure() {
    const lines = {
      data_directory: this.data,
      hba_file: path.join(this.folder, "pg_hba.conf"),
      ident_file: path.join(this.folder, "pg_ident.conf"),
      unix_socket_directories: this.folder,
      listen_addresses: "127.0.0.1",
      port: this.port,
      ssl: "on",
      ssl_cert_file: path.join(this.cluster.home, "server.crt"),
      ssl_key_file: path.join(this.cluster.home, "server.key"),
      cluster_name: this.name,
      wal_log_hints: "on",
      primary_conninfo: `host=${this.other.folder} port=${this.other.port} user=rashin application_name=${this.name}`,
      primary_slot_name: this.name,
    };
    writeFileSync(this.settings, Object.entries(lines).map(([name, value]) => `${name} = '${value}'\n`).join(""));
    writeFileSync(path.join(this.folder, "pg_hba.conf"), "local all all trust\nlocal replication all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
    writeFileSync(path.join(this.folder, "pg_ident.conf"), "");
  }

  tool(name, ...args) {
    const [command, ...rest] = this.cluster.as(path.join(this.cluster.bin, name), args);
    return run(command, rest, { cwd: this.folder });
  }

  async ask(statement) {
    const args = ["--host", this.folder, "--port", this.port, "--username", "rashin", "--dbname", "postgres", "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement];
    return (await run("psql", args, { maxBuffer: 1 << 30 })).stdout.trim();
  }

  async start() {
    const [command, ...args] = this.cluster.as(path.join(this.cluster.bin, "postgres"), ["-c", `config_file=${this.settings}`], true);
    const log = openSync(this.log, "a");
    const process = spawn(command, args, { cwd: this.folder, stdio: ["ignore", log, log] });
    this.process = process;
    process.once("exit", () => (this.process = this.process === process ? null : this.process));
    await until(`${this.name} answers`, async () => {
      if (!this.process) throw new Error(`${this.name} ended:\n${readFileSync(this.log, "utf8").slice(-3000)}`);
      return this.ask("SELECT 1").then(() => true, () => false);
    });
  }

  /** Ends it: in order, with everything sent to the standby (INT), at once (QUIT), or as a lost machine does (KILL). Gives it back when none of its processes is left. */
  async end(signal) {
    this.process?.kill(`SIG${signal}`);
    await until(`${this.name} ends`, () => !this.process);
    await this.fence();
  }

  /** After this no process can write to its data, and whoever starts it by mistake starts a standby. Only then may the other be promoted. */
  async fence() {
    await until(`${this.name} is fenced`, () => {
      const left = this.processes();
      for (const id of left) kill(id);
      return left.length === 0;
    });
    await this.mark();
  }

  mark() {
    return run(...split(this.cluster.as("touch", [path.join(this.data, "standby.signal")])));
  }

  /** Processes that stand in its data directory, as all of a server's do. */
  processes() {
    return readdirSync("/proc").filter((id) => {
      try {
        return /^\d+$/.test(id) && readlinkSync(`/proc/${id}/cwd`) === this.data;
      } catch {
        return false; // It ended meanwhile.
      }
    });
  }

  /** Makes the standby the one that takes writes. Until it has a standby of its own, what it acknowledges is on it alone. */
  async promote() {
    if (this.other.process || this.other.processes().length > 0) throw new Error(`${this.other.name} is not fenced`);
    await this.ask("ALTER SYSTEM SET synchronous_standby_names = ''");
    await this.ask("SELECT pg_reload_conf()");
    await this.ask("SELECT pg_promote(true, 60)");
    this.cluster.primary = this;
  }

  /** Begins to copy the primary: as it is after an orderly end (`restart`), with what the primary never got cut off (`rewind`), or from nothing (`copy`). */
  async follow(how) {
    const source = this.cluster.primary;
    await source.ask(`SELECT pg_create_physical_replication_slot('${this.name}', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '${this.name}')`);
    if (how === "rewind") {
      // The source's control file says which timeline it is on only after a checkpoint.
      await source.ask("CHECKPOINT");
      rmSync(path.join(this.data, "standby.signal"), { force: true });
      await this.tool("pg_rewind", "--no-sync", "--target-pgdata", this.data, "--config-file", this.settings, "--source-server", `host=${source.folder} port=${source.port} user=rashin dbname=postgres`);
    } else if (how === "copy") {
      rmSync(this.data, { recursive: true, force: true });
      await this.tool("pg_basebackup", "--no-sync", "--checkpoint", "fast", "--host", source.folder, "--port", source.port, "--username", "rashin", "--pgdata", this.data, "--slot", this.name);
    }
    await this.mark();
    await this.start();
    await this.ask("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
    await source.guard();
  }

  /** From here on what it acknowledges is on both; returns once everything acknowledged before is, too. */
  async guard() {
    // Not before it streams: until then every write would wait for it.
    const streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
    await until("the standby streams", async () => (await this.ask(streams)) === "1");
    await this.ask(`ALTER SYSTEM SET synchronous_standby_names = '${this.other.name}'`);
    await this.ask("SELECT pg_reload_conf()");
    const state = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    await until("the standby is synchronous", async () => (await this.ask(state)) === "1");
    const here = await this.ask("SELECT pg_current_wal_lsn()");
    const caught = `SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND flush_lsn >= '${here}'`;
    await until("the standby has caught up", async () => (await this.ask(caught)) === "1");
  }

  /** Goes on without its standby, which was lost: what waits is acknowledged. */
  async goOnAlone() {
    await this.ask("ALTER SYSTEM SET synchronous_standby_names = ''");
    await this.ask("SELECT pg_reload_conf()");
  }
}

export class Cluster {
  constructor(home) {
    this.home = home;
    this.bin = newest();
    this.give(home);
    this.servers = [];
    for (const name of ["a", "b"]) this.servers.push(new Server(this, name));
  }

  /** PostgreSQL refuses to run as root. What is to run on ends with this program, even if it is killed. */
  as(command, args, dies = false) {
    const root = process.getuid() === 0;
    const how = [...(dies ? ["--pdeathsig", "QUIT"] : []), ...(root ? ["--reuid=postgres", "--regid=postgres", "--clear-groups"] : [])];
    return how.length > 0 ? ["setpriv", ...how, command, ...args] : [command, ...args];
  }

  give(folder) {
    if (process.getuid() !== 0) return;
    const [, , user, group] = readFileSync("/etc/passwd", "utf8").match(/^postgres:.*$/m)[0].split(":");
    chownSync(folder, Number(user), Number(group));
  }

  /** The address of both: whoever connects is led to the one that takes writes. */
  get address() {
    return this.at(this.servers);
  }

  at(servers) {
    return `postgres://rashin:${password}@${servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}/postgres?sslmode=require`;
  }

  /** The authority by which the servers are believed: its certificate, and theirs, made for this drill. */
  get authority() {
    return path.join(this.home, "authority.crt");
  }

  async certify() {
    const openssl = (...args) => run("openssl", args, { cwd: this.home });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await openssl("req", "-x509", ...key, "-keyout", "authority.key", "-out", "authority.crt", "-days", "1", "-subj", "/CN=Made-up authority");
    await openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=Made-up server");
    writeFileSync(path.join(this.home, "server.ext"), "subjectAltName=IP:127.0.0.1\n");
    await openssl("x509", "-req", "-in", "server.csr", "-CA", "authority.crt", "-CAkey", "authority.key", "-days", "1", "-extfile", "server.ext", "-out", "server.crt");
    this.give(path.join(this.home, "server.key"));
  }

  get standby() {
    return this.primary.other;
  }

  async begin() {
    const [first, second] = this.servers;
    await this.certify();
    for (const server of this.servers) server.port = `${await freePort()}`;
    for (const server of this.servers) server.configure();
    const secret = path.join(this.home, "password");
    writeFileSync(secret, password);
    await first.tool("initdb", "--pgdata", first.data, "--username", "rashin", "--pwfile", secret, "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8");
    await first.start();
    this.primary = first;
    await second.follow("copy");
  }

  /** Waits until the standby shows everything that the primary has now. */
  async copied() {
    const here = await this.primary.ask("SELECT pg_current_wal_lsn()");
    await until("the standby shows what was written", async () => (await this.standby.ask(`SELECT pg_last_wal_replay_lsn() >= '${here}'`)) === "t");
  }

  stop() {
    for (const server of this.servers) server.process?.kill("SIGQUIT");
    for (const server of this.servers) for (const id of server.processes()) kill(id);
    rmSync(this.home, { recursive: true, force: true });
  }
}

const split = ([command, ...args]) => [command, args];

function kill(id) {
  try {
    process.kill(Number(id), "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
