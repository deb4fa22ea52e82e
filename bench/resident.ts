/**
 * Resident memory of the browser's processes, read by the test server from /proc (Linux): what the graphics process of a
 * software adapter holds is what a graphics card would.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface Resident {
  /** Bytes; null where the system has no /proc or no such process. */
  readonly gpuProcess: number | null;
  /** The page's process, and so its workers': the largest renderer. */
  readonly page: number | null;
}

interface Process {
  readonly parent: number;
  readonly command: string;
  readonly bytes: number;
}

/** Of browsers that this process started. */
export function readResident(): Resident {
  const processes = new Map<number, Process>();
  for (const name of listProcesses()) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      processes.set(Number(name), { parent: field('PPid'), command, bytes: 1024 * field('VmRSS') });
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOurs = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const found = processes.get(pid);
    return found !== undefined && found.parent > 1 && isOurs(found.parent);
  };
  const largest = (type: string) => {
    const sizes = [...processes].flatMap(([pid, { command, bytes }]) =>
      command.includes(`--type=${type}`) && isOurs(pid) ? [bytes] : [],
    );
    return sizes.length > 0 ? Math.max(...sizes) : null;
  };
  return { gpuProcess: largest('gpu-process'), page: largest('renderer') };
}

function listProcesses(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    readResident(): Promise<Resident>;
  }
}
