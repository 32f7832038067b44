/**
 * A worker of `threads.ts`: it copies its part of the minibatches, computes its part of each product, and sleeps in
 * between. What a message holds, `threads.ts` says where it writes it.
 *
 * @module
 */

import { countBelow } from "./inputs.ts";
import { kernels } from "./kernels/kernels.ts";
import { Room } from "./kernels/memory.ts";
import {
  CALLS,
  END,
  FAILURES,
  FORWARD,
  HEADER_BYTES,
  LOAD_DENSE,
  LOAD_LISTS,
  messageOf,
  PENDING,
  UPDATE,
  type WorkerStart,
  writeText,
} from "./threads.ts";

/** A part of a minibatch: some rows for the way forward, some inputs, of all rows, for the update. */
interface Part {
  readonly room: Room;
  /** The rows of the minibatch, and all inputs. */
  readonly allRows: number;
  readonly allInputs: number;
  /** The part's rows and inputs: from the first up to, but not including, the last. */
  readonly rows: readonly [first: number, last: number];
  readonly inputs: readonly [first: number, last: number];
  forward(units: number, w: Float64Array, net: Float64Array): void;
  update(
    units: number,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void;
}

function serve({ block, memory, number }: WorkerStart): void {
  const integers = new Int32Array(block, 0, HEADER_BYTES / 4);
  const message = messageOf(block, number);
  const parts = new Map<number, Part>();
  // lists of the thread that trains; its memory may have grown, so they are looked up each time
  const theirs = (at: number, length: number) => new Float64Array(memory.buffer, at, length);
  const theirIntegers = (at: number, length: number) => new Int32Array(memory.buffer, at, length);

  /** Lists of this thread that are written over at each call. */
  const room = new Room();
  const lists: Record<string, Float64Array> = {};
  const mine = (name: string, length: number) => {
    if (!(lists[name]?.length >= length)) lists[name] = room.float64(length);
    return lists[name].subarray(0, length);
  };

  const orders: Record<number, (args: Float64Array) => void> = {
    [LOAD_LISTS]([slot, allRows, allInputs, r0, r1, k0, k1, ...addresses]) {
      parts.get(slot)?.room.release();
      const room = new Room();
      /** The lists of rows, or of columns, `from` to `to`. */
      const copy = (count: number, from: number, to: number, [start, index, value]: number[]) => {
        const bounds = theirIntegers(start, count + 1).subarray(from, to + 1);
        const begin = bounds[0], length = bounds[to - from] - begin;
        const copies = {
          start: room.int32(to - from + 1),
          index: room.int32(length),
          value: room.float64(length),
        };
        for (let i = 0; i <= to - from; i++) copies.start[i] = bounds[i] - begin;
        copies.index.set(theirIntegers(index + 4 * begin, length));
        copies.value.set(theirs(value + 8 * begin, length));
        return copies;
      };
      const byRow = copy(allRows, r0, r1, addresses);
      const byColumn = copy(allInputs, k0, k1, addresses.slice(3));
      parts.set(slot, {
        ...{ room, allRows, allInputs, rows: [r0, r1], inputs: [k0, k1] },
        forward(units, w, net) {
          const { start, index, value } = byRow;
          kernels.forwardLists(r1 - r0, units, start, index, value, w, net);
        },
        update(units, sigma, w, lambda, rate, squares) {
          const { start, index, value } = byColumn;
          kernels.updateLists(
            ...[k0, k1 - k0, units, start, index, value] as const,
            ...[sigma, w, lambda, rate, squares] as const,
          );
        },
      });
    },

    [LOAD_DENSE]([slot, allRows, allInputs, r0, r1, k0, k1, count, columnsAt, valueAt]) {
      parts.get(slot)?.room.release();
      const room = new Room();
      const columns = room.int32(count);
      columns.set(theirIntegers(columnsAt, count));
      const value = room.float64((r1 - r0) * count);
      value.set(theirs(valueAt + 8 * r0 * count, (r1 - r0) * count));
      const j0 = countBelow(columns, k0), j1 = countBelow(columns, k1);
      const own = columns.subarray(j0, j1);
      const ownValue = room.float64(allRows * (j1 - j0));
      for (let r = 0; r < allRows; r++) {
        ownValue.set(theirs(valueAt + 8 * (r * count + j0), j1 - j0), r * (j1 - j0));
      }
      parts.set(slot, {
        ...{ room, allRows, allInputs, rows: [r0, r1], inputs: [k0, k1] },
        forward(units, w, net) {
          kernels.forwardDense(r1 - r0, units, count, columns, value, w, net);
        },
        update(units, sigma, w, lambda, rate, squares) {
          kernels.updateDense(
            ...[k0, k1 - k0, allRows, units, j1 - j0, j1 - j0, own, ownValue] as const,
            ...[sigma, w, lambda, rate, squares] as const,
          );
        },
      });
    },

    [FORWARD]([slot, units, wAt, netAt, actAt]) {
      const part = parts.get(slot)!;
      const [first, last] = part.rows;
      const length = (last - first) * units, at = 8 * first * units;
      const w = mine("w", (part.allInputs + 1) * units);
      const net = mine("net", length), act = mine("act", length);
      w.set(theirs(wAt, w.length));
      part.forward(units, w, net);
      kernels.sigmoid(length, net, act);
      theirs(netAt + at, length).set(net);
      theirs(actAt + at, length).set(act);
    },

    /** The weights are those that went forward. */
    [UPDATE]([slot, units, sigmaAt, wAt, lambda, rate]) {
      const part = parts.get(slot)!;
      const [first, last] = part.inputs;
      const sigma = mine("sigma", part.allRows * units);
      const w = mine("w", (part.allInputs + 1) * units);
      sigma.set(theirs(sigmaAt, sigma.length));
      part.update(units, sigma, w, lambda, rate, mine("squares", units));
      const from = (first + 1) * units, to = (last + 1) * units; // the biases come first
      theirs(wAt + 8 * from, to - from).set(w.subarray(from, to));
    },
  };

  for (let calls = 0, order = -1; order !== END;) {
    Atomics.wait(integers, CALLS, calls);
    calls = Atomics.load(integers, CALLS);
    order = message[0];
    try {
      orders[order]?.(message.slice(1));
    } catch (error) {
      writeText(message, String(error));
      Atomics.store(integers, FAILURES, number + 1);
    }
    Atomics.sub(integers, PENDING, 1);
    Atomics.notify(integers, PENDING);
  }
}

globalThis.addEventListener("message", (event) => {
  serve((event as MessageEvent<WorkerStart>).data);
  globalThis.close();
});
