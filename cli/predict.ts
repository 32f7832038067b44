/**
 * `deno task predict`: what a trained model says of pictures, of the rows of a table, or of arrays, with probabilities.
 *
 * Results go to stdout, everything else to stderr. Tables are read as streams: any number of rows in the same memory.
 */

import { stringify } from "@std/csv/stringify";
import { fromFileUrl } from "@std/path";
import { type ActivationName, type Cell, type Label, type Matrix, Pipeline } from "../lib/mod.ts";
import { ACTIVATIONS } from "../lib/nn/activations.ts";
import { MAX_THREADS } from "../lib/nn/threads.ts";
import { runCommand } from "./command.ts";
import { type AnyModel, readModel } from "./model_file.ts";
import { choice, flag, type Parsed, refuse, text, UsageError, wholeNumber } from "./options.ts";
import { showPicture } from "./pictures.ts";
import { type Batch, batchesOf } from "./predict_inputs.ts";

const DIGITS = new URL("../data/models/digits.json", import.meta.url);

const OPTIONS = {
  model: text(
    "FILE",
    undefined,
    "what deno task train --save wrote, or a safetensors file [data/models/digits.json]",
  ),
  show: flag("print what the network sees of a picture"),
  json: flag("print a JSON object for each row, a line each"),
  csv: flag("print a table as CSV, with the probability of each class"),
  activation: {
    ...choice(
      Object.keys(ACTIVATIONS) as ActivationName[],
      "relu",
      "of the hidden units, for a safetensors file that does not say it, as PyTorch's; relu if not said",
    ),
    default: undefined as ActivationName | undefined,
  },
  threads: wholeNumber(1, "threads to compute with", { max: MAX_THREADS }),
  quiet: flag("nothing on stderr but mistakes"),
};

async function main(given: Parsed<typeof OPTIONS>, files: readonly string[]): Promise<number> {
  const { model: path, activation, threads, show, json, csv, quiet } = given;
  refuse(json && csv, "--json and --csv: choose one");
  if (files.length === 0 && Deno.stdin.isTerminal()) {
    throw new UsageError("name one or more files, or pipe a table into it; --help has examples");
  }
  const model = await readModel(path ?? fromFileUrl(DIGITS), activation);
  const inputs = files.length === 0 ? ["-"] : files;
  const write = json ? asJson() : csv ? asCsv(inputs) : asTable(inputs);
  let right = 0, known = 0;
  for (const file of inputs) {
    for await (const batch of batchesOf(file, model)) {
      const results = predict(model, batch, threads);
      known += results.filter(({ isRight }) => isRight !== undefined).length;
      right += results.filter(({ isRight }) => isRight === true).length;
      const picture = show && batch.picture ? `${showPicture(batch.picture)}\n` : "";
      if (picture !== "" && (json || csv)) console.error(picture);
      if (!print((json || csv ? "" : picture) + write(results))) return 0;
    }
  }
  if (known > 0 && !quiet) {
    const share = (100 * right / known).toFixed(2);
    console.error(
      `Right: ${right.toLocaleString("en-US")} of ${known.toLocaleString("en-US")} (${share} %).`,
    );
  }
  return 0;
}

/** What the model says of a row. */
interface Prediction {
  readonly file: string;
  /** Its number, from 1; none for a picture. */
  readonly row: number | undefined;
  readonly prediction: Label;
  readonly classes: readonly Label[];
  /** Of each class. */
  readonly probabilities: Float64Array;
  /** Whether that is the class that the file says; undefined where it says none. */
  readonly isRight: boolean | undefined;
  readonly truth: Cell;
}

function predict(
  model: AnyModel,
  { file, firstRow, X, truth }: Batch,
  threads: number,
): Prediction[] {
  const net = model instanceof Pipeline ? model.classifier : model;
  const { classes } = net, proba: Matrix = net.predictProba(X, { threads });
  return Array.from<Label, Prediction>(net.predict(X, { threads }), (prediction, i) => {
    const said = typeof truth?.[i] === "string" ? truth[i].trim() : truth?.[i];
    const isKnown = said !== undefined && said !== null && said !== "";
    return {
      ...{ file, row: firstRow === undefined ? undefined : firstRow + i, prediction, classes },
      probabilities: proba.row(i).data as Float64Array,
      ...{ truth: said, isRight: isKnown ? String(said) === String(prediction) : undefined },
    };
  });
}

/** Writes it all; false where nobody reads on, as `head` does. */
function print(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

// --- forms -------------------------------------------------------------------------------------------

type Writer = (predictions: readonly Prediction[]) => string;

function asJson(): Writer {
  return (predictions) =>
    predictions.map(({ file, row, prediction, classes, probabilities }) =>
      JSON.stringify({
        ...{ file, row, prediction },
        probabilities: Object.fromEntries(classes.map((label, k) => [label, probabilities[k]])),
      }) + "\n"
    ).join("");
}

function asCsv(inputs: readonly string[]): Writer {
  const hasFiles = inputs.length > 1;
  let isFirst = true;
  return (predictions) => {
    const [{ row, classes }] = predictions;
    const names = [hasFiles || row === undefined ? ["file"] : [], row === undefined ? [] : ["row"]]
      .flat();
    const header = [...names, "prediction", ...classes.map((label) => `p(${label})`)];
    const lines = predictions.map(({ prediction, probabilities, ...of }) => [
      ...names.map((name) => of[name as "file" | "row"]),
      ...[prediction, ...probabilities],
    ]);
    const text = stringify(isFirst ? [header, ...lines] : lines).replaceAll("\r\n", "\n");
    isFirst = false;
    return text;
  };
}

function asTable(inputs: readonly string[]): Writer {
  let isFirst = true;
  const fileWidth = Math.max(...inputs.map((file) => file.length), 5);
  return (predictions) => {
    const width = Math.max(5, ...predictions[0].classes.map((label) => String(label).length));
    const line = ([file, row, label, p, next, q, note]: readonly string[]) =>
      [
        ...(inputs.length > 1 || predictions[0].row === undefined ? [file.padEnd(fileWidth)] : []),
        ...(predictions[0].row === undefined ? [] : [row.padStart(7)]),
        ...[label.padEnd(width), p.padStart(9), next.padEnd(width), q.padStart(9), note],
      ].join("  ").trimEnd() + "\n";
    const header = isFirst ? line(["file", "row", "class", "sure", "next", "", ""]) : "";
    isFirst = false;
    return header +
      predictions.map(({ file, row, prediction, classes, probabilities, isRight, truth }) => {
        const at = classes.indexOf(prediction);
        const next = probabilities.reduce(
          (best, p, k) => k !== at && (best < 0 || p > probabilities[best]) ? k : best,
          -1,
        );
        const percent = (k: number) => k < 0 ? "" : `${(100 * probabilities[k]).toFixed(2)} %`;
        const label = (k: number) => String(classes[k] ?? "");
        const note = isRight === false ? `not ${truth}` : "";
        return line([file, String(row), label(at), percent(at), label(next), percent(next), note]);
      }).join("");
  };
}

await runCommand({
  name: "predict",
  summary: `Says what a trained model makes of pictures, of the rows of a table, or of arrays.`,
  files: "[FILE…]",
  options: OPTIONS,
  notes: [
    `Files are told apart by what they hold: pictures of one digit (PNG, JPEG), tables (CSV, with the
columns that the model learned from; others are left out), arrays (.npy), IDX files. Without a
file, or for "-", it reads stdin. Where a table has the classes too, it counts what is right.`,
    `Examples:
  deno task predict my-seven.png --show                 handwriting, by data/models/digits.json
  deno task predict --model iris.model.json new.csv     a table
  cat million.csv | deno task predict --model iris.model.json --csv > out.csv`,
  ],
  main,
});
