/**
 * The forward pass over any number of rows: block by block, so that the buffers stay in the processor's cache; and with
 * several threads a block for each of them.
 *
 * @module
 */

import { withArena } from "../kernels/memory.ts";
import { Matrix } from "../matrix.ts";
import { InputReader } from "./inputs.ts";
import { Network } from "./network.ts";
import { makeBackend, singleThread } from "./threads.ts";
import { type Weights, Workspace } from "./workspace.ts";

/** The rows of a block. */
const BLOCK_ROWS = 256;

/** What one thread needs for a block. */
interface Lane {
  readonly workspace: Workspace;
  readonly reader: InputReader;
}

/** The output layer's net inputs or activations for the rows of X: n x classes. */
export function predictOutputs(
  X: Matrix,
  sizes: readonly number[],
  weights: Weights,
  which: "net" | "act",
  threads: number,
): Matrix {
  const rows = Math.min(BLOCK_ROWS, X.rows), classes = sizes.at(-1)!;
  const blocks = Math.ceil(X.rows / rows);
  const backend = makeBackend(threads);
  const atOnce = Math.min(blocks, backend.maxParts(X.rows * weights[0].length));
  const out = new Float64Array(X.rows * classes);
  const lanes: Lane[] = [];
  try {
    while (lanes.length < atOnce) {
      const shared = lanes[0]?.workspace.layers.map(({ w }) => w); // the weights are only read
      lanes.push({
        workspace: new Workspace(sizes, shared ?? weights, { rows, sharesWeights: !!shared }),
        reader: new InputReader(X, rows),
      });
    }
    for (let first = 0; first < blocks; first += atOnce) {
      const count = Math.min(atOnce, blocks - first);
      const bounds = (lane: number) => {
        const from = (first + lane) * rows;
        return [from, Math.min(X.rows, from + rows)] as const;
      };
      withArena((arena) =>
        backend.split(count, count, (k, from, to) => {
          for (let lane = from; lane < to; lane++) {
            const { reader, workspace } = lanes[lane];
            const x = reader.read(...bounds(lane), arena, { forUpdate: false, k });
            new Network(workspace.layers, singleThread(k)).forward(x);
          }
        })
      );
      for (let lane = 0; lane < count; lane++) {
        const [from, to] = bounds(lane), output = lanes[lane].workspace.layers.at(-1)!;
        out.set(output[which].subarray(0, (to - from) * classes), from * classes);
      }
    }
  } finally {
    for (const { workspace, reader } of lanes) {
      workspace.release();
      reader.release();
    }
  }
  return Matrix.fromArray(out, [X.rows, classes]);
}
