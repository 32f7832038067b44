/**
 * The forward pass over any number of rows: block by block, so that the buffers stay in the processor's cache; and with
 * several threads a block for each of them.
 *
 * @module
 */

import { withArena } from "../kernels/memory.ts";
import { Matrix } from "../matrix.ts";
import { InputReader, matrixOf, type Rows } from "./inputs.ts";
import { forwardAll } from "./layer.ts";
import { makeBackend, singleThread } from "./threads.ts";
import { type Architecture, type Weights, Workspace } from "./workspace.ts";

/** The rows of a block. */
const BLOCK_ROWS = 256;

/** What one thread needs for a block. */
interface Lane {
  readonly workspace: Workspace;
  readonly reader: InputReader;
}

/** The output layer's net inputs and activations for some rows: n x classes each. */
export interface Outputs {
  readonly net: Matrix;
  readonly act: Matrix;
}

/** What the output layer gives for the rows of X. */
export function predictOutputs(
  X: Rows,
  architecture: Architecture,
  weights: Weights,
  threads: number,
): Outputs {
  const count = matrixOf(X).rows;
  const rows = Math.min(BLOCK_ROWS, count), classes = architecture.sizes.at(-1)!;
  const blocks = Math.ceil(count / rows);
  const backend = makeBackend(threads);
  const atOnce = Math.min(blocks, backend.maxParts(count * weights[0].length));
  const net = new Float64Array(count * classes), act = new Float64Array(count * classes);
  const lanes: Lane[] = [], held: { release(): void }[] = [];
  try {
    while (lanes.length < atOnce) {
      const shared = lanes[0]?.workspace.layers.map(({ w }) => w); // the weights are only read
      const options = { rows, sharesWeights: !!shared };
      const workspace = new Workspace(architecture, shared ?? weights, options);
      held.push(workspace);
      const reader = new InputReader(X, rows);
      held.push(reader);
      lanes.push({ workspace, reader });
    }
    for (let first = 0; first < blocks; first += atOnce) {
      const together = Math.min(atOnce, blocks - first);
      const bounds = (lane: number) => {
        const from = (first + lane) * rows;
        return [from, Math.min(count, from + rows)] as const;
      };
      withArena((arena) =>
        backend.split(together, together, (k, from, to) => {
          for (let lane = from; lane < to; lane++) {
            const { reader, workspace: { layers } } = lanes[lane];
            const x = reader.read(...bounds(lane), arena, { forUpdate: false, k });
            forwardAll(layers, x, singleThread(k));
          }
        })
      );
      for (let lane = 0; lane < together; lane++) {
        const [from, to] = bounds(lane), output = lanes[lane].workspace.layers.at(-1)!;
        net.set(output.net.subarray(0, (to - from) * classes), from * classes);
        act.set(output.act.subarray(0, (to - from) * classes), from * classes);
      }
    }
  } finally {
    for (const part of held) part.release();
  }
  const shape = [count, classes] as const;
  return { net: Matrix.fromArray(net, shape), act: Matrix.fromArray(act, shape) };
}

/** How many rows have the largest net output at their label. */
export function countRight(net: Matrix, labels: ArrayLike<number>): number {
  return net.argmax({ axis: 1 }).reduce((n, label, i) => n + (label === labels[i] ? 1 : 0), 0);
}
