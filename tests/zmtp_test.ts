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
  const frames = [0, 255, 256, 70_000].map((length, i) => new Uint8Array(length).fill(i));
  const sent = Uint8Array.of(
    ...[1, 0], // more frames come; no bytes
    ...[1, 255, ...frames[1]],
    ...[3, 0, 0, 0, 0, 0, 0, 1, 0, ...frames[2]], // with a length of eight bytes
    ...[2, 0, 0, 0, 0, 0, 1, 0x11, 0x70, ...frames[3]], // the last one
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
  assertEquals(greeting, GREETING);
  const text = new TextDecoder("latin1").decode(ready);
  assertEquals(
    [flags, text],
    [4, "\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x05shell"],
  );
  assertEquals(message, sent);
});

Deno.test("a connection that the other side closes is an error, and one that nobody takes, once it is late", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const connected = ZmtpSocket.connect(port, "SUB", "", () => false);
  {
    using connection = await server.accept();
    await read(connection, 64);
    await connection.closeWrite();
    const message = "the kernel closed the connection";
    await assertRejects(() => connected, Deno.errors.ConnectionReset, message);
  }
  server.close();
  await assertRejects(
    () => ZmtpSocket.connect(port, "SUB", "", () => true),
    Deno.errors.ConnectionRefused,
  );
});
