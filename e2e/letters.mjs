// A mail server that keeps what it is given and sends nothing on: for walks in which people are written to.
import net from "node:net";

/** Starts it on a free port. `letters` are `{ to, subject, text }`, in the order in which they came. */
export async function startPost() {
  const letters = [];
  const server = net.createServer((socket) => {
    let [to, data, rest] = [[], null, ""];
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 post.example ESMTP");
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      rest += chunk;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data !== null) {
          if (line === ".") {
            letters.push({ to: to.join(", "), ...read(data.join("\n")) });
            [to, data] = [[], null];
            say("250 kept");
          } else data.push(line.replace(/^\./, ""));
        } else if (/^EHLO|^HELO/i.test(line)) say("250 post.example");
        else if (/^RCPT TO:/i.test(line)) {
          to.push(line.replace(/^RCPT TO:<([^>]*)>.*/i, "$1"));
          say("250 good");
        } else if (/^DATA/i.test(line)) {
          data = [];
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say("250 good");
      }
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `smtp://127.0.0.1:${server.address().port}`, letters, stop: () => new Promise((done) => server.close(done)) };
}

/** Subject and text of a message, decoded. */
function read(message) {
  const [head, ...parts] = message.split("\n\n");
  const whole = head.replaceAll(/\n[ \t]+/g, " ");
  const named = (name) => whole.match(new RegExp(`^${name}: (.*)$`, "im"))?.[1] ?? "";
  const subject = named("Subject").replaceAll(/=\?utf-8\?b\?([^?]*)\?=\s*/gi, (_, text) => Buffer.from(text, "base64").toString());
  const body = parts.join("\n\n");
  const ways = {
    base64: () => Buffer.from(body, "base64").toString(),
    "quoted-printable": () => Buffer.from(body.replaceAll("=\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16))), "latin1").toString(),
  };
  return { subject, text: (ways[named("Content-Transfer-Encoding").toLowerCase()] ?? (() => body))() };
}
