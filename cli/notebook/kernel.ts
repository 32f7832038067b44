/**
 * A Jupyter client for the Deno kernel: starts one, executes cells, collects their outputs as a notebook holds them.
 *
 * The protocol is Jupyter's (https://jupyter-client.readthedocs.io/en/stable/messaging.html), the transport
 * `zmtp.ts`. No Python is needed.
 */

import { join } from "@std/path";
import { tmpdir } from "node:os";
import { rethrowUnless } from "../../lib/errors.ts";
import { endGuarded, removeFile, startGuarded, within } from "./guarded.ts";
import type { Output } from "./notebook.ts";
import { concat, ZmtpSocket } from "./zmtp.ts";

/** What executing a cell came to. */
export interface CellResult {
  readonly status: "ok" | "error" | "aborted";
  readonly executionCount: number;
  readonly outputs: Output[];
}

// deno-lint-ignore no-explicit-any
type Json = Record<string, any>;

/** A message, without its signature, and its length in bytes. */
interface Message {
  readonly length: number;
  readonly header: Json;
  readonly parent_header: Json;
  readonly content: Json;
}

const ENCODER = new TextEncoder(), DECODER = new TextDecoder();
const DELIMITER = "<IDS|MSG>";
const START_TIMEOUT = 30_000, STOP_TIMEOUT = 3_000;
/** The megabytes of outputs that a cell may have: those of the chapters have 0.8 at most. */
const OUTPUTS = 16;

/**
 * A running kernel. `await using kernel = await Kernel.start(folder)` ends it with its scope. It also ends with this
 * process.
 */
export class Kernel implements AsyncDisposable {
  /** Ends as the kernel does. */
  readonly #process: Deno.ChildProcess;
  readonly #key: CryptoKey;
  #shell!: ZmtpSocket; // these three until connected: undefined
  #control!: ZmtpSocket;
  #iopub!: ZmtpSocket;
  /** What the kernel and its guard wrote to stderr until now, and when that is all. */
  #stderr = "";
  readonly #stderrEnded: Promise<void>;
  /** Who waits for the reply to a request, and who listens to what is published about it: by the request's id. */
  readonly #replies = new Map<string, (message: Message) => void>();
  readonly #listeners = new Map<string, (message: Message) => void>();
  /** Who waits for a marker, by its own id: like any output it can come as one of the next request's. */
  readonly #markers = new Map<string, () => void>();
  /** The outputs that later cells may update, by display id. */
  readonly #displays = new Map<string, Json[]>();

  private constructor(process: Deno.ChildProcess, key: CryptoKey) {
    this.#process = process;
    this.#key = key;
    this.#stderrEnded = this.#collectStderr();
  }

  /**
   * Starts a kernel whose working directory is `cwd`, as it is for a notebook in that folder. It is ended when it takes
   * more than so many megabytes of memory; 4,096 if not said.
   */
  static async start(cwd: string, megabytes?: number): Promise<Kernel> {
    const secret = crypto.randomUUID();
    const [shell_port, control_port, iopub_port, stdin_port, hb_port] = freePorts(5);
    const ports = { shell_port, control_port, iopub_port, stdin_port, hb_port };
    const how = { ip: "127.0.0.1", transport: "tcp", signature_scheme: "hmac-sha256", key: secret };
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const bytes = ENCODER.encode(secret);
    const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
    const file = join(tmpdir(), `kernel-${crypto.randomUUID()}.json`);
    const process = await startGuarded({
      args: ["jupyter", "--kernel", "--conn", file],
      ...{ cwd, file, text: JSON.stringify({ ...how, ...ports }), megabytes },
    });
    const kernel = new Kernel(process, key);
    try {
      await within(START_TIMEOUT, "it did not answer in", kernel.#connect(ports));
      await removeFile(process); // nobody else needs the key
    } catch (error) {
      await endGuarded(process);
      await kernel.#cleanUp();
      throw new Error(
        `the Deno kernel did not start: ${(error as Error).message}\n${kernel.#stderr}`.trimEnd(),
      );
    }
    return kernel;
  }

  async #connect(
    ports: Record<"shell_port" | "control_port" | "iopub_port", number>,
  ): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT;
    let hasEnded = false;
    const ended = this.#process.status.then(({ code }) => {
      hasEnded = true;
      throw new Error(`it ended (code ${code})`);
    });
    const isLate = () => hasEnded || Date.now() > deadline;
    await Promise.race([ended, this.#connectSockets(ports, isLate)]);
  }

  async #connectSockets(
    ports: Record<"shell_port" | "control_port" | "iopub_port", number>,
    isLate: () => boolean,
  ): Promise<void> {
    this.#iopub = await ZmtpSocket.connect(ports.iopub_port, "SUB", "", isLate);
    this.#shell = await ZmtpSocket.connect(ports.shell_port, "DEALER", "shell", isLate);
    this.#control = await ZmtpSocket.connect(ports.control_port, "DEALER", "control", isLate);
    const byRequest = (table: Map<string, (message: Message) => void>) => (message: Message) =>
      table.get(message.parent_header.msg_id)?.(message);
    this.#listen(this.#shell, byRequest(this.#replies));
    this.#listen(this.#control, byRequest(this.#replies));
    const published = byRequest(this.#listeners);
    this.#listen(this.#iopub, (message) => {
      if (message.header.msg_type === "drained") this.#markers.get(message.content.id)?.();
      else published(message);
    });
    await this.#waitForSubscription();
  }

  /**
   * Executes a cell and waits for all its outputs. When it takes longer than `timeout` milliseconds, or has too many
   * outputs, it throws and ends the kernel.
   */
  async execute(code: string, timeout: number): Promise<CellResult> {
    const id = crypto.randomUUID(), markerId = crypto.randomUUID();
    const outputs: Json[] = [];
    const drained = Promise.withResolvers<void>(), flooded = Promise.withResolvers<never>();
    this.#markers.set(markerId, drained.resolve);
    let bytes = 0;
    const listener = ({ header, content, parent_header, length }: Message) => {
      const isOfMarker = parent_header.msg_id === markerId;
      if (isOfMarker && (header.msg_type === "status" || header.msg_type === "execute_input")) {
        return;
      }
      if (header.msg_type !== "update_display_data") bytes += length; // that replaces another
      if (bytes <= OUTPUTS * 2 ** 20) this.#collect(outputs, header.msg_type, content);
      else flooded.reject(new Error(`it printed or showed more than ${OUTPUTS} MB`));
    };
    this.#listeners.set(id, listener);
    this.#listeners.set(markerId, listener);
    const work = async () => {
      const { content: reply } = await this.#execute(id, code, false);
      // Deno 2.9 sends outputs from a queue: they can come after the reply, and even as those of the next
      // request. A marker that goes through the same queue is the one sure end: in a turn of its own, so that
      // promises that nobody handles have said so.
      const marker =
        `void setTimeout(() => Deno.jupyter.broadcast("drained", { id: "${markerId}" }))`;
      await this.#execute(markerId, marker, true);
      await drained.promise;
      return reply;
    };
    try {
      const done = Promise.race([work(), flooded.promise]);
      const { status, execution_count } = await within(timeout, "it took more than", done);
      return { status, executionCount: execution_count, outputs: outputs as Output[] };
    } catch (error) {
      await endGuarded(this.#process);
      throw error;
    } finally {
      this.#listeners.delete(id);
      this.#listeners.delete(markerId);
      this.#markers.delete(markerId);
    }
  }

  /** Executes code that is not a cell: it is not counted, and what it prints belongs to nobody. */
  async prepare(code: string): Promise<void> {
    await this.#execute(crypto.randomUUID(), code, true);
  }

  /** Asks the kernel to stop the cell that it executes, as the Stop button does. */
  async interrupt(): Promise<void> {
    await this.#request(this.#control, "interrupt_request", {});
  }

  /** Asks the kernel to end, and ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const kill = setTimeout(() => endGuarded(this.#process), STOP_TIMEOUT);
    await this.#request(this.#control, "shutdown_request", { restart: false }).catch(() => {});
    await this.#process.status;
    clearTimeout(kill);
    await this.#cleanUp();
  }

  async #cleanUp(): Promise<void> {
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket?.close();
    await endGuarded(this.#process);
    await this.#stderrEnded;
  }

  /** Files a published message among a cell's outputs, as a notebook holds them. */
  #collect(outputs: Json[], type: string, content: Json): void {
    const displayId = content.transient?.display_id;
    if (type === "stream") {
      const last = outputs.at(-1);
      if (last?.output_type === "stream" && last.name === content.name) last.text += content.text;
      else outputs.push({ output_type: "stream", name: content.name, text: content.text });
    } else if (type === "display_data" || type === "execute_result") {
      const { data, metadata = {} } = content;
      const output: Json = { output_type: type, data, metadata };
      if (type === "execute_result") output.execution_count = content.execution_count;
      if (displayId) {
        this.#displays.set(displayId, [...this.#displays.get(displayId) ?? [], output]);
      }
      outputs.push(output);
    } else if (type === "update_display_data") {
      for (const output of this.#displays.get(displayId) ?? []) {
        output.data = content.data;
        output.metadata = content.metadata ?? {};
      }
    } else if (type === "clear_output") {
      outputs.length = 0;
    } else if (type === "error") {
      const { ename, evalue, traceback } = content;
      outputs.push({ output_type: "error", ename, evalue, traceback });
    }
  }

  #execute(id: string, code: string, silent: boolean): Promise<Message> {
    const content = {
      ...{ code, silent, store_history: !silent, user_expressions: {} },
      ...{ allow_stdin: false, stop_on_error: true }, // Deno's kernel heeds neither, others do
    };
    return this.#request(this.#shell, "execute_request", content, id);
  }

  async #request(
    socket: ZmtpSocket,
    type: string,
    content: Json,
    id: string = crypto.randomUUID(),
  ): Promise<Message> {
    const reply = Promise.withResolvers<Message>();
    this.#replies.set(id, reply.resolve);
    await socket.send(await this.#encode(type, content, id));
    const ended = this.#process.status.then(async ({ code }) => {
      await this.#stderrEnded;
      throw new Error(`the kernel ended (code ${code})\n${this.#stderr}`.trimEnd());
    });
    try {
      return await Promise.race([reply.promise, ended]);
    } finally {
      this.#replies.delete(id);
    }
  }

  /** Until what is published about a request arrives here: a subscription takes a moment. */
  async #waitForSubscription(): Promise<void> {
    for (let isSeen = false; !isSeen;) {
      const id = crypto.randomUUID();
      this.#listeners.set(id, () => isSeen = true);
      await this.#request(this.#shell, "kernel_info_request", {}, id);
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.#listeners.delete(id);
    }
  }

  async #listen(socket: ZmtpSocket, handle: (message: Message) => void): Promise<void> {
    try {
      for (;;) handle(decode(await socket.receive()));
    } catch (error) {
      const { ConnectionReset, BadResource, Interrupted } = Deno.errors; // it was closed, by either side
      rethrowUnless(error, ConnectionReset, BadResource, Interrupted);
    }
  }

  async #collectStderr(): Promise<void> {
    for await (const chunk of this.#process.stderr) this.#stderr += DECODER.decode(chunk);
  }

  async #encode(type: string, content: Json, id: string): Promise<Uint8Array[]> {
    const header = {
      msg_id: id,
      msg_type: type,
      session: "notebooks",
      username: "notebooks",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => ENCODER.encode(JSON.stringify(part)));
    const signature = await crypto.subtle.sign("HMAC", this.#key, concat(parts));
    return [ENCODER.encode(DELIMITER), ENCODER.encode(new Uint8Array(signature).toHex()), ...parts];
  }
}

function decode(frames: readonly Uint8Array[]): Message {
  const start = frames.findIndex((frame) => DECODER.decode(frame) === DELIMITER) + 2;
  const [header, parent_header, , content] = frames.slice(start, start + 4)
    .map((frame) => JSON.parse(DECODER.decode(frame)));
  const length = frames.reduce((sum, { length }) => sum + length, 0);
  return { header, parent_header, content: content ?? {}, length }; // a cell can broadcast none
}

/** Ports that nobody uses: all held at once, so that no two are equal. */
function freePorts(count: number): number[] {
  const free = { hostname: "127.0.0.1", port: 0 };
  const listeners = Array.from({ length: count }, () => Deno.listen(free));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}
