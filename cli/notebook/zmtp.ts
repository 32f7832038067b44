/**
 * The transport of Jupyter's wire protocol: ZMTP 3.0 (https://rfc.zeromq.org/spec/23) with its NULL mechanism over
 * TCP on this machine. As much of it as a client of one kernel needs: connect, send and receive multipart messages.
 *
 * It is not ZeroMQ: no listening, no reconnecting, no other transports. npm's `zeromq` hangs in Deno 2.9 on its first
 * receive, which is why this file exists.
 */

/** The kinds of sockets that a Jupyter client has. */
export type SocketType = "DEALER" | "SUB";

const ENCODER = new TextEncoder();

const GREETING_LENGTH = 64;
/** Flags of a frame's first byte. */
const MORE = 1, LONG = 2, COMMAND = 4;

/** A connected socket. */
export class ZmtpSocket {
  readonly #connection: Deno.TcpConn;
  #buffer = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to a port of this machine; while nobody listens there yet, tries again until `isLate`. */
  static async connect(
    port: number,
    type: SocketType,
    identity: string,
    isLate: () => boolean,
  ): Promise<ZmtpSocket> {
    const socket = new ZmtpSocket(await connectWhenOpen(port, isLate));
    await socket.#write(greeting());
    await socket.#read(GREETING_LENGTH);
    await socket.#write(ready(type, identity));
    await socket.#readFrame(); // the other side's READY
    if (type === "SUB") await socket.send([Uint8Array.of(1)]); // subscribe to everything
    return socket;
  }

  /** Sends the frames of one message. */
  send(frames: readonly Uint8Array[]): Promise<void> {
    return this.#write(concat(frames.flatMap((frame, i) => {
      const more = i < frames.length - 1 ? MORE : 0;
      if (frame.length < 256) return [Uint8Array.of(more, frame.length), frame];
      const header = new Uint8Array(9);
      header[0] = more | LONG;
      new DataView(header.buffer).setBigUint64(1, BigInt(frame.length));
      return [header, frame];
    })));
  }

  /** The frames of the next message. Throws once the connection is closed. */
  async receive(): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    for (;;) {
      const { data, more } = await this.#readFrame();
      frames.push(data);
      if (!more) return frames;
    }
  }

  /** Closes the connection; a pending `receive` throws. */
  close(): void {
    try {
      this.#connection.close();
    } catch {
      // closed by the other side
    }
  }

  async #readFrame(): Promise<{ data: Uint8Array; more: boolean }> {
    const [flags] = await this.#read(1);
    const length = flags & LONG
      ? Number(new DataView((await this.#read(8)).buffer).getBigUint64(0))
      : (await this.#read(1))[0];
    return { data: await this.#read(length), more: (flags & MORE) !== 0 };
  }

  async #read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#buffer.length === 0) {
        const chunk = new Uint8Array(65536);
        const count = await this.#connection.read(chunk);
        if (count === null) {
          throw new Deno.errors.ConnectionReset("the kernel closed the connection");
        }
        this.#buffer = chunk.subarray(0, count);
      }
      const part = this.#buffer.subarray(0, length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#buffer = this.#buffer.subarray(part.length);
    }
    return out;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }
}

async function connectWhenOpen(port: number, isLate: () => boolean): Promise<Deno.TcpConn> {
  for (;;) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      connection.setNoDelay(true);
      return connection;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || isLate()) throw error;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }
}

/** The signature, version 3.0, the mechanism NULL, not as a server. */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_LENGTH);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
  bytes.set(ENCODER.encode("NULL"), 12);
  return bytes;
}

/** The READY command: what kind of socket this is, and its identity. */
function ready(type: SocketType, identity: string): Uint8Array {
  const property = (name: string, value: string) => {
    const [n, v] = [ENCODER.encode(name), ENCODER.encode(value)];
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, v.length);
    return concat([Uint8Array.of(n.length), n, length, v]);
  };
  const body = concat([
    Uint8Array.of("READY".length),
    ENCODER.encode("READY"),
    property("Socket-Type", type),
    property("Identity", identity),
  ]);
  return concat([Uint8Array.of(COMMAND, body.length), body]);
}

/** The parts one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
