import { assertEquals } from "@std/assert";
import { describe } from "../lib/errors.ts";
import { arrayRepr, arrayStr } from "../lib/format.ts";
import { Matrix, MinMaxScaler, NNClassifier, Pipeline, TableVectorizer } from "../lib/mod.ts";
import { fixture, matrixOf } from "./helpers.ts";

interface Sample {
  rows: (number | string)[][];
  repr: string;
  str: string;
}

Deno.test("toString and console.log print float64 matrices as NumPy's str and repr do", () => {
  const samples: Sample[] = [...fixture("printing").float64, ...fixture("numpy").printed];
  for (const { rows, repr, str } of samples) {
    const m = matrixOf(rows);
    assertEquals(m.toString(), str);
    assertEquals(Deno.inspect(m), repr);
  }
});

Deno.test("uint8 matrices print as in NumPy, with their dtype in the repr", () => {
  for (const { rows, repr, str } of fixture("numpy").printed_uint8 as Sample[]) {
    const m = matrixOf(rows).astype("uint8");
    assertEquals(m.toString(), str);
    assertEquals(Deno.inspect(m), repr);
  }
});

Deno.test("whole numbers print as in NumPy's int64", () => {
  for (const { rows, repr, str } of fixture("printing").int64 as Sample[]) {
    const numbers = {
      data: rows.flat() as number[],
      shape: [rows.length, rows[0].length] as const,
    };
    assertEquals(arrayStr({ ...numbers, dtype: "int64" }), str);
    assertEquals(arrayRepr({ ...numbers, dtype: "int64" }), repr);
  }
});

Deno.test("a tie in the last digit goes to the even one, as in NumPy, not up, as in toFixed", () => {
  assertEquals((0.001953125).toFixed(8), "0.00195313");
  assertEquals(String(Matrix.from([[0.001953125]])), "[[0.00195312]]");
  assertEquals(String(Matrix.from([[0.005859375]])), "[[0.00585938]]");
  assertEquals(String(Matrix.from([[0.000100005]])), "[[0.00010001]]"); // above the tie by 2e-21
  assertEquals(String(Matrix.from([[1.001953125, 1e9]])), "[[1.00195312e+00 1.00000000e+09]]");
  assertEquals(String(Matrix.from([[1.005859375, 1e9]])), "[[1.00585938e+00 1.00000000e+09]]");
});

Deno.test("the limits between one form and another are NumPy's", () => {
  // printed by NumPy 2.4.6
  assertEquals(String(Matrix.from([[1000, 1]])), "[[1000.    1.]]");
  assertEquals(String(Matrix.from([[1001, 1]])), "[[1.001e+03 1.000e+00]]");
  assertEquals(String(Matrix.from([[99999999]])), "[[99999999.]]");
  assertEquals(String(Matrix.from([[1e8]])), "[[1.e+08]]");
  assertEquals(String(Matrix.from([[0.0001]])), "[[0.0001]]");
  assertEquals(String(Matrix.from([[0.00009]])), "[[9.e-05]]");
  assertEquals(String(Matrix.from([[-99999999.1]])), "[[-99999999.1]]"); // -99999999.09999999404
  assertEquals(String(Matrix.from([[12345678.3, 1e6]])), "[[12345678.3  1000000. ]]");
  assertEquals(String(Matrix.from([[1e100, 1e-5]])), "[[1.e+100 1.e-005]]");
  assertEquals(String(Matrix.from([[1e-300, -2.5e7]])), "[[ 1.0e-300 -2.5e+007]]");
  assertEquals(String(Matrix.zeros([1, 1000])).includes("..."), false);
  assertEquals(Deno.inspect(Matrix.zeros([1, 1000])).endsWith(" 0., 0.]])"), true);
  const firstLine = (cols: number) => String(Matrix.zeros([200, cols])).split("\n")[0];
  assertEquals(firstLine(6), "[[0. 0. 0. 0. 0. 0.]");
  assertEquals(firstLine(7), "[[0. 0. 0. ... 0. 0. 0.]");
  const bytes = (cols: number) => Deno.inspect(Matrix.ones([1, cols]).astype("uint8"));
  assertEquals(bytes(17), `array([[${Array(17).fill(1).join(", ")}]], dtype=uint8)`);
  assertEquals(bytes(18), `array([[${Array(18).fill(1).join(", ")}]],\n      dtype=uint8)`);
  assertEquals(String(Matrix.zeros([1, 1001])), "[[0. 0. 0. ... 0. 0. 0.]]");
  const inspected = (cols: number) => Deno.inspect(Matrix.ones([1, cols]).multiply(1.125));
  const elements = "array([[1.125, 1.125, 1.125, ..., 1.125, 1.125, 1.125]],";
  assertEquals(inspected(100_001), `${elements} shape=(1, 100001))`); // 75 characters
  assertEquals(inspected(1_000_001), `${elements}\n      shape=(1, 1000001))`);
});

Deno.test("a notebook shows a table of the numbers that NumPy would print, and its text", () => {
  const display = (m: Matrix) =>
    (m as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]();
  const { "text/html": html, "text/plain": plain } = display(Matrix.from([[1 / 3, 100]]));
  const cells = (html: string) =>
    [...html.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, text]) => text);
  assertEquals(cells(html), ["0.33333333", "100.        "]);
  const style = "text-align: right; font-family: monospace; white-space: pre";
  const row = `<tr><td style="${style}">0.33333333</td><td style="${style}">100.        </td></tr>`;
  assertEquals(html, `<table>\n${row}\n</table>\n<small>1 × 2, float64</small>`);
  assertEquals(plain, "array([[  0.33333333, 100.        ]])");
  assertEquals(cells(display(Matrix.from([[1, 2], [3, 4]]))["text/html"]), [
    "1.",
    "2.",
    "3.",
    "4.",
  ]);
  assertEquals(cells(display(Matrix.zeros([1, 784]))["text/html"]).length, 7); // one digit
  assertEquals(cells(display(Matrix.zeros([20, 1]))["text/html"]).length, 20);
  assertEquals(cells(display(Matrix.zeros([21, 1]))["text/html"]).length, 7);
  assertEquals(cells(display(Matrix.zeros([1, 20]))["text/html"]).length, 20);
  assertEquals(cells(display(Matrix.zeros([1, 21]))["text/html"]).length, 7);
  const long = display(Matrix.zeros([400, 30]))["text/html"];
  assertEquals(cells(long).length, 7 * 7);
  assertEquals(cells(long).slice(0, 7), ["0.", "0.", "0.", "…", "0.", "0.", "0."]);
  assertEquals(cells(long).slice(21, 28), Array(7).fill("⋮"));
});

Deno.test("console.log shows the same in Node.js as in Deno", () => {
  const scaler = new MinMaxScaler(), net = new NNClassifier();
  const inNode = Symbol.for("nodejs.util.inspect.custom");
  const models = [scaler, net, new TableVectorizer(), new Pipeline([scaler, net])];
  for (const shown of [Matrix.from([[1, 2]]), ...models]) {
    assertEquals((shown as unknown as Record<symbol, () => string>)[inNode](), Deno.inspect(shown));
  }
  assertEquals(Deno.inspect(scaler.fit(Matrix.ones([2, 3]))), "MinMaxScaler(3 columns)");
});

Deno.test("messages show any value in a few words", () => {
  const shown = [Math.max, Object.create(null), [1, "a", [2], null, undefined, 6], new Map()];
  assertEquals(shown.map(describe), [
    "a function",
    "an object (Object)",
    '[1, "a", [2], null, undefined, …]',
    "an object (Map)",
  ]);
});

Deno.test("an empty matrix prints its shape", () => {
  assertEquals(String(Matrix.zeros([0, 3])), "[]");
  assertEquals(Deno.inspect(Matrix.zeros([0, 3])), "array([], shape=(0, 3), dtype=float64)");
});
