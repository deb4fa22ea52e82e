/**
 * Classifies texts with an ONNX download in Node, by the published `@huggingface/transformers`, as the download's README.md says;
 * the logits are those of the pipeline's own run. To be run in a folder where that package is installed:
 *
 *   node run_onnx_node.mjs FOLDER DTYPE TEXTS.json RESULTS.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, dtype, texts, results] = process.argv.slice(2);
const installed = createRequire(`${process.cwd()}/`).resolve('@huggingface/transformers');
const { env, pipeline } = await import(pathToFileURL(installed));

env.allowRemoteModels = false;
env.localModelPath = `${dirname(folder)}/`;
const classify = await pipeline('text-classification', basename(folder), { dtype });
const { model } = classify;
let logits;
classify.model = Object.assign(
  async (inputs) => {
    const output = await model(inputs);
    logits = output.logits.tolist();
    return output;
  },
  { config: model.config },
);
const scores = await classify(JSON.parse(readFileSync(texts, 'utf8')), { top_k: null });
writeFileSync(results, JSON.stringify({ logits, scores }));
