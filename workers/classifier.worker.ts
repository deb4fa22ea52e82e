/**
 * Classifies texts with an exported model through transformers.js' own pipeline: on the page that leaves with a model, and in the
 * studio, which verifies a download with the very script that is in it. Nothing comes from elsewhere than this script's folder and
 * the one above: the library's defaults are a hub and a CDN.
 */
import { env, pipeline, type TextClassificationPipeline } from '@xenova/transformers';
import type { ClassifiedText, ClassifierAnswer, ClassifierRequest } from '../src/protocol/classifier';
import { ortScript, ortWasm } from '../src/runtime/onnx/ort-files';
import { guardScripts, isAt } from '../src/trusted-scripts';

declare const self: DedicatedWorkerGlobalScope;

guardScripts((address) => isAt(address, ortScript));

/** More runnable threads than this gain nothing on short texts. */
const mostThreads = 4;
/** What paths of the model's files begin with, as the library asks for them. */
const place = '/model/';

const absolute = (file: string) => new URL(file, self.location.href).href;

const answer = (message: ClassifierAnswer) => self.postMessage(message);

let classify: TextClassificationPipeline | null = null;
/** Of the batch just computed: rows of logits as the pipeline's own run gave them. */
let logits: readonly (readonly number[])[] = [];

function settle(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> | undefined): void {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/';
  // The files are there already; WebAssembly as a blob is what the studio's policy forbids.
  env.useBrowserCache = false;
  env.useWasmCache = false;
  env.fetch = async (input) => {
    const path = decodeURI(new URL(String(input), self.location.href).pathname);
    const name = path.slice(path.indexOf(place) + place.length);
    if (!files) return told(name, await fetch(new URL(`../${name}`, self.location.href)));
    const bytes = files.get(name);
    return bytes ? new Response(bytes) : new Response(null, { status: 404 });
  };
  const { wasm } = env.backends.onnx;
  wasm!.wasmPaths = { mjs: absolute(ortScript), wasm: absolute(ortWasm) };
  wasm!.numThreads = self.crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency) : 1;
}

/** The response of a model's file, of which the page hears as it comes. The library's own way to tell asks for every file twice. */
function told(name: string, response: Response): Response {
  const total = Number(response.headers.get('content-length'));
  if (!name.endsWith('.onnx') || !response.ok || !response.body || !total) return response;
  let [loaded, percent] = [0, 0];
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      // What is compressed on its way has fewer bytes than come out.
      const now = Math.min(100, Math.floor((100 * loaded) / total));
      if (now > percent) answer({ type: 'loading', percent: now });
      percent = now;
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counting), response);
}

async function open({
  dtype,
  files,
}: Extract<ClassifierRequest, { type: 'open' }>): Promise<ClassifierAnswer> {
  settle(files);
  const opened = await pipeline('text-classification', 'model', { dtype: dtype as 'fp32', device: 'wasm' });
  const { model } = opened;
  const listening = async (inputs: unknown) => {
    const output = await model(inputs);
    logits = output.logits.tolist();
    return output;
  };
  opened.model = Object.assign(listening, { config: model.config }) as unknown as typeof model;
  classify = opened;
  const { problem_type: problemType = null } = model.config as { readonly problem_type?: string };
  return { type: 'ready', problemType };
}

async function classified(texts: readonly string[]): Promise<ClassifierAnswer> {
  if (!classify) throw new Error('no model was opened');
  const start = performance.now();
  const answers = (await classify([...texts], { top_k: null })) as unknown as ClassifiedText['scores'][];
  const milliseconds = performance.now() - start;
  return {
    type: 'classified',
    texts: answers.map((scores, i) => ({ scores, logits: logits[i]! })),
    milliseconds,
  };
}

self.addEventListener('message', async ({ data }: MessageEvent<ClassifierRequest>) => {
  try {
    answer(await (data.type === 'open' ? open(data) : classified(data.texts)));
  } catch (error) {
    answer({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
