/** The library's door: what `lib/mod.ts` gives away. */

import { assertEquals } from "@std/assert";
import * as mod from "../lib/mod.ts";

Deno.test("the library's door has these names, and no others", () => {
  assertEquals(Object.keys(mod).sort(), [
    ...["DivergenceError", "FileFormatError", "LabelEncoder", "Matrix", "MinMaxScaler"],
    ...["NNClassifier", "NotFittedError", "Pipeline", "RECOMMENDED", "RandomState", "ScaledRows"],
    ...["Scaler", "ShapeError", "StandardScaler", "TableVectorizer", "ValueError", "arraySplit"],
    ...["centerDigit", "classificationReport", "confusionMatrix", "crossEntropy", "distort"],
    ...["fromSafetensors", "hashWeights", "kernelsInUse", "l1Penalty", "l2Penalty", "labelsOf"],
    ...["linspace", "logLoss", "mle", "normalize", "oneHot", "readIdx", "readNpy"],
    ...["readSafetensors", "recommendedFor", "scale", "shuffleData", "sigmoid", "sigmoidPrime"],
    ...["softmax", "toSafetensors", "trainAsync", "trainTestSplit", "withChecksums", "writeNpy"],
    ...["writeSafetensors"],
  ]);
});

Deno.test("the types that those speak of can be imported beside them", () => {
  type Types = [
    ...[mod.ActivationName, mod.Activations, mod.Axis, mod.Cell, mod.CenterDigitOptions],
    ...[mod.Checksums, mod.ChoiceOptions, mod.Columns, mod.ComputeOptions, mod.DType],
    ...[mod.DistortOptions, mod.Epoch, mod.ForeignOptions, mod.Idx, mod.InitialWeightsName],
    ...[mod.KernelsInUse, mod.Label, mod.Labels<mod.Label>, mod.Learned, mod.MatrixJSON],
    ...[mod.MinMaxScalerOptions, mod.MutableList, mod.NNClassifierJSON],
    ...[mod.NNClassifierOptions, mod.NNClassifierParams, mod.NpyArray, mod.OutputName],
    ...[mod.PenaltyName, mod.Picture, mod.PipelineJSON, mod.PipelineSteps],
    ...[mod.PipelineTrainOptions, mod.ReportOptions, mod.Rows, mod.Safetensors, mod.ScalerJSON],
    ...[mod.Scaling, mod.ScheduleName, mod.Shape, mod.SplitOptions, mod.StandardScalerOptions],
    ...[mod.Table, mod.TableColumn, mod.TableRow, mod.TableVectorizerJSON],
    ...[mod.TableVectorizerOptions, mod.Tensor, mod.TrainAsyncOptions, mod.TrainOptions],
    ...[mod.TrainingWorker, mod.Validation],
  ];
  const types: Types | undefined = undefined; // checked before anything runs
  assertEquals(types, undefined);
});
