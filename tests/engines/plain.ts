/** The same program where there is no WebAssembly: the plain kernels compute. */

Reflect.deleteProperty(globalThis, "WebAssembly");
await import("./program.ts");
