import { expect, it } from 'vitest';
import { asked, readTabMessage, type TabMessage, told } from './tab-message';

const live = { runId: 'r', status: 'training', asked: null, canEnd: false, phase: null } as const;
const progress = {
  step: 1,
  totalSteps: 2,
  epoch: 0,
  epochs: 1,
  samplesPerSecond: 1,
  tokensPerSecond: 1,
  stepsPerSecond: 1,
  times: { training: 1 },
  remaining: { preparation: 0, training: 2, evaluation: 3, checkpoints: 4, saving: 5 },
};
const points = [{ step: 1, loss: Number.NaN, gradientNorm: 1, learningRate: 1 }];
const point = { step: 1, epoch: 1, loss: 1, accuracy: 0.5 };
const clock = { steps: [1], seconds: [1], samplesPerSecond: [Number.NaN] };

const messages: readonly TabMessage[] = [
  asked('a', { type: 'hello', to: null }),
  asked('a', { type: 'ask', to: 'b', question: 'q', command: 'stop', runId: 'r' }),
  asked('a', { type: 'answer', question: 'q', error: null }),
  asked('a', { type: 'answer', question: 'q', error: { code: 'c', message: 'm', hint: 'h' } }),
  told('a', 1, { type: 'all', run: null }),
  told('a', 1, { type: 'all', run: { live, progress, points, evaluations: [point], clock } }),
  told('a', 1, { type: 'live', live: { ...live, phase: { name: 'model', done: 1, total: 2 } } }),
  told('a', 1, { type: 'steps', runId: 'r', points, progress }),
  told('a', 1, { type: 'evaluation', runId: 'r', point }),
  told('a', 1, { type: 'cut', runId: 'r', step: 3 }),
];

/** Every field in turn is another thing, at any depth. */
function spoilt(value: object): readonly unknown[] {
  return Object.entries(value).flatMap(([key, field]) => {
    const others = typeof field === 'object' && field !== null ? spoilt(field) : [];
    // NaN is a number, and a text of one's own is a text.
    return [Symbol.for('other'), ...others].map((other) => {
      const copy: object = Array.isArray(value) ? [...value] : { ...value };
      return Object.assign(copy, { [key]: other });
    });
  });
}

it.each(messages.map((message) => [message.type, message] as const))(
  'understands %s as it is said, with more in it too, and nothing of it once a field is another thing',
  (_, message) => {
    expect(readTabMessage(message)).toBe(message);
    expect(readTabMessage({ ...message, since: 'a later build' })).not.toBeNull();
    const wrong = spoilt(message);
    expect(wrong.length).toBeGreaterThan(3);
    for (const other of wrong) expect(readTabMessage(other)).toBeNull();
    for (const key of Object.keys(message)) {
      const { [key as keyof TabMessage]: _left, ...rest } = message;
      expect(readTabMessage(rest)).toBeNull();
    }
  },
);

it('understands nothing else', () => {
  const [hello] = messages;
  for (const data of [null, undefined, 'hello', [], { ...hello, version: 2 }, { ...hello, type: 'toString' }])
    expect(readTabMessage(data)).toBeNull();
  expect(
    readTabMessage(told('a', 1, { type: 'live', live: { ...live, status: 'dreaming' as 'training' } })),
  ).toBeNull();
});
