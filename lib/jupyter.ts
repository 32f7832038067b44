// deno-coverage-ignore-file -- it runs in the kernel, a process of its own, which tests/notebooks_test.ts starts
/**
 * What only a notebook needs: a chart or a line of text that is redrawn in place, a guard for the outputs of the Deno
 * kernel, and a Stop button that stops (`interrupt.ts`).
 *
 * A notebook imports it in its first cell. Outside of the Deno kernel it does nothing, and `live` prints.
 *
 * @module
 */

/** Something that is shown and can be redrawn where it stands. */
export interface Live {
  /** Puts something else in its place: text, or anything that displays by itself. */
  update(content: unknown): Promise<void>;
}

/**
 * Shows something that will be redrawn in place.
 *
 * @example A line of progress
 * ```ts
 * import { live } from "./jupyter.ts";
 *
 * const progress = await live("epoch 0");
 * for (let epoch = 1; epoch <= 3; epoch++) await progress.update(`epoch ${epoch}`);
 * ```
 */
export async function live(content: unknown): Promise<Live> {
  if (!isKernel) {
    if (typeof content === "string") console.log(content);
    return {
      update: (content) =>
        Promise.resolve(typeof content === "string" ? console.log(content) : undefined),
    };
  }
  const transient = { display_id: crypto.randomUUID() };
  const show = async (content: unknown, update: boolean) => {
    const type = update ? "update_display_data" : "display_data";
    await Deno.jupyter.broadcast(type, { ...await toOutput(content), transient });
    pause(1); // lets the kernel send it
  };
  await show(content, false);
  return { update: (content) => show(content, true) };
}

/** Waits without leaving the running job, while the kernel, a thread of its own, goes on: an interrupt ends it. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Shows something now, before the end of the cell.
 *
 * @example
 * ```ts
 * import { show } from "@scratch/nn/jupyter";
 *
 * await show("two things");
 * await show("in one cell");
 * ```
 */
export async function show(content: unknown): Promise<void> {
  await live(content);
}

/** Whether this runs in the Deno kernel: elsewhere `Deno.jupyter` throws. */
const isKernel = (() => {
  try {
    return isObject(Deno.jupyter);
  } catch {
    return false;
  }
})();

/** What a notebook shows: the same in several types, and what is said of them. */
interface Output extends Record<string, unknown> {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** Whether it is a picture with an alternative text: a figure or a chart of `plot/`. */
function hasAlt(value: unknown): value is { alt: string } {
  return isObject(value) && Symbol.for("Jupyter.display") in value && "alt" in value;
}

async function toOutput(content: unknown): Promise<Output> {
  if (isObject(content)) {
    const display = (content as Record<symbol, unknown>)[Symbol.for("Jupyter.display")];
    if (typeof display === "function") {
      // the alternative text of a picture, where readers of notebooks such as nbconvert look for it
      const metadata = hasAlt(content) ? { "image/png": { alt: content.alt } } : {};
      return { data: await display.call(content), metadata };
    }
  }
  const text = typeof content === "string" ? content : Deno.inspect(content);
  return { data: { "text/plain": text }, metadata: {} };
}

function isObject(x: unknown): x is object {
  return typeof x === "object" && x !== null;
}

// --- the guard -----------------------------------------------------------------------------------
//
// Deno 2.9 puts a cell's outputs into a queue and does not wait for it: they can come after the cell's end, get lost,
// or be shown under the next cell (with "Run all", a quarter of them). Until that is mended, each cell's end waits
// until they are out. The kernel has no public way to say so; what is used here is looked for first, and where it is
// missing nothing is changed. What a cell prints before it fails can still get lost: there is no hook for that.

interface KernelInternals {
  jupyter?: { broadcastResult?: (executionCount: number, value: unknown) => Promise<void> };
}

/** Milliseconds for the queue, and for each printed line in it: found by trying, 0 of 120 outputs lost. */
const QUEUE_TIME = 15, LINE_TIME = 0.5;

/**
 * The value, or what shows it as plain text: the kernel puts the codes of terminal colours into its texts, which most
 * readers of notebooks print as they are.
 */
function withoutColors(value: unknown): unknown {
  // the value of a cell of imports is a module: nothing that anybody wants to see
  if (isObject(value) && Object.prototype.toString.call(value) === "[object Module]") {
    return undefined;
  }
  if (value === undefined || !isPlain(value)) return value; // the kernel knows how to show it
  const text = Deno.inspect(value, { colors: false });
  return { [Symbol.for("Jupyter.display")]: () => ({ "text/plain": text }) };
}

/** Whether a value is shown as text alone: no picture, no element of a page, nothing that displays by itself. */
function isPlain(value: unknown): boolean {
  if (!isObject(value)) return true;
  if (Symbol.for("Jupyter.display") in value || "toSpec" in value) return false;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || value instanceof Map ||
    value instanceof Set;
}

function guardOutputs(): void {
  const deno = Deno as unknown as Record<PropertyKey, unknown> & { internal: symbol };
  const internals = (deno[deno.internal] as KernelInternals | undefined)?.jupyter;
  if (typeof internals?.broadcastResult !== "function") return;
  let lines = 0;
  const methods = console as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of Object.keys(methods)) {
    const print = methods[name];
    if (typeof print !== "function") continue;
    methods[name] = (...args: unknown[]) => {
      lines++;
      return print.apply(console, args);
    };
  }
  const broadcastResult = internals.broadcastResult;
  internals.broadcastResult = async (executionCount, value) => {
    try {
      if (hasAlt(value)) { // the kernel would leave its alternative text out
        const output = await toOutput(value);
        const result = { execution_count: executionCount, ...output };
        await Deno.jupyter.broadcast("execute_result", result);
      } else await broadcastResult(executionCount, withoutColors(value));
    } finally {
      pause(QUEUE_TIME + lines * LINE_TIME);
      lines = 0;
    }
  };
}

// --- where it begins -------------------------------------------------------------------------------

if (isKernel) {
  guardOutputs();
  const { watchInterrupts } = await import("./interrupt.ts");
  await watchInterrupts(() => {
    const evalue = "variables keep their values, and a model those of its last epoch";
    Deno.jupyter.broadcast("error", {
      ...{ ename: "Interrupted", evalue },
      traceback: [`Interrupted: ${evalue}.`],
    });
    pause(1);
  });
}
