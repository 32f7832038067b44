/** TensorFlow.js in WebAssembly, one thread. */

import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { run } from "./tfjs.ts";

setThreadsCount(1);
await tf.setBackend("wasm");
await run();
