/** The transport of Jupyter's protocol, against a server that speaks ZMTP as its specification says. */

import { assertEquals, assertRejects } from "@std/assert";
import { ZmtpSocket } from "../cli/notebook/zmtp.ts";

/** Reads so many bytes. */
async function read(connection: Deno.Conn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Error("the client has closed");
    at += count;
  }
  return bytes;
}

/** A server's greeting, version 3.0, NULL; and its READY, a command without properties. */
const GREETING = new Uint8Array(64);
GREETING.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, ...new TextEncoder().encode("NULL")]);
const READY = Uint8Array.of(4, 6, 5, ...new TextEncoder().encode("READY"));

Deno.test("a message goes both ways as its frames, short ones and long ones, in pieces of any size", async () => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const frames = [new Uint8Array(0), new Uint8Array(255).fill(1), new Uint8Array(70_000).fill(2)];
  const sent = Uint8Array.of(
    ...[1, 0], // more frames come; no bytes
    ...[1, 255, ...frames[1]],
    ...[2, 0, 0, 0, 0, 0, 1, 0x11, 0x70, ...frames[2]], // the last one, with a length of eight bytes
  );
  const serve = async () => {
    using connection = await server.accept();
    const greeting = await read(connection, 64);
    await connection.write(GREETING);
    const [flags, length] = await read(connection, 2);
    const ready = await read(connection, length);
    await connection.write(READY);
    const message = await read(connection, sent.length);
    for (let at = 0; at < sent.length;) at += await connection.write(sent.subarray(at, at + 9973));
    await read(connection, 1).catch(() => {}); // until the client closes
    return { greeting, flags, ready, message };
  };
  const served = serve();
  const { port } = server.addr as Deno.NetAddr;
  const socket = await ZmtpSocket.connect(port, "DEALER", "shell", () => false);
  await socket.send(frames);
  assertEquals(await socket.receive(), frames);
  socket.close();
  socket.close(); // may be closed already
  const { greeting, flags, ready, message } = await served;
  assertEquals([greeting[0], greeting[9], greeting[10]], [0xff, 0x7f, 3]);
  const text = new TextDecoder("latin1").decode(ready);
  assertEquals([flags, text.slice(0, 6)], [4, "\x05READY"]);
  assertEquals(text.includes("Socket-Type\0\0\0\x06DEALER"), true);
  assertEquals(message, sent);
});

Deno.test("a connection that the other side closes is an error, and one that nobody takes, once it is late", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const connected = ZmtpSocket.connect(port, "SUB", "", () => false);
  (await server.accept()).close();
  await assertRejects(() => connected, Error);
  server.close();
  await assertRejects(
    () => ZmtpSocket.connect(port, "SUB", "", () => true),
    Deno.errors.ConnectionRefused,
  );
});
