import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EventMessage } from '../../protocol/types';
import { EventQueue } from './event-queue';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const compiling = (done: number): EventMessage => ({
  type: 'preparing',
  runId: 'r',
  phase: 'compiling',
  done,
  total: 1000,
});
const status: EventMessage = { type: 'status', runId: 'r', status: 'paused' };

it('takes a flood ten times a second, in order, without losing one', () => {
  const taken: EventMessage[][] = [];
  const queue = new EventQueue((events) => taken.push([...events]));
  for (let i = 0; i < 200; i++) {
    queue.add(compiling(i));
    vi.advanceTimersByTime(5);
  }
  vi.advanceTimersByTime(100);
  expect(taken.flat()).toEqual(Array.from({ length: 200 }, (_, i) => compiling(i)));
  expect(taken.length).toBeLessThanOrEqual(11);
});

it('takes a change of status at once, after what waited before it', () => {
  const taken: EventMessage[][] = [];
  const queue = new EventQueue((events) => taken.push([...events]));
  queue.add(compiling(1));
  queue.add(compiling(2));
  queue.add(status);
  expect(taken).toEqual([[compiling(1)], [compiling(2), status]]);
});
