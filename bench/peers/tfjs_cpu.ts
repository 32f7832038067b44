/** TensorFlow.js in plain JavaScript. */

import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { run } from "./tfjs.ts";

await tf.setBackend("cpu");
await run();
