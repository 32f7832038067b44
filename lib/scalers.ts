/**
 * Scalers: they learn from the training data how to scale columns, and scale new data in the same way. scikit-learn:
 * `StandardScaler`, `MinMaxScaler`. In front of a classifier: {@linkcode Pipeline}.
 *
 * @module
 */

import { checkCount, checkFinite, checkOptions } from "./checks.ts";
import { describe, NotFittedError, ShapeError, ValueError } from "./errors.ts";
import { checkMatrix, Matrix } from "./matrix.ts";
import { columnStatistics } from "./preprocessing.ts";

/** What a scaler has learned, as JSON holds it. */
export interface ScalerJSON {
  /** Tells the file from others. */
  format: "@scratch/nn StandardScaler" | "@scratch/nn MinMaxScaler";
  /** The version of this form. */
  version: 1;
  /** The options. */
  params: Record<string, unknown>;
  /** A number for each column; none before `fit`. */
  columns?: Record<string, number[]>;
}

/**
 * Rows that are scaled when they are read, minibatch by minibatch: a matrix in bytes stays so. {@linkcode NNClassifier}
 * takes them wherever it takes a matrix.
 *
 * @example
 * ```ts
 * import { Matrix, NNClassifier, ScaledRows, StandardScaler } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0], [100], [200]]), y = [0, 1, 1];
 * const scaler = new StandardScaler().fit(X), options = { nFeatures: 1, nClasses: 2, epochs: 5 };
 * const net = new NNClassifier(options).fit(new ScaledRows(X, scaler), y);
 * assertEquals(net.weights, new NNClassifier(options).fit(scaler.transform(X), y).weights);
 * ```
 */
export class ScaledRows {
  /** The rows as they are. */
  readonly matrix: Matrix;
  /** By what they are scaled. */
  readonly scaler: Scaler;

  /**
   * Nothing is computed yet.
   *
   * @throws {ShapeError} Where X has other columns than the scaler learned from.
   * @throws {NotFittedError} Before the scaler's `fit`.
   */
  constructor(X: Matrix, scaler: Scaler) {
    checkMatrix("ScaledRows", X);
    scaler.transform(X.slice(0, 0)); // says what is wrong
    this.matrix = X;
    this.scaler = scaler;
  }
}

/** What the two scalers share: checks, and the way to matrices and JSON. */
export abstract class Scaler {
  /** The class's name. */
  protected abstract readonly name: "StandardScaler" | "MinMaxScaler";
  /** The names of its numbers. */
  protected abstract readonly columnNames: readonly string[];
  /** A number for each column, by their names. */
  protected columns: Record<string, Float64Array> | undefined;

  /** How many columns it has learned from; undefined before `fit`. scikit-learn: `n_features_in_`. */
  get nFeatures(): number | undefined {
    return this.columns?.scale.length;
  }

  /**
   * Learns from the columns of X.
   *
   * @throws {ShapeError} Where X has no rows.
   * @throws {ValueError} Where a number is not finite.
   */
  fit(X: Matrix): this {
    checkCount(`${this.name}.fit`, arguments.length, 1);
    this.#check("fit", X);
    if (X.rows === 0) throw new ShapeError(`${this.name}.fit: X has no rows`);
    this.columns = this.learn(X);
    return this;
  }

  /**
   * X scaled.
   *
   * @throws {NotFittedError} Before `fit`.
   * @throws {ShapeError} Where X has other columns than the data of `fit`.
   * @throws {ValueError} Where a number is not finite.
   */
  transform(X: Matrix): Matrix {
    checkCount(`${this.name}.transform`, arguments.length, 1);
    return this.#map("transform", X, (x, out) => this.scaleRows(x, out));
  }

  /**
   * X as it was before, but for rounding.
   *
   * @throws As {@linkcode Scaler.transform}.
   */
  inverseTransform(X: Matrix): Matrix {
    checkCount(`${this.name}.inverseTransform`, arguments.length, 1);
    return this.#map("inverseTransform", X, (x, out) => this.unscaleRows(x, out));
  }

  /** What it learned, as `JSON.stringify` writes it. */
  toJSON(): ScalerJSON {
    const { columns } = this;
    return {
      format: `@scratch/nn ${this.name}`,
      version: 1,
      params: this.getParams(),
      ...(columns && {
        columns: Object.fromEntries(Object.entries(columns).map(([name, x]) => [name, [...x]])),
      }),
    };
  }

  /** The class, and what it has learned from. */
  toString(): string {
    const { nFeatures } = this;
    return `${this.name}(${nFeatures === undefined ? "not fitted" : `${nFeatures} columns`})`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Takes over what `toJSON` wrote. */
  protected restore(json: ScalerJSON): this {
    const name = `${this.name}.fromJSON`, { columns } = json;
    if (columns === undefined) return this;
    const [first, ...rest] = this.columnNames.map((part) => columns?.[part]);
    const isWhole = [first, ...rest].every((x) =>
      Array.isArray(x) && x.length === first.length && x.every(Number.isFinite)
    );
    if (!isWhole || columns.scale.includes(0)) {
      throw new TypeError(
        `${name}: expected columns { ${this.columnNames.join(", ")} }, lists of finite numbers ` +
          "of one length, and no scale of 0",
      );
    }
    this.columns = Object.fromEntries(
      this.columnNames.map((part) => [part, Float64Array.from(columns[part])]),
    );
    return this;
  }

  /** Throws unless that is a scaler of this class. */
  protected static checkJSON(name: "StandardScaler" | "MinMaxScaler", json: ScalerJSON): void {
    const { format, version } = json ?? {};
    if (format !== `@scratch/nn ${name}` || version !== 1) {
      throw new TypeError(
        `${name}.fromJSON: expected a ${name} as toJSON gives it, version 1, got format ${
          describe(format)
        }, version ${describe(version)}`,
      );
    }
  }

  /** The factor of each column, where a 0 stays 0 in all of them. For the library's own use. */
  abstract readonly factors: Float64Array | undefined;
  /** All options. scikit-learn: `get_params`. */
  abstract getParams(): Record<string, unknown>;
  /** out = some rows of x, scaled. For the library's own use. */
  abstract scaleRows(x: Float64Array | Uint8Array, out: Float64Array): void;
  /** The other way round. */
  protected abstract unscaleRows(x: Float64Array | Uint8Array, out: Float64Array): void;
  /** The numbers of X's columns. */
  protected abstract learn(X: Matrix): Record<string, Float64Array>;

  /** A column's numbers, after `fit`. */
  protected of(name: string): Float64Array {
    if (!this.columns) {
      throw new NotFittedError(`${this.name}: fit it first; it has learned from no data yet`);
    }
    return this.columns[name];
  }

  #map(
    name: string,
    X: Matrix,
    map: (x: Float64Array | Uint8Array, out: Float64Array) => void,
  ): Matrix {
    this.#check(name, X);
    const { length } = this.of("scale");
    if (X.cols !== length) {
      throw new ShapeError(
        `${this.name}.${name}: X of shape (${
          X.shape.join(", ")
        }) should have ${length} columns, as the data of fit`,
      );
    }
    const out = new Float64Array(X.data.length);
    map(X.data, out);
    return Matrix.fromArray(out, X.shape);
  }

  #check(name: string, X: Matrix): void {
    checkMatrix(`${this.name}.${name}`, X);
    checkFinite(`${this.name}.${name}`, X);
  }
}

/**
 * Each column standardised: its mean subtracted, then divided by its standard deviation. scikit-learn: `StandardScaler`.
 *
 * A constant column is divided by 1: one whose variance is no more than rounding can make of a constant.
 *
 * @example
 * ```ts
 * import { Matrix, StandardScaler } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const scaler = new StandardScaler().fit(Matrix.from([[1, 5], [3, 5]]));
 * assertEquals(scaler.transform(Matrix.from([[4, 6]])).toArray(), [[2, 1]]);
 * assertEquals(scaler.inverseTransform(Matrix.from([[2, 1]])).toArray(), [[4, 6]]);
 * ```
 */
export class StandardScaler extends Scaler {
  /** The class's name. */
  protected readonly name: "StandardScaler" = "StandardScaler";
  /** The names of its numbers. */
  protected readonly columnNames: readonly string[] = ["mean", "scale"];

  /** It has no options. */
  constructor() {
    super();
    checkCount("StandardScaler", arguments.length, 0);
  }

  /**
   * The scaler that `toJSON` wrote.
   *
   * @throws {TypeError} Where that is none, or a part of it is missing.
   */
  static fromJSON(json: ScalerJSON): StandardScaler {
    Scaler.checkJSON("StandardScaler", json);
    return new StandardScaler().restore(json);
  }

  /** The mean of each column. scikit-learn: `mean_`. */
  get mean(): Float64Array {
    return this.of("mean").slice();
  }

  /** The standard deviation of each column, 1 where it is constant. scikit-learn: `scale_`. */
  get scale(): Float64Array {
    return this.of("scale").slice();
  }

  /** No options. scikit-learn: `get_params`. */
  getParams(): Record<string, never> {
    return {};
  }

  /** Undefined: a mean is subtracted. */
  get factors(): undefined {
    return undefined;
  }

  /** (x - mean) / scale. */
  scaleRows(x: Float64Array | Uint8Array, out: Float64Array): void {
    const mean = this.of("mean"), scale = this.of("scale"), cols = mean.length;
    for (let n = 0; n < x.length;) {
      for (let j = 0; j < cols; j++, n++) out[n] = (x[n] - mean[j]) / scale[j];
    }
  }

  /** The other way round. */
  protected unscaleRows(x: Float64Array | Uint8Array, out: Float64Array): void {
    const mean = this.of("mean"), scale = this.of("scale"), cols = mean.length;
    for (let n = 0; n < x.length;) {
      for (let j = 0; j < cols; j++, n++) out[n] = x[n] * scale[j] + mean[j];
    }
  }

  /** The numbers of X's columns. */
  protected learn(X: Matrix): Record<string, Float64Array> {
    return { ...columnStatistics(X) };
  }
}

/** The options of a {@linkcode MinMaxScaler}. */
export interface MinMaxScalerOptions {
  /** The range that the training data is brought to. scikit-learn: `feature_range`. Default: [0, 1]. */
  featureRange?: readonly [low: number, high: number];
  /**
   * Whether each column has a minimum and a maximum of its own, as in scikit-learn. With `false` all columns share
   * those of the whole matrix: pixels from 0 to 255 become pixels / 255. Default: true.
   */
  perFeature?: boolean;
}

/**
 * Each column brought to the range from 0 to 1: (x - min) / (max - min). scikit-learn: `MinMaxScaler`.
 *
 * A constant column is divided by 1. New data may lie outside of the range.
 *
 * @example
 * ```ts
 * import { Matrix, MinMaxScaler } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 5], [4, 1]]);
 * assertEquals(new MinMaxScaler().fit(X).transform(X).toArray(), [[0, 1], [1, 0]]);
 * assertEquals(new MinMaxScaler({ perFeature: false }).fit(X).transform(X).row(1).toArray(), [[0.8, 0.2]]);
 * ```
 */
export class MinMaxScaler extends Scaler {
  /** The class's name. */
  protected readonly name: "MinMaxScaler" = "MinMaxScaler";
  /** The names of its numbers. */
  protected readonly columnNames: readonly string[] = ["scale", "min"];
  readonly #featureRange: readonly [number, number];
  readonly #perFeature: boolean;

  /**
   * Checks the options.
   *
   * @throws {ValueError} Where the range is none, or there is no such option.
   */
  constructor(options: MinMaxScalerOptions = {}) {
    super();
    checkCount("MinMaxScaler", arguments.length, 1);
    checkOptions("MinMaxScaler", options, ["featureRange", "perFeature"]);
    const { featureRange = [0, 1], perFeature = true } = options;
    const [low, high] = Array.isArray(featureRange) ? featureRange : [NaN, NaN];
    if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
      throw new ValueError(
        `MinMaxScaler: featureRange must be two finite numbers [low, high], the second larger, got ${
          describe(featureRange)
        }`,
      );
    }
    if (typeof perFeature !== "boolean") {
      throw new ValueError(
        `MinMaxScaler: perFeature must be true or false, got ${describe(perFeature)}`,
      );
    }
    this.#featureRange = [low, high];
    this.#perFeature = perFeature;
  }

  /**
   * The scaler that `toJSON` wrote.
   *
   * @throws {TypeError} Where that is none, or a part of it is missing.
   * @throws {ValueError} Where an option is not what it may be.
   */
  static fromJSON(json: ScalerJSON): MinMaxScaler {
    Scaler.checkJSON("MinMaxScaler", json);
    return new MinMaxScaler(json.params).restore(json);
  }

  /** The factor of each column. scikit-learn: `scale_`. */
  get scale(): Float64Array {
    return this.of("scale").slice();
  }

  /** What is added to each column. scikit-learn: `min_`. */
  get min(): Float64Array {
    return this.of("min").slice();
  }

  /** All options. scikit-learn: `get_params`. */
  getParams(): Required<MinMaxScalerOptions> & Record<string, unknown> {
    return { featureRange: [...this.#featureRange], perFeature: this.#perFeature };
  }

  /** The factors, where nothing is added. */
  get factors(): Float64Array | undefined {
    return this.of("min").every((min) => min === 0) ? this.of("scale") : undefined;
  }

  /** x scale + min. */
  scaleRows(x: Float64Array | Uint8Array, out: Float64Array): void {
    const scale = this.of("scale"), min = this.of("min"), cols = min.length;
    for (let n = 0; n < x.length;) {
      for (let j = 0; j < cols; j++, n++) out[n] = x[n] * scale[j] + min[j];
    }
  }

  /** The other way round. */
  protected unscaleRows(x: Float64Array | Uint8Array, out: Float64Array): void {
    const scale = this.of("scale"), min = this.of("min"), cols = min.length;
    for (let n = 0; n < x.length;) {
      for (let j = 0; j < cols; j++, n++) out[n] = (x[n] - min[j]) / scale[j];
    }
  }

  /** The numbers of X's columns. */
  protected learn(X: Matrix): Record<string, Float64Array> {
    const [low, high] = this.#featureRange;
    const smallest = new Float64Array(X.cols).fill(Infinity);
    const largest = new Float64Array(X.cols).fill(-Infinity);
    for (let i = 0, n = 0; i < X.rows; i++) {
      for (let j = 0; j < X.cols; j++, n++) {
        const x = X.data[n];
        if (x < smallest[j]) smallest[j] = x;
        if (x > largest[j]) largest[j] = x;
      }
    }
    if (!this.#perFeature) {
      smallest.fill(smallest.reduce((a, b) => Math.min(a, b), Infinity));
      largest.fill(largest.reduce((a, b) => Math.max(a, b), -Infinity));
    }
    const scale = smallest.map((min, j) => {
      const range = largest[j] - min;
      return (high - low) / (range < 10 * Number.EPSILON ? 1 : range);
    });
    return { scale, min: smallest.map((min, j) => low - min * scale[j]) };
  }
}
