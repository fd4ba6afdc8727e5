// Prints the API description that the built server serves, for a validator to read.
import { startServer } from "./harness.mjs";

const server = await startServer();
try {
  const response = await fetch(`${server.base}/openapi.json`);
  if (!response.ok) throw new Error(`/openapi.json answers ${response.status}`);
  process.stdout.write(await response.text());
} finally {
  await server.stop();
}
