/** What the errors have in common: how values are shown in messages, and which errors are passed on. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  describe,
  describeSome,
  DivergenceError,
  FileFormatError,
  NotFittedError,
  rethrowUnless,
  ShapeError,
  ValueError,
} from "../lib/errors.ts";

Deno.test("each class of errors is an Error with its own name and message, and a divergence has its epoch", () => {
  const classes = { ShapeError, ValueError, FileFormatError, NotFittedError, DivergenceError };
  for (const [name, Class] of Object.entries(classes)) {
    const error = new Class("why", 3);
    assertEquals([String(error), error.message], [`${name}: why`, "why"]);
    assertEquals(error instanceof Error, true);
  }
  assertEquals(new DivergenceError("why", 3).epoch, 3);
});

Deno.test("of many values messages show the first ten, or as many as are wanted, and count the others", () => {
  const values = Array.from({ length: 12 }, (_, i) => i);
  assertEquals(describeSome(values), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
  assertEquals(describeSome(values.slice(0, 10)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
  assertEquals(describeSome(["a", null, "b"], 2), '"a", null and 1 more');
  assertEquals(describeSome([]), "");
});

Deno.test("an error of an expected class is kept, of any other passed on as it is, and what is no error too", () => {
  rethrowUnless(new ValueError("x"), ValueError);
  rethrowUnless(new ShapeError("x"), ValueError, ShapeError);
  rethrowUnless(new RangeError("x"), Error); // a subclass is of the class
  for (const thrown of [new ShapeError("x"), new Error("x"), "x", undefined]) {
    let caught: unknown = "nothing";
    try {
      rethrowUnless(thrown, ValueError, RangeError);
    } catch (error) {
      caught = error;
    }
    assertEquals(caught === thrown, true);
  }
  assertThrows(() => rethrowUnless(new ValueError("x")), ValueError, "x"); // none is expected
});

Deno.test("messages show values as they are, and what is large in short", () => {
  const shown: [unknown, string][] = [
    ["a\n", '"a\\n"'],
    [-0.5, "-0.5"],
    [null, "null"],
    [undefined, "undefined"],
    [[1, "b"], '[1, "b"]'],
    [[1, 2, 3, 4, 5, 6], "[1, 2, 3, 4, 5, …]"],
    [() => 1, "a function"],
    [{ shape: [2, 3] }, "a matrix of shape (2, 3)"],
    [new Map(), "an object (Map)"],
    [Object.create(null), "an object (Object)"],
    [{ constructor: { name: { toString: 1 } } }, "an object (Object)"],
    [{ shape: [{ toString: 1 }] }, "a matrix of shape (an object (Object))"],
    ["x".repeat(200), `"${"x".repeat(200)}"`],
    ["x".repeat(201), `"${"x".repeat(200)}…"`],
    [[1, 2, 3, 4, 5], "[1, 2, 3, 4, 5]"],
  ];
  for (const [value, text] of shown) assertEquals(describe(value), text);
});
