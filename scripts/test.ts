/**
 * `npm test`: types, lint, dead code, unit tests, GPU tests in a real Chromium, journeys. Runs every stage whatever the
 * others say, and ends with one line that sums all runners: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '../test/python';
import { findChromium } from './find-chromium.ts';
import { makeRobertaBase } from './make-roberta-base';

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const reports = mkdtempSync(join(tmpdir(), 'adapter-studio-'));

function run(command: string, args: readonly string[], environment: Record<string, string> = {}): boolean {
  console.log(`\n$ ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
    shell: process.platform === 'win32',
  });
  return status === 0;
}

/** A stage without tests of its own counts as one. */
function check(name: string, args: readonly string[]): Count {
  const ok = run('npx', [name, ...args]);
  return { passed: Number(ok), failed: Number(!ok), skipped: 0 };
}

/** A runner that exits non-zero without reporting a failed test has failed all the same. */
function counted(ok: boolean, count: Count | null): Count {
  if (!count) return { passed: 0, failed: 1, skipped: 0 };
  return ok || count.failed > 0 ? count : { ...count, failed: 1 };
}

function vitest(project: string): Count {
  const file = join(reports, `${project}.json`);
  const ok = run('npx', [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  if (!existsSync(file)) return counted(ok, null);
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
  };
  return counted(ok, {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
  });
}

function journeys(): Count {
  const file = join(reports, 'playwright.json');
  const ok = run('npx', ['playwright', 'test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  if (!existsSync(file)) return counted(ok, null);
  const { stats } = JSON.parse(readFileSync(file, 'utf8')) as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  };
  return counted(ok, {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  });
}

function requireChromium(): void {
  if (findChromium()) return;
  console.log('No Chrome or Chromium found; downloading one for the tests.');
  run('npx', ['playwright', 'install', 'chromium']);
  if (findChromium()) return;
  console.error('The tests need Chrome or Chromium: install one, or set CHROMIUM_PATH to its executable.');
  console.log('0 passed, 1 failed');
  process.exit(1);
}

/** Without Python or memory for it, the tests at full size are skipped. */
function prepareRobertaBase(): void {
  const python = findPython();
  if (python && freemem() > 6 * 2 ** 30) makeRobertaBase(python);
}

requireChromium();
prepareRobertaBase();
const stages: readonly (readonly [string, () => Count])[] = [
  ['types', () => check('tsc', ['--noEmit'])],
  ['lint', () => check('biome', ['check'])],
  ['dead code', () => check('knip', [])],
  ['unit', () => vitest('unit')],
  ['gpu', () => vitest('gpu')],
  ['journeys', () => journeys()],
];
const results = stages.map(([name, stage]) => {
  const start = Date.now();
  return { name, ...stage(), seconds: Math.round((Date.now() - start) / 1000) };
});
console.log();
for (const { name, passed, failed, skipped, seconds } of results) {
  console.log(
    `${name.padEnd(10)} ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${seconds} s)`,
  );
}
const sum = (of: (count: Count) => number) => results.reduce((total, result) => total + of(result), 0);
const failed = sum((r) => r.failed);
console.log(`${sum((r) => r.passed)} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
