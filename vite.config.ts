import react from '@vitejs/plugin-react';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { referenceTrain } from './bench/reference-train.ts';
import { readResident } from './bench/resident.ts';
import packageJson from './package.json' with { type: 'json' };
import { findChromium, softwareWebGpuArguments } from './scripts/find-chromium.ts';
import { licences } from './scripts/licences.ts';
import { offlinePage } from './scripts/offline-page.ts';
import { protection } from './scripts/protection.ts';
import { isolationHeaders } from './src/policy.ts';
import { fixtures } from './test/fixtures-plugin.ts';
import { hubCommands } from './test/hub-commands.ts';

/** The browser that people have, with WebGPU on its software adapter where there is no GPU. */
const chromiumBrowser = {
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({
    launchOptions: { executablePath: findChromium(), args: softwareWebGpuArguments },
  }),
  instances: [{ browser: 'chromium' as const }],
};

const licenceLists = licences();

export default defineConfig({
  // Relative addresses: the built folder runs under any path of any host.
  base: './',
  plugins: [react(), fixtures(), licenceLists.page, offlinePage(), protection()],
  server: { headers: isolationHeaders, fs: { allow: ['.', '../shared'] } },
  preview: { port: 4173 },
  // onnxruntime-web with its WebAssembly's script as a file of its own: the only script that becomes its threads.
  resolve: {
    conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
    // transformers.js asks for the build with WebGPU, 27 MB whose loader makes functions of text; one runtime does for all.
    alias: [{ find: /^onnxruntime-web\/webgpu$/, replacement: 'onnxruntime-web/wasm' }],
  },
  worker: {
    format: 'es',
    plugins: () => [licenceLists.worker()],
    rolldownOptions: {
      output: {
        // Not every server knows .mjs, and a browser runs no module of another type.
        assetFileNames: ({ names }) =>
          `assets/[name]-[hash]${names[0]?.endsWith('.mjs') ? '.js' : '[extname]'}`,
      },
    },
  },
  define: { 'import.meta.env.STUDIO_VERSION': JSON.stringify(packageJson.version) },
  // Named here so that the test server does not find them one by one and reload a page in the middle of its tests.
  optimizeDeps: {
    include: [
      '@huggingface/tokenizers',
      '@xenova/transformers',
      'fast-check',
      'fflate',
      'onnxruntime-web/wasm',
      'papaparse',
      'valibot',
    ],
  },
  build: { target: 'es2022' },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.gpu.test.ts', 'node_modules'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        // Tests in a browser see no environment.
        define: { 'import.meta.env.LONG': JSON.stringify(process.env.LONG ?? '') },
        test: {
          name: 'gpu',
          include: ['src/**/*.gpu.test.ts', 'test/**/*.gpu.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          browser: { ...chromiumBrowser, commands: hubCommands },
        },
      },
      {
        extends: true,
        test: {
          name: 'bench',
          include: ['bench/**/*.bench.gpu.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          browser: { ...chromiumBrowser, commands: { readResident, referenceTrain } },
        },
      },
    ],
  },
});
