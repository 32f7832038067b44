/**
 * Scalers: they learn from the training data how to scale columns, and scale new data in the same way. scikit-learn:
 * `StandardScaler`, `MinMaxScaler`. In front of a classifier: {@linkcode Pipeline}.
 *
 * @module
 */

import { checkCount, checkFinite, checkOptions } from "./checks.ts";
import { checkChecksums, type Checksums, withChecksums } from "./checksums.ts";
import { describe, NotFittedError, ShapeError, ValueError } from "./errors.ts";
import { checkMatrix, Matrix } from "./matrix.ts";
import { columnStatistics, standardizeRows } from "./preprocessing.ts";

/** A scaler as JSON holds it. */
export interface ScalerJSON {
  /** Tells the file from others. */
  format: "@scratch/nn StandardScaler" | "@scratch/nn MinMaxScaler";
  /** The version of this form. */
  version: 1 | 2;
  /** The options. */
  params: Record<string, unknown>;
  /** A number for each column, by their names; none before `fit`. */
  columns?: Record<string, number[]>;
  /** The SHA-256 of each part; before version 2 there is none. */
  sha256?: Checksums;
}

/** How a fitted scaler scales. It stays what it is when the scaler is fitted again. For the library's own use. */
export interface Scaling {
  /** The factor of each column, where a 0 stays 0 in all of them. */
  readonly factors: Float64Array | undefined;
  /** out = rows of x, scaled. */
  transform(x: Float64Array | Uint8Array, out: Float64Array): void;
  /** out = rows of x as they were before. */
  inverseTransform(x: Float64Array | Uint8Array, out: Float64Array): void;
}

/** The numbers of each column, by their names. */
export type Columns = Readonly<Record<string, Float64Array>>;

/** What {@linkcode StandardScaler} and {@linkcode MinMaxScaler} have in common. */
export abstract class Scaler {
  readonly #name: "StandardScaler" | "MinMaxScaler";
  #columns: Columns | undefined;

  /** For the library's own classes. */
  protected constructor(name: "StandardScaler" | "MinMaxScaler") {
    this.#name = name;
  }

  /** How many columns it has learned from; undefined before `fit`. scikit-learn: `n_features_in_`. */
  get nFeatures(): number | undefined {
    return this.#columns?.scale.length;
  }

  /**
   * Learns from the columns of X.
   *
   * @throws {ShapeError} Where X has no rows.
   * @throws {ValueError} Where a number is not finite, or too large to be scaled.
   */
  fit(X: Matrix): this {
    const name = `${this.#name}.fit`;
    checkCount(name, arguments.length, 1);
    checkMatrix(name, X);
    checkFinite(name, X);
    if (X.rows === 0) throw new ShapeError(`${name}: X has no rows`);
    const columns = this.learn(X);
    for (const list of Object.values(columns)) {
      const wrong = list.findIndex((x) => !Number.isFinite(x));
      const j = wrong < 0 ? columns.scale.indexOf(0) : wrong;
      if (j >= 0) {
        throw new ValueError(`${name}: column ${j} has numbers too far apart to be scaled`);
      }
    }
    this.#columns = columns;
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
    checkCount(`${this.#name}.transform`, arguments.length, 1);
    return this.#map("transform", X);
  }

  /**
   * X as it was before, but for rounding.
   *
   * @throws As {@linkcode Scaler.transform}.
   */
  inverseTransform(X: Matrix): Matrix {
    checkCount(`${this.#name}.inverseTransform`, arguments.length, 1);
    return this.#map("inverseTransform", X);
  }

  /** All options. scikit-learn: `get_params`. */
  abstract getParams(): Record<string, unknown>;

  /** A scaler with the same options that has learned nothing yet. scikit-learn: `clone`. */
  abstract clone(): Scaler;

  /** What it learned, as `JSON.stringify` writes it. */
  toJSON(): ScalerJSON {
    const columns = this.#columns &&
      Object.entries(this.#columns).map(([name, x]) => [name, [...x]]);
    return withChecksums<ScalerJSON>({
      format: `@scratch/nn ${this.#name}`,
      version: 2,
      params: this.getParams(),
      ...(columns && { columns: Object.fromEntries(columns) }),
    });
  }

  /** The class, and what it has learned from. */
  toString(): string {
    const { nFeatures } = this;
    return `${this.#name}(${nFeatures === undefined ? "not fitted" : `${nFeatures} columns`})`;
  }

  /** `console.log` in Deno: the same. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** `console.log` in Node.js: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  // --- for the library's own use -------------------------------------------------------------------

  /** How it scales X, whose columns are checked. `name` is what a message begins with. For the library's own use. */
  scalingFor(name: string, X: Matrix): Scaling {
    checkMatrix(name, X);
    const columns = this.learned();
    if (X.cols !== columns.scale.length) {
      throw new ShapeError(
        `${name}: X of shape (${
          X.shape.join(", ")
        }) should have ${columns.scale.length} columns, as the data of fit`,
      );
    }
    return this.scalingBy(columns);
  }

  /** Takes over what another one of its class has learned. For the library's own use. */
  adopt(other: Scaler): void {
    this.#columns = other.#columns;
  }

  /** What it has learned. */
  protected learned(): Columns {
    if (this.#columns) return this.#columns;
    throw new NotFittedError(`${this.#name}: fit it first; it has learned from no data yet`);
  }

  /** Takes over what `toJSON` wrote. */
  protected restore({ columns }: ScalerJSON, names: readonly string[]): this {
    if (columns === undefined) return this;
    const lists = names.map((name) => columns?.[name]);
    const isWhole = lists.every((x) =>
      Array.isArray(x) && x.length === lists[0].length && x.every(Number.isFinite)
    );
    if (!isWhole || columns.scale.includes(0)) {
      throw new TypeError(
        `${this.#name}.fromJSON: expected columns { ${
          names.join(", ")
        } }, lists of finite numbers ` +
          "of one length, and no scale of 0",
      );
    }
    this.#columns = Object.fromEntries(names.map((name, i) => [name, Float64Array.from(lists[i])]));
    return this;
  }

  /** Throws unless that is a scaler of this class, and the only argument. */
  protected static checkJSON(
    name: "StandardScaler" | "MinMaxScaler",
    count: number,
    json: ScalerJSON,
  ): void {
    checkCount(`${name}.fromJSON`, count, 1);
    const { format, version, params } = json ?? {};
    if (
      format !== `@scratch/nn ${name}` || (version !== 1 && version !== 2) ||
      typeof params !== "object"
    ) {
      throw new TypeError(
        `${name}.fromJSON: expected a ${name} as toJSON gives it, version 1 or 2, got format ${
          describe(format)
        }, version ${describe(version)}, params ${describe(params)}`,
      );
    }
    checkChecksums(`${name}.fromJSON`, json, version > 1);
  }

  /** The numbers of X's columns: `scale`, and others. */
  protected abstract learn(X: Matrix): Columns;

  /** How these numbers scale. */
  protected abstract scalingBy(columns: Columns): Scaling;

  #map(direction: "transform" | "inverseTransform", X: Matrix): Matrix {
    const name = `${this.#name}.${direction}`;
    const scaling = this.scalingFor(name, X);
    checkFinite(name, X);
    const out = new Float64Array(X.data.length);
    scaling[direction](X.data, out);
    return Matrix.fromArray(out, X.shape);
  }
}

/** The options of a {@linkcode StandardScaler}. */
export interface StandardScalerOptions {
  /**
   * Whether columns that have nothing but 0 and 1, as those of categories, are left as they are. Standardised, a rare
   * category would be a large number where it occurs. Default: false, as in scikit-learn.
   */
  skipBinary?: boolean;
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
  readonly #skipBinary: boolean;

  /**
   * Checks the options.
   *
   * @throws {ValueError} Where an option is not what it may be, or there is none of that name.
   */
  constructor(options: StandardScalerOptions = {}) {
    super("StandardScaler");
    checkCount("StandardScaler", arguments.length, 1);
    checkOptions("StandardScaler", options, ["skipBinary"]);
    const { skipBinary = false } = options;
    if (typeof skipBinary !== "boolean") {
      throw new ValueError(
        `StandardScaler: skipBinary must be true or false, got ${describe(skipBinary)}`,
      );
    }
    this.#skipBinary = skipBinary;
  }

  /**
   * The scaler that `toJSON` wrote.
   *
   * @throws {TypeError} Where that is none, or a part of it is missing.
   */
  static fromJSON(json: ScalerJSON): StandardScaler {
    Scaler.checkJSON("StandardScaler", arguments.length, json);
    return new StandardScaler(json.params).restore(json, ["mean", "scale"]);
  }

  /** The mean of each column. scikit-learn: `mean_`. */
  get mean(): Float64Array {
    return this.learned().mean.slice();
  }

  /** The standard deviation of each column, 1 where it is constant. scikit-learn: `scale_`. */
  get scale(): Float64Array {
    return this.learned().scale.slice();
  }

  /** All options. scikit-learn: `get_params`. */
  getParams(): Required<StandardScalerOptions> & Record<string, unknown> {
    return { skipBinary: this.#skipBinary };
  }

  /** A scaler that has learned nothing yet. scikit-learn: `clone`. */
  clone(): StandardScaler {
    return new StandardScaler(this.getParams());
  }

  /** The means and the deviations. */
  protected learn(X: Matrix): Columns {
    const { mean, scale } = columnStatistics(X);
    if (this.#skipBinary) {
      const { data, cols } = X, isBinary = new Uint8Array(cols).fill(1);
      data.forEach((x, n) => isBinary[n % cols] &= Number(x === 0 || x === 1));
      isBinary.forEach((is, j) => {
        if (is) [mean[j], scale[j]] = [0, 1];
      });
    }
    return { mean, scale };
  }

  /** (x - mean) / scale; no factors, since the means are subtracted. */
  protected scalingBy({ mean, scale }: Columns): Scaling {
    return {
      factors: undefined,
      transform: (x, out) => standardizeRows(x, { mean, scale }, out),
      inverseTransform(x, out) {
        for (let n = 0; n < x.length;) {
          for (let j = 0; j < mean.length; j++, n++) out[n] = x[n] * scale[j] + mean[j];
        }
      },
    };
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
  readonly #featureRange: readonly [number, number];
  readonly #perFeature: boolean;

  /**
   * Checks the options.
   *
   * @throws {ValueError} Where the range is none, or there is no such option.
   */
  constructor(options: MinMaxScalerOptions = {}) {
    super("MinMaxScaler");
    checkCount("MinMaxScaler", arguments.length, 1);
    checkOptions("MinMaxScaler", options, ["featureRange", "perFeature"]);
    const { featureRange = [0, 1], perFeature = true } = options;
    const isPair = Array.isArray(featureRange) && featureRange.length === 2;
    const [low, high] = isPair ? featureRange : [NaN, NaN];
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
    Scaler.checkJSON("MinMaxScaler", arguments.length, json);
    return new MinMaxScaler(json.params).restore(json, ["scale", "min"]);
  }

  /** The factor of each column. scikit-learn: `scale_`. */
  get scale(): Float64Array {
    return this.learned().scale.slice();
  }

  /** What is added to each column. scikit-learn: `min_`. */
  get min(): Float64Array {
    return this.learned().min.slice();
  }

  /** All options. scikit-learn: `get_params`. */
  getParams(): Required<MinMaxScalerOptions> & Record<string, unknown> {
    return { featureRange: [...this.#featureRange], perFeature: this.#perFeature };
  }

  /** A scaler with the same options that has learned nothing yet. scikit-learn: `clone`. */
  clone(): MinMaxScaler {
    return new MinMaxScaler(this.getParams());
  }

  /** The factors, and what is added. */
  protected learn(X: Matrix): Columns {
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
    const [low, high] = this.#featureRange;
    const scale = smallest.map((min, j) => {
      const range = largest[j] - min;
      return (high - low) / (range < 10 * Number.EPSILON ? 1 : range);
    });
    return { scale, min: smallest.map((min, j) => low - min * scale[j]) };
  }

  /** x scale + min; factors alone where nothing is added. */
  protected scalingBy({ scale, min }: Columns): Scaling {
    return {
      factors: min.every((m) => m === 0) ? scale : undefined,
      transform(x, out) {
        for (let n = 0; n < x.length;) {
          for (let j = 0; j < min.length; j++, n++) out[n] = x[n] * scale[j] + min[j];
        }
      },
      inverseTransform(x, out) {
        for (let n = 0; n < x.length;) {
          for (let j = 0; j < min.length; j++, n++) out[n] = (x[n] - min[j]) / scale[j];
        }
      },
    };
  }
}

/** The scaler that `toJSON` wrote, of the class that its format names. For the library's own use. */
export function scalerFromJSON(json: ScalerJSON): StandardScaler | MinMaxScaler {
  // A format of neither class is MinMaxScaler's to refuse.
  return json?.format === "@scratch/nn StandardScaler"
    ? StandardScaler.fromJSON(json)
    : MinMaxScaler.fromJSON(json);
}

/**
 * Rows that are scaled when they are read, minibatch by minibatch: a matrix in bytes stays so. {@linkcode NNClassifier}
 * takes them wherever it takes a matrix. They keep how they are scaled, also when the scaler is fitted again.
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
  /** How they are scaled. For the library's own use. */
  readonly scaling: Scaling;

  /**
   * Nothing is computed yet.
   *
   * @throws {TypeError} Where X is no matrix, or there is no scaler.
   * @throws {ShapeError} Where X has other columns than the scaler learned from.
   * @throws {NotFittedError} Before the scaler's `fit`.
   */
  constructor(X: Matrix, scaler: Scaler) {
    checkCount("ScaledRows", arguments.length, 2);
    if (!(scaler instanceof Scaler)) {
      throw new TypeError(
        `ScaledRows: expected a StandardScaler or MinMaxScaler, got ${describe(scaler)}`,
      );
    }
    this.matrix = X;
    this.scaling = scaler.scalingFor("ScaledRows", X);
  }
}
