/** The guard against interrupts, beat by beat: in a process of its own, whose clock, worker and hooks the test plays. */

import { assertEquals } from "@std/assert";

const LIB = new URL("../lib/", import.meta.url).href;

/** What a program makes of `result`, which it says. `said` counts interrupts, `collected` garbage collections. */
async function played(program: string): Promise<Record<string, unknown>> {
  const script = `
    import { Session } from "node:inspector";
    import { connect } from "node:net";
    import { watchInterrupts } from "${LIB}interrupt.ts";

    const own = setTimeout, plain = [], asked = [], result = {};
    let isTerminated = false;
    globalThis.setTimeout = (call, delay, ...args) => {
      if (isTerminated) throw new Error("terminated");
      plain.push(delay);
      return own(call, Math.min(delay, 2 ** 31 - 1), ...args); // Deno warns of longer ones
    };
    let said = 0, collected = 0, prevented = 0, clock = 1000, read = () => {}, socket;
    performance.now = () => {
      read();
      return clock;
    };
    Session.prototype.post = () => collected++;
    let before, after;
    const setPromiseHooks = (_init, ...hooks) => [before, after] = hooks;
    Deno[Deno.internal] = { core: { setPromiseHooks } };
    globalThis.Worker = class {
      constructor(url) {
        const port = Number(/port: (\\d+)/.exec(decodeURIComponent(url))[1]);
        socket = connect(port, "127.0.0.1", () => socket.write(Uint8Array.of(0)));
        socket.on("data", (delays) => asked.push(...delays));
      }
    };
    /** These numbers, so many milliseconds after the last ones. */
    const beat = async (milliseconds, ...numbers) => {
      clock += milliseconds;
      const isRead = new Promise((resolve) => read = () => own(resolve, 0));
      socket.write(Uint8Array.from(numbers));
      await isRead;
    };
    const watch = () => watchInterrupts(() => said++);
    ${program}
    console.log(JSON.stringify(result));
    Deno.exit();
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", script],
    signal: AbortSignal.timeout(20_000),
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a beat that is missing is an interrupt, unless nothing came for more than 200 ms", async () => {
  const result = await played(`
    await watch();
    for (let n = 1; n <= 260; n++) await beat(20, n); // of one byte each
    await beat(20, 261, 262);
    await beat(20, 263);
    result.steady = [said, collected];
    let called = 0;
    setTimeout(() => called++, 30);
    await beat(20, 265);
    result.missing = [said, collected];
    for (let n = 266; n <= 270; n++) await beat(20, n);
    result.after = [said, collected, called];
    await beat(201, 272);
    result.standstill = said;
    await beat(200, 274);
    result.late = said;`);
  assertEquals(result, {
    steady: [0, 0],
    missing: [1, 1],
    after: [1, 3, 0], // garbage is collected three times, and no timer is left
    standstill: 1,
    late: 2,
  });
});

Deno.test("a job of a promise that began and did not end is an interrupt, once", async () => {
  const result = await played(`
    await watch();
    before(), after();
    await beat(20, 1);
    result.whole = said;
    before();
    await beat(20, 2);
    result.broken = said;
    await beat(20, 3);
    before(), before(), after(); // the first one has not ended, the second one has
    await beat(20, 4);
    await beat(20, 5);
    result.lost = said;`);
  assertEquals(result, { whole: 0, broken: 1, lost: 2 });
});

Deno.test("a beat that began and did not end is an interrupt", async () => {
  const result = await played(`
    await watch();
    addEventListener("error", (event) => event.preventDefault());
    setTimeout(() => {
      isTerminated = true;
      throw new Error("which cannot be reported any more");
    }, 5);
    await beat(20, 1);
    isTerminated = false;
    result.before = said;
    await beat(20, 2);
    result.after = said;
    await beat(20, 3);
    result.later = said;`);
  assertEquals(result, { before: 0, after: 1, later: 1 });
});

Deno.test("the guard listens to this machine alone, and to one connection", async () => {
  const result = await played(`
    let port;
    const ask = (host) =>
      new Promise((resolve) =>
        connect(port, host).on("error", ({ code }) => resolve(code))
          .on("connect", () => resolve("open"))
      );
    const { Worker } = globalThis;
    globalThis.Worker = class {
      constructor(url) {
        port = Number(/port: (\\d+)/.exec(decodeURIComponent(url))[1]);
        ask("127.0.0.2").then((answer) => {
          result.elsewhere = answer;
          new Worker(url);
        });
      }
    };
    await watch();
    result.second = await ask("127.0.0.1");`);
  assertEquals(result.elsewhere === "open", false, "no other address of this machine");
  assertEquals(result.second, "ECONNREFUSED");
});

Deno.test("a beat calls the timer that is due first, and those that come too late for one ask for another", async () => {
  const result = await played(`
    await watch();
    plain.length = 0;
    const seen = [];
    setTimeout((...args) => seen.push(...args), 30, "late", 3);
    setTimeout(() => seen.push("soon"), 1.5);
    clearTimeout(setTimeout(() => seen.push("cleared"), 20));
    setTimeout(() => seen.push("closed"), 5).close();
    const every = setInterval(() => seen.push("every"));
    clearTimeout(setTimeout(() => {}, 2 ** 31 - 1));
    clearTimeout(setTimeout(() => {}, 2 ** 31));
    result.plain = plain.splice(0);
    result.seen = [];
    const steps = [40, 0, 0, 0, 1];
    for (const [i, step] of steps.entries()) {
      await beat(step, i + 1);
      result.seen.push(seen.splice(0));
    }
    clearInterval(every);
    await beat(9, 6);
    await beat(9, 7);
    result.seen.push(seen);
    for (let i = 0; i < 100 && asked.length < 8; i++) await new Promise((resolve) => own(resolve, 1));
    result.asked = asked;`);
  const longest = 2 ** 31 - 1; // the handles are Deno's, of timers that never fire
  assertEquals(result, {
    plain: [longest, longest, longest, longest, longest, 2 ** 31],
    seen: [["every"], ["soon"], [], ["late", 3], ["every"], []],
    asked: [2, 5, 1, 0, 1, 0, 0, 1],
  });
});

Deno.test("where Deno lacks the hooks, or no worker can be had, the timers stay Deno's", async () => {
  const result = await played(`
    const { setTimeout: unguarded } = globalThis;
    globalThis.Worker = class {
      constructor() {
        own(() => this.onerror({ preventDefault: () => prevented++ }), 0);
      }
    };
    await watch();
    result.workerless = [setTimeout === unguarded, prevented];
    Deno[Deno.internal] = {};
    await watch();
    result.hookless = [setTimeout === unguarded, prevented];`);
  assertEquals(result, { workerless: [true, 1], hookless: [true, 1] });
});
