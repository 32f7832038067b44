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
 * A kernel that begins with `from` and `to` works on that part of its rows, inputs, elements or pictures and leaves the
 * rest alone: so several threads can share one matrix (`../nn/threads.ts`).
 */

/** The numbers of a step of gradient descent, by their place in the kernels' argument `step`. */
export const STEP = { rate: 0, lambda: 1, l1: 2, momentum: 3, squares: 4 } as const;

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
   *
   *     gradient = x^T sigma, summed over the rows from +0
   *     move     = rate (gradient + lambda w)           + l1 sign(w) in the brackets, where l1 is not 0
   *     w       -= move                                 or, with momentum, v = momentum v - move, w += v
   *
   * `step` has these numbers by their places (`STEP`). Where its `squares` is not 0, the penalty comes with it: the array
   * `squares` becomes each unit's sum of w^2 before the step, over these inputs in their order.
   *
   * x: sparse by columns; sigma: R x units; w and v: (inputs + 1) x units; squares: units. Without momentum v is not used.
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
    v: Float64Array,
    step: Float64Array,
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
    v: Float64Array,
    step: Float64Array,
    squares: Float64Array,
  ): void;

  /** How many elements of x are not 0. isActive[j] becomes 1 where one of them is in column j, and else stays. */
  countNonzero(rows: number, cols: number, x: Float64Array, isActive: Uint8Array): number;

  /** The same of bytes. */
  countNonzeroBytes(rows: number, cols: number, x: Uint8Array, isActive: Uint8Array): number;

  /** x by rows, without its zeros. `indices` and `data` need room for one element more than there are. */
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

  /** data *= the factor of the element's column, for the elements `from` to `to` of a sparse matrix. */
  scaleColumns(
    from: number,
    to: number,
    indices: Int32Array,
    factors: Float64Array,
    data: Float64Array,
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

  /** act = tanh(net), for the elements `from` to `to`. */
  tanh(from: number, to: number, net: Float64Array, act: Float64Array): void;

  /** sigma *= 1 - act^2, the derivative of tanh where it gives act, for the elements `from` to `to`. */
  tanhBackward(from: number, to: number, act: Float64Array, sigma: Float64Array): void;

  /** act = net, or +0 where net is not above 0, for the elements `from` to `to`. NaN stays. */
  relu(from: number, to: number, net: Float64Array, act: Float64Array): void;

  /** sigma = +0 where act is 0, for the elements `from` to `to`. */
  reluBackward(from: number, to: number, act: Float64Array, sigma: Float64Array): void;

  /**
   * act = softmax(net), for the rows `from` to `to`: e^(net - the row's largest), divided by its sum from left to right.
   */
  softmax(from: number, to: number, units: number, net: Float64Array, act: Float64Array): void;

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

  /**
   * out = the pictures `from` to `to` of x, each seen through a transform of its own: the pixel at p (row, column) takes
   * the bilinear mean of the four around
   *
   *     centre + A (p - centre) + shift + D(p)
   *
   * in x, where outside of the picture is 0, rounded to the nearest whole number, halves up. `affine` has six numbers a
   * picture: A, row after row, and the shift.
   *
   * With `isElastic` 1, D = smoothRows U smoothCols for rows and, with other noise U, for columns. U has an element of
   * [-1, 1) for each pixel: the hash of the picture's key and the pixel's number (`noise` in `plain.ts`). Else D is 0.
   *
   * x and out: pictures x (height width); keys: pictures; smoothRows: height x height; smoothCols: (width + 1) x width
   * with a first row of 0, as weights have it; columns: 0, 1, …, as many as the longer side; scratch: 4 height width +
   * width.
   */
  distort(
    from: number,
    to: number,
    height: number,
    width: number,
    x: Uint8Array,
    affine: Float64Array,
    isElastic: number,
    keys: Int32Array,
    smoothRows: Float64Array,
    smoothCols: Float64Array,
    columns: Int32Array,
    scratch: Float64Array,
    out: Uint8Array,
  ): void;
}
