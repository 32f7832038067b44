/**
 * Distorted pictures: new ones to learn from, made of those that are there.
 *
 * @module
 */

import { checkCount, checkOptions } from "./checks.ts";
import { describe, ShapeError, ValueError } from "./errors.ts";
import { cos, exp, sin } from "./kernels/elementary.ts";
import { withArena } from "./kernels/memory.ts";
import { checkMatrix, Matrix } from "./matrix.ts";
import { checkThreads, type ComputeOptions, makeBackend } from "./nn/threads.ts";
import { RandomState } from "./random.ts";

/** How {@linkcode distort} distorts. What is left out is as in the picture. */
export interface DistortOptions extends ComputeOptions {
  /** Height and width of a picture, in pixels. */
  shape: readonly [height: number, width: number];
  /** Each picture is turned by up to so many degrees, to either side. Default: 0. */
  rotation?: number;
  /** Height and width are changed by a factor from 1 - scale to 1 + scale, each by its own. Default: 0. */
  scale?: number;
  /** Rows are pushed aside by up to so many pixels a row, counted from the middle, to either side. Default: 0. */
  shear?: number;
  /** The picture is moved by up to so many pixels, up or down and to either side. Default: 0. */
  shift?: number;
  /**
   * Elastic distortion (Simard 2003): each pixel is moved by `alpha` times a field of random numbers from -1 to 1, one for
   * each pixel, smoothed by a Gaussian of standard deviation `sigma` pixels. Default: none.
   */
  elastic?: { readonly alpha: number; readonly sigma: number };
  /** The seed, 0 to 2^32 - 1. The same seed gives the same pictures. Default: 42. */
  randomSeed?: number;
}

/** The pictures of a block, which pass through the kernels' memory together: as many, and bytes as many, at most. */
const BLOCK = 1024, BLOCK_BYTES = 2 ** 24;
/** The longest side of a picture that is bent: the Gaussian takes its square. */
const MAX_ELASTIC = 2048;

/**
 * Each picture distorted in its own random way: turned, scaled, sheared, shifted, and bent as if drawn on rubber. Bytes to
 * bytes, the same on every machine. What comes from outside of a picture is 0.
 *
 * A network that sees new pictures in each epoch cannot learn them by heart:
 *
 * @example Learn from new pictures in each epoch
 * ```ts
 * import { distort, Matrix, NNClassifier } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 9, 0, 0, 9, 0, 0, 9, 0], [0, 0, 0, 9, 9, 9, 0, 0, 0]]).astype("uint8");
 * const y = [0, 1]; // an upright and a level bar of 3 x 3 pixels
 * const net = new NNClassifier({ nFeatures: 9, nClasses: 2, nHiddenUnits: 3, learningRate: 0.1, epochs: 50 });
 * for (let epoch = 0; epoch < 50; epoch++) {
 *   net.partialFit(distort(X, { shape: [3, 3], rotation: 20, randomSeed: epoch }), y);
 * }
 * assertEquals(net.score(X, y), 1);
 * ```
 *
 * @param X Pictures of bytes, one a row.
 * @returns As many pictures of the same shape.
 * @throws {TypeError} Where X is no matrix of bytes.
 * @throws {ShapeError} Where its rows have not height times width pixels.
 * @throws {ValueError} Where an option is not what it may be.
 */
export function distort(X: Matrix, options: DistortOptions): Matrix {
  checkCount("distort", arguments.length, 2);
  checkMatrix("distort", X);
  if (!(X.data instanceof Uint8Array)) {
    throw new TypeError('distort: expected a matrix of bytes: X.astype("uint8")');
  }
  const { height, width, elastic, threads, ...limits } = checkDistort(X, options);
  const size = height * width;
  const { affine, keys } = drawTransforms(X.rows, limits);
  const pictures = new Uint8Array(X.data.length);
  const backend = makeBackend(threads);
  withArena((arena) => {
    const count = Math.min(X.rows, BLOCK, Math.max(1, Math.floor(BLOCK_BYTES / size)));
    const x = arena.uint8(count * size), out = arena.uint8(count * size);
    const affineOf = arena.float64(6 * count), keysOf = arena.int32(count);
    const smoothRows = arena.float64(elastic ? height * height : 0);
    const smoothCols = arena.float64(elastic ? (width + 1) * width : 0).fill(0, 0, width);
    if (elastic) {
      smoothRows.set(gaussian(height, elastic.sigma));
      smoothCols.set(gaussian(width, elastic.sigma).map((g) => elastic.alpha * g), width);
    }
    const columns = arena.int32(Math.max(height, width));
    for (let n = 0; n < columns.length; n++) columns[n] = n;
    const scratch = arena.float64(threads * scratchOf(height, width));
    for (let first = 0; first < X.rows; first += count) {
      const n = Math.min(count, X.rows - first);
      x.set(X.data.subarray(first * size, (first + n) * size));
      affineOf.set(affine.subarray(6 * first, 6 * (first + n)));
      keysOf.set(keys.subarray(first, first + n));
      backend.split(backend.maxParts(n * size * (height + width)), n, (k, from, to, part) => {
        const own = scratch.subarray(part * scratchOf(height, width));
        k.distort(
          ...[from, to, height, width, x, affineOf, elastic ? 1 : 0, keysOf] as const,
          ...[smoothRows, smoothCols, columns, own, out] as const,
        );
      });
      pictures.set(out.subarray(0, n * size), first * size);
    }
  });
  return Matrix.fromArray(pictures, X.shape);
}

/** The numbers that a thread needs for the noise, its half-smoothed form, and the two fields. */
function scratchOf(height: number, width: number): number {
  return 4 * height * width + width;
}

interface Limits {
  readonly rotation: number;
  readonly scale: number;
  readonly shear: number;
  readonly shift: number;
  readonly randomSeed: number;
}

/**
 * For each picture where its pixels look, in the picture as it was (`Kernels.distort`): A = turn · shear · stretch and the
 * shift; and the key of its noise. Eight numbers of the seed's stream a picture, whatever the options are.
 */
function drawTransforms(
  count: number,
  { rotation, scale, shear, shift, randomSeed }: Limits,
): { affine: Float64Array; keys: Int32Array } {
  const rng = new RandomState(randomSeed);
  const affine = new Float64Array(6 * count), keys = new Int32Array(count);
  const within = (limit: number) => rng.uniform(-1, 1) * limit;
  for (let i = 0; i < count; i++) {
    const angle = within(rotation * Math.PI / 180);
    const s = sin(angle), c = cos(angle);
    const high = 1 / (1 + within(scale)), wide = 1 / (1 + within(scale));
    const aside = within(shear);
    // turn [c -s; s c] · shear [1 0; aside 1] · stretch [high 0; 0 wide], of (row, column)
    affine.set([(c - s * aside) * high, -s * wide, (s + c * aside) * high, c * wide], 6 * i);
    affine.set([within(shift), within(shift)], 6 * i + 4);
    keys[i] = rng.randint(0, 2 ** 32) | 0;
  }
  return { affine, keys };
}

/** length x length: the Gaussian of |i - j|, whose sum over all whole numbers is 1. */
function gaussian(length: number, sigma: number): Float64Array {
  const weight = (distance: number) => exp(-(distance * distance) / (2 * sigma * sigma));
  let sum = weight(0);
  for (let d = 1; weight(d) > 0; d++) sum += 2 * weight(d);
  return Float64Array.from({ length: length * length }, (_, n) => {
    return weight(Math.floor(n / length) - n % length) / sum;
  });
}

const NAMES = ["shape", "rotation", "scale", "shear", "shift", "elastic", "randomSeed"];

/** The options with their defaults. */
function checkDistort(
  X: Matrix,
  options: DistortOptions,
): Limits & {
  readonly height: number;
  readonly width: number;
  readonly elastic: DistortOptions["elastic"];
  readonly threads: number;
} {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`distort: expected options { shape, … }, got ${describe(options)}`);
  }
  const threads = checkThreads("distort", options, NAMES);
  const { shape, rotation = 0, scale = 0, shear = 0, shift = 0, randomSeed = 42 } = options;
  const [height, width] = Array.isArray(shape) && shape.length === 2 ? shape : [0, 0];
  if (![height, width].every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new ValueError(`distort: shape must be [height, width], got ${describe(shape)}`);
  }
  if (X.cols !== height * width) {
    throw new ShapeError(
      `distort: pictures of ${height} x ${width} need ${height * width} columns, got shape (${
        X.shape.join(", ")
      })`,
    );
  }
  const check = (name: string, value: number, most: number, unit: string, least = 0) => {
    if (!(typeof value === "number" && value >= least && value <= most)) {
      throw new ValueError(
        `distort: ${name} must be ${unit} from ${least} to ${most}, got ${describe(value)}`,
      );
    }
  };
  check("rotation", rotation, 180, "degrees");
  check("scale", scale, 0.9, "a share");
  check("shear", shear, 10, "pixels a row");
  check("shift", shift, 1000, "pixels");
  const { elastic } = options;
  if (elastic !== undefined) {
    if (Math.max(height, width) > MAX_ELASTIC) {
      throw new ValueError(
        `distort: elastic takes pictures of up to ${MAX_ELASTIC} x ${MAX_ELASTIC}, got ${height} x ${width}`,
      );
    }
    checkOptions("distort: elastic", elastic, ["alpha", "sigma"]);
    check("elastic.alpha", elastic.alpha, 1000, "pixels");
    check("elastic.sigma", elastic.sigma, 1000, "pixels", 0.1);
  }
  return { height, width, elastic, threads, rotation, scale, shear, shift, randomSeed };
}
