/**
 * What goes into a layer, in the form that is faster: as lists of what is not zero, or dense. Both give the same bits.
 *
 * A zero adds nothing to a sum, so leaving it out keeps every bit, and of MNIST's raw pixels 81 % are zero. A list,
 * though, says with each number where it belongs; the dense form does not, and works on two rows at a time. So the
 * lists win where less than {@linkcode DENSE_FROM} of the numbers count. Columns that are all zero count for neither
 * form: standardised pixels are full but for the frame around the digits, which stays empty.
 *
 * @module
 */

import { kernels } from "./kernels/kernels.ts";
import { Room } from "./kernels/memory.ts";
import type { Matrix } from "./matrix.ts";

/** From which share of numbers other than zero on the dense form is faster (bench/README.md has the measurement). */
const DENSE_FROM = 0.6;

/** The elements of a matrix that are not zero, row by row or column by column: see `kernels.ts`. */
interface Lists {
  readonly start: Int32Array;
  readonly index: Int32Array;
  readonly value: Float64Array;
}

/** R rows of inputs as lists. */
export interface ListedInputs {
  readonly rows: number;
  readonly inputs: number;
  readonly byRow: Lists;
  /** What an update takes; where there is none, only the way forward is meant. */
  readonly byColumn: Lists | undefined;
  /** Whether they stay for the whole training. */
  readonly isKept: boolean;
}

/** R rows of inputs, dense over those of the columns that are not all zero. */
export interface DenseInputs {
  rows: number;
  readonly inputs: number;
  /** These columns, rising. */
  readonly columns: Int32Array;
  /** R x columns.length. */
  readonly value: Float64Array;
  /** Whether they stay for the whole training. */
  readonly isKept: boolean;
}

/** R rows of inputs. */
export type Inputs = ListedInputs | DenseInputs;

/** Who computes a layer's products: this thread, or several. */
export interface Products {
  /** net = [1 x] w, act = sigmoid(net). Shapes: w (inputs + 1) x units, net and act R x units. */
  forward(
    x: Inputs,
    units: number,
    w: Float64Array,
    net: Float64Array,
    act: Float64Array,
  ): void;

  /**
   * w -= rate ([1 x]^T sigma + lambda w), but no lambda for the biases; squares = each unit's sum of w^2 before it,
   * without the bias. Shapes: sigma R x units, w (inputs + 1) x units, squares units.
   */
  update(
    x: Inputs,
    units: number,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void;
}

/** The products by this thread alone. */
export const alone: Products = {
  forward(x, units, w, net, act) {
    forwardRows(x, x.rows, units, w, net, act);
  },
  update(x, units, sigma, w, lambda, rate, squares) {
    kernels.updateBiases(x.rows, units, sigma, w, rate);
    updateInputs(x, x.inputs, units, sigma, w, lambda, rate, squares);
  },
};

/** The way forward of the first `rows` rows. */
export function forwardRows(
  x: Inputs,
  rows: number,
  units: number,
  w: Float64Array,
  net: Float64Array,
  act: Float64Array,
): void {
  if ("columns" in x) {
    kernels.forwardDense(rows, units, x.columns.length, x.columns, x.value, w, net);
  } else {
    const { start, index, value } = x.byRow;
    kernels.forwardLists(rows, units, start, index, value, w, net);
  }
  kernels.sigmoid(rows * units, net, act);
}

/** The update of the weights of the first `inputs` inputs, but not of the biases. */
export function updateInputs(
  x: Inputs,
  inputs: number,
  units: number,
  sigma: Float64Array,
  w: Float64Array,
  lambda: number,
  rate: number,
  squares: Float64Array,
): void {
  if ("columns" in x) {
    const { rows, columns, value } = x;
    const stride = columns.length;
    kernels.updateDense(
      ...[0, inputs, rows, units, countBelow(columns, inputs), stride, columns, value] as const,
      ...[sigma, w, lambda, rate, squares] as const,
    );
  } else {
    const { start, index, value } = x.byColumn!;
    kernels.updateLists(
      ...[0, inputs, units, start, index, value] as const,
      ...[sigma, w, lambda, rate, squares] as const,
    );
  }
}

/** How many of some rising numbers are below a bound. */
export function countBelow(rising: Int32Array, bound: number): number {
  let from = 0, to = rising.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rising[middle] < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * below = sigma w^T without the bias: what each unit below had to do with the errors above. Going back is going forward
 * with the weights turned round, and with `columns` 0, 1, 2, ….
 *
 * Shapes: sigma R x units, w (inputs + 1) x units, wT (units + 1) x inputs, written over; below R x inputs.
 */
export function backward(
  rows: number,
  inputs: number,
  units: number,
  columns: Int32Array,
  sigma: Float64Array,
  w: Float64Array,
  wT: Float64Array,
  below: Float64Array,
): void {
  kernels.turnWeights(inputs, units, w, wT);
  kernels.forwardDense(rows, inputs, units, columns, sigma, wT, below);
}

/** Reads rows of a matrix, as they are needed: until then bytes stay bytes, where they are. */
export class InputReader {
  readonly #X: Matrix;
  readonly #room = new Room();
  /** Where rows of X go first: the kernels read their own memory alone. */
  readonly #bytes: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #isActive: Uint8Array;

  /** For up to `maxRows` rows of X at a time. */
  constructor(X: Matrix, maxRows: number) {
    const { cols, dtype } = X;
    this.#X = X;
    this.#bytes = this.#room.uint8(dtype === "uint8" ? maxRows * cols : 0);
    this.#numbers = this.#room.float64(dtype === "uint8" ? 0 : maxRows * cols);
    this.#isActive = this.#room.uint8(cols);
  }

  /** Rows `from` to `to` of X, in lists taken from `room`; `byColumn` as well if they are for an update. */
  read(
    from: number,
    to: number,
    room: Room,
    { forUpdate = true, isKept = false }: { forUpdate?: boolean; isKept?: boolean } = {},
  ): Inputs {
    const { cols: inputs } = this.#X;
    const rows = to - from;
    const data = this.#X.data.subarray(from * inputs, to * inputs);
    const isActive = this.#isActive.fill(0);
    const isBytes = data instanceof Uint8Array;
    let count: number;
    if (isBytes) {
      this.#bytes.set(data);
      count = kernels.countNonZeroBytes(rows, inputs, this.#bytes, isActive);
    } else {
      this.#numbers.set(data);
      count = kernels.countNonZeros(rows, inputs, this.#numbers, isActive);
    }
    const active = isActive.reduce((sum, is) => sum + is, 0);
    if (count >= DENSE_FROM * rows * active) {
      return { ...this.#dense(rows, active, data, room), isKept };
    }

    const byRow = emptyLists(room, rows, count);
    const lists = [byRow.start, byRow.index, byRow.value] as const;
    if (isBytes) kernels.listNonZeroBytes(rows, inputs, this.#bytes, ...lists);
    else kernels.listNonZeros(rows, inputs, this.#numbers, ...lists);
    if (!forUpdate) return { rows, inputs, byRow, byColumn: undefined, isKept };
    const byColumn = emptyLists(room, inputs, count);
    kernels.transposeLists(
      ...[rows, inputs, ...lists] as const,
      ...[byColumn.start, byColumn.index, byColumn.value] as const,
    );
    return { rows, inputs, byRow, byColumn, isKept };
  }

  /** Gives its memory back. */
  release(): void {
    this.#room.release();
  }

  #dense(
    rows: number,
    active: number,
    data: Float64Array | Uint8Array,
    room: Room,
  ): Omit<DenseInputs, "isKept"> {
    const inputs = this.#X.cols;
    const columns = room.int32(active);
    for (let j = 0, n = 0; j < inputs; j++) if (this.#isActive[j]) columns[n++] = j;
    const value = room.float64(rows * active);
    if (active === inputs) {
      value.set(data);
    } else if (data instanceof Float64Array) {
      kernels.packColumns(rows, inputs, this.#numbers, active, columns, value);
    } else {
      for (let i = 0, n = 0; i < rows; i++) {
        for (let j = 0; j < active; j++) value[n++] = data[i * inputs + columns[j]];
      }
    }
    return { rows, inputs, columns, value };
  }
}

/** Room for lists of so many numbers, and for the eight more that `listNonZeroBytes` needs. */
function emptyLists(room: Room, rows: number, count: number): Lists {
  return {
    start: room.int32(rows + 1),
    index: room.int32(count + 8),
    value: room.float64(count + 8),
  };
}

/** How many bytes some inputs take. */
export function bytesOf(x: Inputs): number {
  const lists = "columns" in x
    ? [x.columns, x.value]
    : [x.byRow, x.byColumn].flatMap((lists) => lists ? Object.values(lists) : []);
  return lists.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
