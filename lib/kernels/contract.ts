/**
 * The kernels, the library's hot loops: what each computes, and the contract that all of them keep. `simd.as.ts` has them
 * in WebAssembly, `plain.ts` in plain TypeScript.
 *
 *   Every element of a product is the sum over k from left to right, starting at +0, each product and
 *   each sum rounded to a float64. No fused multiply-add, no other order over k.
 *
 * A kernel may split rows and columns as it likes, never k. So each gives the bits of the textbook's triple loop.
 * Leaving out a term with a factor of 0 keeps them; so does adding it, as long as the other factor is finite. The
 * other reductions have one order as well: a column from top to bottom, a row from left to right, each from +0.
 *
 * Matrices are row-major, in arrays of the kernels' memory (`memory.ts`). A layer's weights are (inputs + 1) x units:
 * row 0 the biases, row k + 1 the weights from input k to all units; so every inner loop runs along a row of units.
 * A layer's input x, R x inputs, comes in one of two forms:
 *
 * - **sparse**, in SciPy's terms: by rows (CSR), where the elements of row i are number `indptr[i]` to
 *   `indptr[i + 1] - 1`, `indices` has their columns, rising, and `data` their values; or the same by columns (CSC).
 *   Of MNIST's raw pixels 81 % are 0.
 * - **dense**: R x count numbers, and `columns`, rising, says which inputs these are; all other inputs are 0.
 *
 * A kernel that begins with `from` and `to` works on that part of its rows, inputs or elements and leaves the rest
 * alone: so several threads can share one matrix (`../nn/threads.ts`).
 */

/** A matrix by rows (CSR) or by columns (CSC), without its zeros: the arrays' names are SciPy's. */
export interface Csr {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly data: Float64Array;
}

/** All kernels. R is the number of rows of a minibatch. */
export interface Kernels {
  /** Rows `from` to `to` of net = [1 x] w, x sparse by rows. w: (inputs + 1) x units, net: R x units. */
  forwardSparse(
    from: number,
    to: number,
    units: number,
    indptr: Int32Array,
    indices: Int32Array,
    data: Float64Array,
    w: Float64Array,
    net: Float64Array,
  ): void;

  /** The same, x dense: R x count. */
  forwardDense(
    from: number,
    to: number,
    units: number,
    count: number,
    columns: Int32Array,
    x: Float64Array,
    w: Float64Array,
    net: Float64Array,
  ): void;

  /** wT = w transposed, with biases of 0: (units + 1) x inputs. The backward pass is `forwardDense` with it. */
  transposeWeights(inputs: number, units: number, w: Float64Array, wT: Float64Array): void;

  /**
   * One step of gradient descent for the weights of the inputs `from` to `to`, rounded as the article's is:
   * w -= rate (gradient + lambda w), gradient = x^T sigma, summed over the rows from +0. The penalty comes with it:
   * `squares` becomes each unit's sum of w^2 before the step, over these inputs in their order.
   *
   * x: sparse by columns; sigma: R x units; w: (inputs + 1) x units; squares: units.
   */
  updateSparse(
    from: number,
    to: number,
    units: number,
    indptr: Int32Array,
    indices: Int32Array,
    data: Float64Array,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void;

  /** The same, x dense: R x count. */
  updateDense(
    from: number,
    to: number,
    rows: number,
    units: number,
    count: number,
    columns: Int32Array,
    x: Float64Array,
    sigma: Float64Array,
    w: Float64Array,
    lambda: number,
    rate: number,
    squares: Float64Array,
  ): void;

  /** How many elements of x are not 0. isActive[j] becomes 1 where one of them is in column j, and else stays. */
  countNonzero(rows: number, cols: number, x: Float64Array, isActive: Uint8Array): number;

  /** The same of bytes. */
  countNonzeroBytes(rows: number, cols: number, x: Uint8Array, isActive: Uint8Array): number;

  /** x by rows, without its zeros. */
  csrFromDense(
    rows: number,
    cols: number,
    x: Float64Array,
    indptr: Int32Array,
    indices: Int32Array,
    data: Float64Array,
  ): void;

  /** The same of bytes. `indices` and `data` need room for eight elements more than there are. */
  csrFromBytes(
    rows: number,
    cols: number,
    x: Uint8Array,
    indptr: Int32Array,
    indices: Int32Array,
    data: Float64Array,
  ): void;

  /** From rows to columns, in which the rows rise (SciPy's `csr_tocsc`). */
  csrToCsc(
    rows: number,
    cols: number,
    indptr: Int32Array,
    indices: Int32Array,
    data: Float64Array,
    indptrT: Int32Array,
    indicesT: Int32Array,
    dataT: Float64Array,
  ): void;

  /** out = the given columns of x, rows x cols. */
  packColumns(
    rows: number,
    cols: number,
    x: Float64Array,
    count: number,
    columns: Int32Array,
    out: Float64Array,
  ): void;

  /** out = e^x, for the elements `from` to `to`. */
  exp(from: number, to: number, x: Float64Array, out: Float64Array): void;

  /** out = the natural logarithm of x, for the elements `from` to `to`. */
  log(from: number, to: number, x: Float64Array, out: Float64Array): void;

  /** act = sigmoid(net), for the elements `from` to `to`. */
  sigmoid(from: number, to: number, net: Float64Array, act: Float64Array): void;

  /** sigma *= act (1 - act), the sigmoid's derivative where it gives act, for the elements `from` to `to`. */
  sigmoidBackward(from: number, to: number, act: Float64Array, sigma: Float64Array): void;

  /** sums[j] += column j of x, rows x cols, one element after the other. */
  addColumns(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /** sums[j] += column j of |x|, likewise. */
  addAbsolutes(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /** sums[j] += column j of x^2, likewise. */
  addSquares(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /** sums[j] += (x - mean[j])^2 over column j of x, likewise. */
  addSquaredDistances(
    rows: number,
    cols: number,
    x: Float64Array,
    mean: Float64Array,
    sums: Float64Array,
  ): void;

  /** sums[i] = the sum of row i of x, rows x cols. */
  sumRows(rows: number, cols: number, x: Float64Array, sums: Float64Array): void;

  /**
   * c += a b, for whole tiles: a in panels of 4 rows, b in panels of 4 columns, each panel depth x 4, and c row-major. `rows` and `cols` are multiples of 4.
   */
  addProduct(
    rows: number,
    depth: number,
    cols: number,
    a: Float64Array,
    b: Float64Array,
    c: Float64Array,
  ): void;
}
