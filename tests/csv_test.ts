/** CSV files as tables: the first line, separators, quotes, streams, and what is wrong with a file. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { toFileUrl } from "@std/path";
import { csvStream, parseCsv, readCsv } from "../lib/csv.ts";
import { FileFormatError, RandomState, ValueError } from "../lib/mod.ts";
import { dataFolder } from "./helpers.ts";

Deno.test("the first line names the columns, and every cell is a text", () => {
  assertEquals(parseCsv("a,b\n1,x\n,007\n"), [{ a: "1", b: "x" }, { a: "", b: "007" }]);
  assertEquals(parseCsv("\uFEFF a , b \r\n1,x\r\n\r\n"), [{ a: "1", b: "x" }]); // as Excel writes it
  assertEquals(parseCsv('a,b\n"x, ""y""\nz",2'), [{ a: 'x, "y"\nz', b: "2" }]);
  assertEquals(Object.keys(parseCsv("__proto__,b\n1,2")[0]), ["__proto__", "b"]);
});

Deno.test("the separator is the one that the first line has most of, quotes aside, or the one that is said", () => {
  for (const separator of [",", ";", "\t", "|"]) {
    assertEquals(parseCsv(`"a,,;;||b"${separator}c\n1${separator}2`), [{
      "a,,;;||b": "1",
      c: "2",
    }]);
  }
  assertEquals(parseCsv('"a,,";"b,,"\n1;2'), [{ "a,,": "1", "b,,": "2" }]);
  assertEquals(parseCsv("\n\na;b\n1;2"), [{ a: "1", b: "2" }]);
  assertEquals(parseCsv("a;b,c\n1;5,2", { separator: ";" }), [{ a: "1", "b,c": "5,2" }]);
  assertEquals(parseCsv("a😀b\n1😀2", { separator: "😀" }), [{ a: "1", b: "2" }]);
  // of as many the first of , ; tab |
  assertEquals(parseCsv("a|b;c\n1|2;3"), [{ "a|b": "1|2", c: "3" }]);
  assertEquals(parseCsv("a\nx|y"), [{ a: "x|y" }]);
  assertEquals(parseCsv("\uFEFF\n1;2\n", { columns: ["a", "b"] }), [{ a: "1", b: "2" }]);
  assertEquals(parseCsv("\t\ta,b\n1,2"), [{ a: "1", b: "2" }]); // tabs before others are none
});

Deno.test("a column without a name is called by its number, and Excel's line on the separator is heeded", () => {
  assertEquals(parseCsv(",a,\n0,5,\n"), [{ "column 1": "0", a: "5", "column 3": "" }]); // as pandas writes it
  assertEquals(parseCsv("\ta\n0\t5\n"), [{ "column 1": "0", a: "5" }]);
  assertEquals(parseCsv("sep=|\na,b|c\n1|2\n"), [{ "a,b": "1", c: "2" }]);
  assertEquals(parseCsv('\uFEFF"sep=;"\r\na;b\r\n1;2'), [{ a: "1", b: "2" }]);
  assertEquals(parseCsv("sep=;\na|b;c\n1|2", { separator: "|" }), [{ a: "1", "b;c": "2" }]);
});

Deno.test("a file without names is given them", () => {
  assertEquals(parseCsv("5.1,setosa\n", { columns: ["length", "species"] }), [
    { length: "5.1", species: "setosa" },
  ]);
  assertEquals(parseCsv("5\n", { columns: ["2025"] }), [{ "2025": "5" }]);
});

/** Random rows, with all that CSV has to quote, as text. */
function randomCsv(
  rng: RandomState,
  rows: number,
): { text: string; rows: Record<string, string>[] } {
  const pieces = ["", "x", "1.5", ",", '"', "\n", "é", "😀", " "];
  const names = ["a", "b, c", 'd"e'];
  const cell = () => rng.choice(pieces, rng.randint(0, 5)).join("");
  const table = Array.from(
    { length: rows },
    () => Object.fromEntries(names.map((name, j) => [name, j === 0 ? `.${cell()}` : cell()])),
  );
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = [names, ...table.map((row) => Object.values(row))];
  return { text: lines.map((cells) => cells.map(quoted).join(",")).join("\n"), rows: table };
}

Deno.test("a stream gives the rows of the whole, wherever it is cut", async () => {
  const rng = new RandomState(7);
  for (let n = 0; n < 40; n++) {
    const { text, rows } = randomCsv(rng, rng.randint(1, 30));
    assertEquals(parseCsv(text), rows);
    const cuts = rng.randint(0, text.length, 5).sort((a, b) => a - b);
    const pieces = [0, ...cuts].map((from, i) => text.slice(from, cuts[i] ?? text.length));
    assertEquals((await Array.fromAsync(csvStream(ReadableStream.from(pieces)))).flat(), rows);
  }
});

/** The rows of a stream of these pieces. */
async function streamed(...pieces: string[]) {
  return (await Array.fromAsync(csvStream(ReadableStream.from(pieces)))).flat();
}

Deno.test("a stream may be cut after Excel's line on the separator, and before a mark that is no first one", async () => {
  assertEquals(await streamed("sep=|\n", "a,b|c\n1|2\n"), [{ "a,b": "1", c: "2" }]);
  assertEquals(await streamed("sep=;\n", "\n", "a;b\n1;2"), [{ a: "1", b: "2" }]);
  assertEquals(await streamed("sep=;\n", "sep=|\n1\n"), [{ "sep=|": "1" }]); // a name
  const blocks = csvStream(ReadableStream.from(["sep=;\n", "a;b\n", "1;2\n"]));
  assertEquals(await Array.fromAsync(blocks), [[{ a: "1", b: "2" }]]); // none is empty
  // as of two files, one after the other
  const rows = [{ a: "1" }, { a: "\ufeff2" }];
  assertEquals(await streamed("a\n1\n", "\ufeff2\n"), rows);
  assertEquals(parseCsv("a\n1\n\ufeff2\n"), rows);
});

Deno.test("lines of spaces before the names are none, wherever a stream is cut", async () => {
  const rows = [{ x: "1", y: "2" }];
  for (
    const blank of [" ", "sep=,\n ", "\u00a0", "\u2028", " \r", "\uFEFF", "\uFEFF \n\n "]
  ) {
    const text = `${blank}\nx,y\n1,2\n`;
    assertEquals(parseCsv(text), rows);
    for (let at = 0; at <= text.length; at++) {
      assertEquals(await streamed(text.slice(0, at), text.slice(at)), rows);
    }
  }
  assertThrows(() => parseCsv(" \n\nx\n1,2\n"), FileFormatError, "row 1");
});

Deno.test("a row of missing cells is a row, also the first and the last one, wherever a stream is cut", async () => {
  const [columns, none] = [["a", "b"], { a: "", b: "" }], some = { a: "1", b: "2" };
  for (
    const [separator, text] of [["\t", "\t\n1\t2\n\t"], [" ", " \n1 2\n "], [",", ",\n1,2\n,"]]
  ) {
    const options = { columns, separator };
    assertEquals(parseCsv(text, options), [none, some, none]);
    for (let at = 0; at <= text.length; at++) {
      const pieces = ReadableStream.from([text.slice(0, at), text.slice(at)]);
      const rows = (await Array.fromAsync(csvStream(pieces, options))).flat();
      assertEquals(rows, [none, some, none]);
    }
  }
  for (const separator of ["\t", " "]) {
    const text = `${separator}\n1${separator}2\n`;
    assertEquals(parseCsv(text, { separator }), [{ "column 1": "1", "column 2": "2" }]);
  }
});

Deno.test("of 100,000 columns each has its cell, and a name that is there twice is found", () => {
  const names = Array.from({ length: 100_000 }, (_, j) => `c${j}`);
  const [row] = parseCsv(`${names.join(",")}\n${names.map((_, j) => j).join(",")}\n`);
  assertEquals([Object.keys(row).length, row.c99999], [100_000, "99999"]);
  const twice = `${names.join(",")},c7\n`;
  assertThrows(() => parseCsv(twice), FileFormatError, 'has two columns of the name "c7"');
});

Deno.test("a row is shown in short where it is long", () => {
  const { message } = assertThrows(() => parseCsv(`a,b\n${"x".repeat(1e6)}\n`), FileFormatError);
  assert(message.length < 400, `${message.length} characters`);
});

Deno.test("a long stream comes in blocks, and no row is torn between two", async () => {
  const { text, rows } = randomCsv(new RandomState(8), 120_000);
  const blocks = await Array.fromAsync(csvStream(ReadableStream.from([text])));
  assertEquals(blocks.length > 2, true);
  assertEquals(blocks.flat(), rows);
});

Deno.test("a row is given as soon as its line is whole", async () => {
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter(), rows = csvStream(readable);
  writer.write("a,b\n1,2\n3,");
  assertEquals((await rows.next()).value, [{ a: "1", b: "2" }]);
  writer.write("4\n");
  assertEquals((await rows.next()).value, [{ a: "3", b: "4" }]);
  writer.close();
  assertEquals((await rows.next()).done, true);
});

Deno.test("a quoted cell of many lines is whole wherever a block ends within it", async () => {
  const cell = '"' + "line, of text\n".repeat(1500) + '"';
  const text = "a,b\n" + `1,${cell}\n`.repeat(60);
  const rows = (await Array.fromAsync(csvStream(ReadableStream.from([text])))).flat();
  assertEquals([rows.length, new Set(rows.map(({ b }) => b.length)).size], [60, 1]);
});

Deno.test("what is wrong with a CSV file is said, with its row or line", async () => {
  const refuses = (text: string, message: string, options = {}) =>
    assertThrows(() => parseCsv(text, options), FileFormatError, message);
  refuses("", "parseCsv: the text is empty: expected a line with the names of the columns");
  refuses(" \n ", "is empty");
  refuses("a,b\n", "has no rows below the names of its columns");
  const { message } = assertThrows(() => parseCsv("a,b\n1,2\n3\n"), FileFormatError);
  assertEquals(message, 'parseCsv: the text has 2 columns, but row 2, "3", has 1 cell');
  refuses("a,b\n1,2,3\n", 'row 1, "1,2,3", has 3 cells');
  refuses("a;b\n1;2;3\n", 'row 1, "1;2;3", has 3 cells');
  refuses("a,b,a\n1,2,3", 'has two columns of the name "a"');
  refuses(
    "5.1,3.5,setosa\n4.9,3,setosa",
    "should name its columns in the first line, which has the number 5.1",
  );
  refuses(
    'a,b\n1,2\n3,"4\n5,6',
    "is no CSV: Syntax error on line 3; parse error on line 4, column 1",
  );
  refuses('a,b\n1,x"y"\n', "is no CSV: Syntax error on line 2");
  refuses('\n \na,b\n1,x"y"\n', "is no CSV: Syntax error on line 4");
  refuses("Infinity,b\n1,2\n", "which has the number Infinity");
  refuses('sep=;\na;b\n1;x"y"\n', "is no CSV: Syntax error on line 3");
  refuses("sep=;\n", "is empty: expected a line with the names of the columns");
  refuses("1,2", 'has two columns of the name "a"', { columns: ["a", "a"] });
  const long = `a,b\n1,"${"x".repeat(2 ** 24)}`;
  refuses(long, "has a row of more than 16777216 characters: is a quote not closed?");
  for (const separator of [",,", "", '"', "\r", "\n", 5]) {
    assertThrows(
      () => parseCsv("a", { separator: separator as string }),
      ValueError,
      `parseCsv: separator must be one character, got ${JSON.stringify(separator)}`,
    );
  }
  assertThrows(
    () => parseCsv("a", { columns: "a" as never }),
    ValueError,
    'columns must be a list of names, got "a"',
  );
  assertThrows(
    () => parseCsv("a", { header: false } as never),
    ValueError,
    'parseCsv: there is no option "header"; the options are separator, columns',
  );
  assertThrows(() => parseCsv(3 as never), TypeError, "parseCsv: expected a text, got 3");
  // blocks later, lines are those of the file
  const late = `a,b\n${"1,2\n".repeat(300_000)}1,x"y"\n`;
  refuses(late, "is no CSV: Syntax error on line 300002");
  await assertRejects(
    () => Array.fromAsync(csvStream(ReadableStream.from(["a,b\n1,2\n", "3"]))),
    FileFormatError,
    'csvStream: the stream has 2 columns, but row 2, "3", has 1 cell',
  );
});

Deno.test("readCsv reads UTF-8 and names the file", async () => {
  using folder = dataFolder({
    "good.csv": new TextEncoder().encode("name\nJosé\n"),
    "latin.csv": Uint8Array.of(97, 10, 0xe9, 10),
  });
  const good = `${folder.path}/good.csv`;
  for (const path of [good, toFileUrl(good)]) {
    assertEquals(await readCsv(path), [{ name: "José" }]);
    const rows = await readCsv(path, { separator: "s", columns: ["a", "b"] }).catch(String);
    assertEquals(
      rows,
      `FileFormatError: readCsv: ${path} has 2 columns, but row 1, "name", has 1 cell`,
    );
  }
  await assertRejects(
    () => readCsv(`${folder.path}/latin.csv`),
    FileFormatError,
    `readCsv: ${folder.path}/latin.csv is no text in UTF-8: save it as "CSV UTF-8"`,
  );
  await assertRejects(() => readCsv(`${folder.path}/none.csv`), Deno.errors.NotFound);
});

Deno.test("arguments too many are refused by name, and options of a stream and a file too", async () => {
  const call = { parseCsv, readCsv, csvStream } as unknown as Record<
    string,
    (...args: unknown[]) => never
  >;
  const too = (count: number) => `expected at most ${count} arguments, got ${count + 1}`;
  assertThrows(() => call.parseCsv("a", {}, 1), TypeError, `parseCsv: ${too(2)}`);
  await assertRejects(() => call.readCsv("a", {}, 1), TypeError, `readCsv: ${too(2)}`);
  const next = (...args: unknown[]) => (call.csvStream(...args) as AsyncGenerator).next();
  await assertRejects(() => next([], {}, "it", 1), TypeError, `csvStream: ${too(3)}`);
  await assertRejects(
    () => next([], { sep: 1 }),
    ValueError,
    'csvStream: there is no option "sep"',
  );
  await assertRejects(() => next([], {}, "it"), FileFormatError, "csvStream: it is empty");
});
