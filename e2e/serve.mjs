// Starts the built server on a fresh database, runs a command with its address as the last argument, and stops the server.
import { spawn } from "node:child_process";
import { startServer } from "./harness.mjs";

const server = await startServer();
try {
  const [program, ...given] = process.argv.slice(2);
  const command = spawn(program, [...given, `${server.base}/openapi.json`], { stdio: "inherit" });
  process.exitCode = await new Promise((resolve) => command.once("exit", (code) => resolve(code ?? 1)));
} finally {
  await server.stop();
}
