/**
 * Matrices and a neural network, from scratch, for Deno, browsers and Node.js: no dependencies, no files, no network,
 * no clock (`trainAsync` alone starts a worker). The same input gives the same bits on every machine.
 *
 * It holds what the article "Neural Network from Scratch | TensorFlow for Hackers (Part IV)" takes from NumPy,
 * SciPy and scikit-learn, under their names: {@linkcode Matrix}, {@linkcode RandomState}, the functions of a network,
 * and {@linkcode NNClassifier}, its class. For other data: {@linkcode RECOMMENDED} options, and a {@linkcode Pipeline}
 * with a {@linkcode MinMaxScaler} or a {@linkcode StandardScaler}, for tables with a {@linkcode TableVectorizer}; for
 * pictures {@linkcode distort} and {@linkcode centerDigit}; {@linkcode trainAsync} for pages that go on meanwhile.
 *
 * @example XOR, learned
 * ```ts
 * import { Matrix, NNClassifier } from "@scratch/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const X = Matrix.from([[0, 0], [0, 1], [1, 0], [1, 1]]);
 * const y = [0, 1, 1, 0];
 *
 * const net = new NNClassifier({ nFeatures: 2, nClasses: 2, nHiddenUnits: 3, learningRate: 1 });
 * net.fit(X, y);
 * assertEquals(net.score(X, y), 1);
 * ```
 *
 * @module
 */

export { type Axis, type DType, Matrix, type MatrixJSON, type Shape } from "./matrix.ts";
export { type ChoiceOptions, RandomState } from "./random.ts";
export {
  crossEntropy,
  l1Penalty,
  l2Penalty,
  mle,
  sigmoid,
  sigmoidPrime,
  softmax,
} from "./functions.ts";
export {
  arraySplit,
  linspace,
  type MutableList,
  normalize,
  oneHot,
  scale,
  shuffleData,
} from "./preprocessing.ts";
export { type Label, LabelEncoder, type Labels } from "./labels.ts";
export {
  type Cell,
  labelsOf,
  type Table,
  type TableColumn,
  type TableRow,
  TableVectorizer,
  type TableVectorizerJSON,
  type TableVectorizerOptions,
} from "./table.ts";
export { type SplitOptions, trainTestSplit } from "./split.ts";
export { classificationReport, confusionMatrix, logLoss, type ReportOptions } from "./metrics.ts";
export { type Idx, readIdx } from "./idx.ts";
export { type NpyArray, readNpy, writeNpy } from "./npy.ts";
export { readSafetensors, type Safetensors, type Tensor, writeSafetensors } from "./safetensors.ts";
export {
  type Columns,
  MinMaxScaler,
  type MinMaxScalerOptions,
  ScaledRows,
  Scaler,
  type ScalerJSON,
  type Scaling,
  StandardScaler,
  type StandardScalerOptions,
} from "./scalers.ts";
export { distort, type DistortOptions } from "./distort.ts";
export { centerDigit, type CenterDigitOptions, type Picture } from "./pictures.ts";
export {
  Pipeline,
  type PipelineJSON,
  type PipelineSteps,
  type PipelineTrainOptions,
} from "./pipeline.ts";
export { type Checksums, withChecksums } from "./checksums.ts";
export { type ForeignOptions, fromSafetensors, toSafetensors } from "./exchange.ts";
export { type Activations, NNClassifier, type NNClassifierJSON } from "./nn/classifier.ts";
export { trainAsync, type TrainAsyncOptions } from "./train_async.ts";
export type { TrainingWorker } from "./async/messages.ts";
export type { ActivationName } from "./nn/activations.ts";
export type { Rows } from "./nn/inputs.ts";
export {
  type NNClassifierOptions,
  type NNClassifierParams,
  RECOMMENDED,
  recommendedFor,
  type TrainOptions,
} from "./nn/options.ts";
export type { ComputeOptions } from "./nn/threads.ts";
export type { OutputName } from "./nn/output.ts";
export type { PenaltyName } from "./nn/penalty.ts";
export type { ScheduleName } from "./nn/schedules.ts";
export type { Epoch, Learned, Validation } from "./nn/training.ts";
export { hashWeights, type InitialWeightsName } from "./nn/weights.ts";
export { type KernelsInUse, kernelsInUse } from "./kernels/kernels.ts";
export {
  DivergenceError,
  FileFormatError,
  NotFittedError,
  ShapeError,
  ValueError,
} from "./errors.ts";
