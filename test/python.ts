/** Finds the Python that has the `adapters` library, and runs the scripts of `interop/` with it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

const probe =
  'import importlib.util as u, sys; sys.exit(0 if u.find_spec("adapters") and u.find_spec("torch") else 1)';

let found: { readonly python: string | undefined } | undefined;

/**
 * The interpreter: `ADAPTER_STUDIO_PYTHON` if it is set, else `.venv/bin/python`, else `python3`, where it has torch and
 * adapters; else undefined. Throws where the named one has not, and where there is none but `REQUIRE_PYTHON=1` is set.
 */
export function findPython(): string | undefined {
  if (found) return found.python;
  const named = process.env.ADAPTER_STUDIO_PYTHON;
  if (named && !hasAdapters(named))
    throw new Error(`ADAPTER_STUDIO_PYTHON names ${named}, which cannot import torch and adapters`);
  const python = [named, join(repository, '.venv/bin/python'), 'python3'].find(
    (candidate) => candidate !== undefined && hasAdapters(candidate),
  );
  if (!python && process.env.REQUIRE_PYTHON === '1')
    throw new Error(
      'REQUIRE_PYTHON=1, but no Python with torch and adapters was found; see interop/README.md',
    );
  found = { python };
  return python;
}

/** The same interpreter where it has onnx and onnxruntime too. Throws where it has not, but `REQUIRE_PYTHON=1` is set. */
export function findPythonWithOnnx(): string | undefined {
  const python = findPython();
  const probe = 'import onnx, onnxruntime';
  if (!python || spawnSync(python, ['-c', probe]).status === 0) return python;
  if (process.env.REQUIRE_PYTHON === '1')
    throw new Error(`REQUIRE_PYTHON=1, but ${python} has no onnx and onnxruntime; see interop/README.md`);
  return undefined;
}

function hasAdapters(python: string): boolean {
  if (python.includes('/') && !existsSync(python)) return false;
  return spawnSync(python, ['-c', probe]).status === 0;
}

export interface AdapterCheck {
  /** Folder of the base model. */
  readonly base: string;
  /** Exported folder or zip. */
  readonly adapter: string;
  /** JSON with `input_ids` and `attention_mask`, or JSON lines of them. */
  readonly inputs: string;
  /** JSON with `logits`. */
  readonly expected: string;
  readonly atol?: number;
  /** AdapterHub's Parallel of LoRA fails in its eager path, and its prompts on DistilBERT. */
  readonly attention?: 'eager' | 'sdpa';
}

export interface PythonResults {
  /** Exit code of check_adapter_zip.py: 0 is right, 1 is wrong, 2 is not loadable. */
  readonly checks: readonly {
    readonly exit_code: number;
    readonly problems: readonly string[];
    readonly max_abs_diff: number | null;
    readonly output: string;
  }[];
  readonly bins: readonly { readonly problems: readonly string[]; readonly tensors: number }[];
}

/** Runs `interop/check_many.py` once; takes about ten seconds to start. Throws with Python's words if it fails. */
export function runPythonChecks(
  python: string,
  jobs: {
    readonly checks?: readonly AdapterCheck[];
    readonly bins?: readonly { readonly ours: string; readonly original: string }[];
  },
): PythonResults {
  return runPython(python, 'check_many.py', jobs);
}

/** A folder in PEFT's format, or a merged model, for `interop/check_peft.py`. */
export interface PeftJob {
  readonly kind: 'peft' | 'merged';
  readonly base: string;
  readonly folder: string;
  /** JSON with `input_ids`, `attention_mask` and `logits`. */
  readonly expected: string;
  readonly classes: number;
}

export interface PeftResult {
  readonly max_abs_diff: number | null;
  readonly missing: readonly string[];
  readonly error: string | null;
}

/** Loads every folder with `peft` and `transformers`, in one process. */
export const runPeftChecks = (python: string, jobs: readonly PeftJob[]): readonly PeftResult[] =>
  runPython(python, 'check_peft.py', jobs);

/** Runs a script of `interop/` that reads jobs from one JSON file and writes results into another. */
export function runPython<Results>(python: string, script: string, jobs: unknown): Results {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
  try {
    const [jobsFile, resultsFile] = [join(folder, 'jobs.json'), join(folder, 'results.json')];
    writeFileSync(jobsFile, JSON.stringify(jobs));
    const path = join(repository, 'interop', script);
    const { status, stderr } = spawnSync(python, ['-B', path, jobsFile, resultsFile], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
    return JSON.parse(readFileSync(resultsFile, 'utf8')) as Results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
