/**
 * `deno task predict`: what a trained model says of pictures, of the rows of a table, or of arrays, with probabilities.
 *
 * Results go to stdout, everything else to stderr. Tables are read as streams: any number of rows in the same memory.
 */

import { stringify } from "@std/csv/stringify";
import { fromFileUrl } from "@std/path";
import type { ActivationName, Cell, Label, Matrix, TableRow } from "../lib/mod.ts";
import { ACTIVATIONS } from "../lib/nn/activations.ts";
import { MAX_THREADS } from "../lib/nn/threads.ts";
import { classifierOf } from "../lib/pipeline.ts";
import { isMissing } from "../lib/table.ts";
import { type Batch, batchesOf } from "./predicting/inputs.ts";
import { showPicture } from "./predicting/pictures.ts";
import {
  exitCodeOf,
  messageOf,
  OutputError,
  print,
  printable,
  runCommand,
} from "./shared/command.ts";
import { type AnyModel, readModel } from "./shared/model_file.ts";
import {
  choice,
  flag,
  names,
  type Parsed,
  refuse,
  text,
  UsageError,
  wholeNumber,
} from "./shared/options.ts";
import { count, tell } from "./shared/progress.ts";

/** What a result has besides the columns that are kept. */
const OWN = ["file", "row", "prediction", "probabilities"];
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
  keep: names("A[,B…]", "columns of the table to print too, as an id (with --csv or --json)"),
  columns: names("A,B[,…]", "the names of the table's columns, if no line has them"),
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
  const { model: path, activation, threads, show, json, csv, keep, columns, quiet } = given;
  refuse(json && csv, "--json and --csv: choose one");
  refuse(keep.length > 0 && !json && !csv, "--keep needs --csv or --json");
  const twice = keep.find((name, i) => keep.indexOf(name) < i);
  refuse(twice !== undefined, `--keep: ${twice} is given twice: say it once`);
  const own = keep.find((name) => OWN.includes(name) || (csv && /^p\(.*\)$/.test(name)));
  refuse(own !== undefined, `--keep: the result has a column ${own} of its own`);
  if (files.length === 0 && Deno.stdin.isTerminal()) {
    throw new UsageError("name one or more files, or pipe a table into it; --help has examples");
  }
  const model = await readModel(path ?? fromFileUrl(DIGITS), activation, quiet ? () => {} : tell);
  const inputs = files.length === 0 ? ["-"] : files, standIns = new StandIns();
  const write = json ? asJson(keep) : csv ? asCsv(inputs, keep) : asTable(inputs);
  const options = { columns, onStandIn: standIns.add };
  let right = 0, known = 0, code = 0;
  for (const file of inputs) {
    const name = file === "-" ? "stdin" : file;
    try {
      for await (const batch of batchesOf(file, model, options)) {
        const results = predict(model, batch, threads);
        known += results.filter(({ isRight }) => isRight !== undefined).length;
        right += results.filter(({ isRight }) => isRight === true).length;
        const picture = show && batch.picture ? `${showPicture(batch.picture)}\n` : "";
        if (picture !== "" && (json || csv)) console.error(picture);
        if (!print((json || csv ? "" : picture) + write(results))) return 0;
      }
    } catch (error) {
      if (error instanceof OutputError) throw error;
      const message = messageOf(error); // and on with the next one
      tell(`predict: ${message.includes(printable(name)) ? "" : `${name}: `}${message}`);
      code = Math.max(code, exitCodeOf(error));
    }
  }
  if (!quiet) {
    for (const line of standIns.lines()) tell(line);
    if (known > 0) {
      const share = (100 * right / known).toFixed(2);
      tell(`Right: ${count(right)} of ${count(known)} (${share} %).`);
    }
  }
  return code;
}

/** Cells that the model has not taken as they are: how many, of which columns. */
class StandIns {
  readonly #counts = new Map<string, number>();

  /** Counts one. */
  readonly add = (column: string, cell: Cell): void => {
    const what = cell === undefined
      ? `${column}: missing, filled as in training, in`
      : this.#counts.size < 1000 // a stream may have any number
      ? `${column}: ${JSON.stringify(cell)}, none of the categories of training, in`
      : `${column}: others of these, in`;
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  };

  /** One for each column, or category, that was met. */
  lines(): string[] {
    const lines = [...this.#counts].map(([what, rows]) =>
      `${what} ${count(rows)} row${rows > 1 ? "s" : ""}.`
    );
    return lines.length > 10
      ? [...lines.slice(0, 10), `And ${lines.length - 10} more such.`]
      : lines;
  }
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
  /** Its cells, where it is a row of a table. */
  readonly cells: TableRow;
}

function predict(
  model: AnyModel,
  { file, firstRow, X, truth, rows }: Batch,
  threads: number,
): Prediction[] {
  const net = classifierOf(model);
  const { classes } = net, proba: Matrix = net.predictProba(X, { threads });
  return Array.from<Label, Prediction>(net.predict(X, { threads }), (prediction, i) => {
    const said = truth?.[i]?.trim();
    const isKnown = !isMissing(said);
    // "1.0" is the class 1
    const isSame = typeof prediction === "number"
      ? Number(said) === prediction
      : String(said) === String(prediction);
    return {
      ...{ file, row: firstRow === undefined ? undefined : firstRow + i, prediction, classes },
      probabilities: proba.row(i).data as Float64Array,
      ...{ truth: said, isRight: isKnown ? isSame : undefined, cells: rows?.[i] ?? {} },
    };
  });
}

// --- forms -------------------------------------------------------------------------------------------

type Writer = (predictions: readonly Prediction[]) => string;

function asJson(keep: readonly string[]): Writer {
  return (predictions) =>
    predictions.map(({ file, row, prediction, classes, probabilities, cells }) =>
      JSON.stringify({
        ...{ file, row },
        ...Object.fromEntries(keep.map((name) => [name, kept(cells, name)])),
        prediction,
        probabilities: Object.fromEntries(classes.map((label, k) => [label, probabilities[k]])),
      }) + "\n"
    ).join("");
}

/** A cell to be printed too. */
function kept(cells: TableRow, name: string): Cell {
  if (Object.hasOwn(cells, name)) return cells[name];
  const there = Object.keys(cells).join(", ") || "no columns";
  throw new UsageError(`--keep: there is no column ${JSON.stringify(name)}; there are ${there}`);
}

function asCsv(inputs: readonly string[], keep: readonly string[]): Writer {
  const hasFiles = inputs.length > 1;
  let isFirst = true;
  return (predictions) => {
    const [{ row, classes }] = predictions;
    const names = [hasFiles || row === undefined ? ["file"] : [], row === undefined ? [] : ["row"]]
      .flat();
    const header = [...names, ...keep, "prediction", ...classes.map((label) => `p(${label})`)];
    const lines = predictions.map(({ prediction, probabilities, cells, ...of }) => [
      ...names.map((name) => of[name as "file" | "row"]),
      ...keep.map((name) => kept(cells, name)),
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
      ].map(printable).join("  ").trimEnd() + "\n";
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
