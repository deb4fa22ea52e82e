import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, expectErrorOr, mutations } from '../../test/hostile';
import { StudioError } from '../errors';
import { readPickle } from './pickle-reader';
import { writePickle } from './pickle-writer';

/** Text is Latin-1, so `\x80` is one byte. */
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const read = (text: string) => readPickle(bytes(text), 'a.bin').tensors;
const messageOf = (text: string) => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof StudioError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'read';
};

const small = writePickle([
  { name: 'a', shape: [8, 48], storageKey: '0', elements: 384 },
  { name: 'b', shape: [48], storageKey: '1', elements: 48 },
]);

const ordered = 'ccollections\nOrderedDict\n)R';
const storage = (type: string) => `(X\x07\0\0\0storagectorch\n${type}\nX\x01\0\0\x000X\x03\0\0\0cpuK\x06tQ`;

/** A dict of one tensor made of these arguments behind its storage. */
const tensorOf = (rest: string, type = 'FloatStorage') =>
  `\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n(${storage(type)}${rest}tRs.`;

describe('pickle writer', () => {
  it('writes the bytes of FORMATS 3.2', () => {
    const item = (name: string, rest: string) => `X\x01\0\0\0${name}${rest}`;
    const first = item(
      'a',
      'q\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\0\0\0storageq\x03ctorch\nFloatStorage\nq\x04X\x01\0\0\0' +
        '0q\x05X\x03\0\0\0cpuq\x06M\x80\x01tq\x07QK\0K\x08K0\x86q\x08K0K\x01\x86q\x09\x89ccollections\nOrderedDict\n' +
        'q\x0a)Rq\x0btq\x0cRq\x0d',
    );
    const second = item(
      'b',
      'q\x0eh\x02((h\x03h\x04X\x01\0\0\x001q\x0fh\x06K0tq\x10QK\0K0\x85q\x11K\x01\x85q\x12\x89h\x0a)Rq\x13tq\x14Rq\x15',
    );
    expect(small).toEqual(bytes(`\x80\x02}q\0(${first}${second}u.`));
  });
});

describe('pickle reader', () => {
  it('reads what the writer writes', () => {
    expect([...readPickle(small, 'a.bin').tensors]).toEqual([
      ['a', tensor('0', 384, [8, 48], [48, 1])],
      ['b', tensor('1', 48, [48], [1])],
    ]);
  });

  it('reads an OrderedDict with attributes and parameters', () => {
    const rebuilt =
      'ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nHalfStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x06tQ' +
      'K\x01K\x02K\x02\x86K\x01K\x02\x86\x88ccollections\nOrderedDict\n)RtR';
    const parameter = `ctorch._utils\n_rebuild_parameter\n(${rebuilt}\x88NtR`;
    const expected = { ...tensor('0', 6, [2, 2], [1, 2]), offset: 1 };
    expected.storage.type = 'HalfStorage';
    expect(
      read(`\x80\x02ccollections\nOrderedDict\n)R(X\x01\0\0\0w${parameter}u}X\x09\0\0\0_metadataNsb.`).get(
        'w',
      ),
    ).toEqual(expected);
  });

  // The shapes of the picklescan and fickling test suites.
  it.each([
    ['a call', '\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.', 'os.system'],
    ['a call whose result is dropped', '\x80\x02cbuiltins\nexec\nX\x01\0\0\x001\x85R0}.', 'builtins.exec'],
    ['the universal bypass', '\x80\x02cpkgutil\nresolve_name\nX\x01\0\0\0a\x85R.', 'pkgutil.resolve_name'],
    ['a global from the stack', '\x80\x02X\x02\0\0\0osX\x06\0\0\0system\x93.', 'opcode 0x93'],
    ['a string of protocol 4', '\x80\x04\x8c\x02os.', 'opcode 0x8c'],
    ['a frame', '\x80\x04\x95\x01\0\0\0\0\0\0\0.', 'opcode 0x95'],
    ['a memo of protocol 4', '\x80\x04}\x94.', 'opcode 0x94'],
    ['a dropped value', '\x80\x02}}0.', 'opcode 0x30'],
    [
      'a dotted way out of an allowed module',
      '\x80\x02ctorch\nserialization.os\n.',
      'torch.serialization.os',
    ],
    ['a torch function', '\x80\x02ctorch\nload\n.', 'torch.load'],
    [
      'a sparse tensor',
      '\x80\x02ctorch._utils\n_rebuild_sparse_tensor\n.',
      'torch._utils._rebuild_sparse_tensor',
    ],
    ['INST', '\x80\x02(X\x02\0\0\0idios\nsystem\n.', 'opcode 0x69'],
    ['OBJ', '\x80\x02(ccollections\nOrderedDict\no.', 'opcode 0x6f'],
    ['NEWOBJ', '\x80\x02ccollections\nOrderedDict\n)\x81.', 'opcode 0x81'],
    ['EXT1', '\x80\x02\x82\x01.', 'opcode 0x82'],
    ['EXT4', '\x80\x02\x84\x01\0\0\0.', 'opcode 0x84'],
    ['a persistent id as text', '\x80\x02Pstorage\n.', 'opcode 0x50'],
    ['a call of a storage type', '\x80\x02ctorch\nFloatStorage\n)R.', 'torch.FloatStorage'],
    ['a call of a string', '\x80\x02X\x02\0\0\0id)R.', 'the string "id"'],
    ['bytes', '\x80\x03C\x01a.', 'opcode 0x43'],
  ])('refuses %s by name', (_, text, named) => {
    const message = messageOf(text);
    expect(message).toMatch(/^pickle-refused: a\.bin/);
    expect(message).toContain(named);
  });

  it.each([
    ['nothing', ''],
    ['no stop', '\x80\x02}'],
    ['protocol 0', '\x80\x00}.'],
    ['an empty stack', '\x80\x02.'],
    ['a stop at a mark', '\x80\x02(.'],
    ['no mark', '\x80\x02}u.'],
    ['an item without a value', '\x80\x02}(Nu.'],
    ['a memo entry that was never written', '\x80\x02h\x05.'],
    ['items of a list', '\x80\x02](NNu.'],
    ['a list appended to itself', '\x80\x02]q\0h\0a.'],
    ['a dict with itself in it', '\x80\x02}q\0X\x01\0\0\0ah\0s.'],
    ['a number among the tensors', '\x80\x02}X\x01\0\0\0aK\x01s.'],
    ['a key that is a number', '\x80\x02}K\x01K\x01s.'],
    ['a key twice', '\x80\x02}X\x01\0\0\0aNsX\x01\0\0\0aNs.'],
    ['a string beyond the end', '\x80\x02X\xff\xff\xff\xffa.'],
    ['an integer of 200 bytes', '\x80\x02\x8a\xc8.'],
    ['a tensor of too few arguments', tensorOf('K\0K\x06\x85K\x01\x85')],
    ['a tensor of too many', tensorOf(`K\0K\x06\x85K\x01\x85\x89${ordered}NN`)],
    ['a size that is a float', tensorOf(`K\0G@\x18\0\0\0\0\0\0\x85K\x01\x85\x89${ordered}`)],
    ['metadata that negate the values', tensorOf(`K\0K\x06\x85K\x01\x85\x89${ordered}}X\x03\0\0\0neg\x88s`)],
    ['a hook', tensorOf('K\0K\x06\x85K\x01\x85\x89}X\x01\0\0\0aNs')],
    ['a gradient that is a number', tensorOf(`K\0K\x06\x85K\x01\x85K\x01${ordered}`)],
    ['a gradient of integers', tensorOf(`K\0K\x06\x85K\x01\x85\x88${ordered}`, 'LongStorage')],
    ['a storage of two types', `\x80\x02${storage('FloatStorage')}${storage('IntStorage')}}.`],
    ['attributes of a plain dict', '\x80\x02}}b.'],
    ['more dicts than any file needs', `\x80\x02${'}'.repeat(300_001)}.`],
    ['a persistent id of another kind', '\x80\x02NQ.'],
    [
      'a storage of a negative size',
      '\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuJ\xff\xff\xff\xfftQ.',
    ],
  ])('calls %s malformed', (_, text) => {
    expect(codeOf(() => read(text))).toBe('pickle-malformed');
  });

  it('reads a tensor with a gradient, without hooks, with empty metadata', () => {
    const expected = tensor('0', 6, [6], [1]);
    for (const end of [`\x88${ordered}`, '\x89N', `\x89${ordered}N`, `\x89${ordered}}`])
      expect(read(tensorOf(`K\0K\x06\x85K\x01\x85${end}`)).get('a')).toEqual(expected);
  });

  it('tells of storages and tensors that the dict does not hold', () => {
    const made = `ctorch._utils\n_rebuild_tensor_v2\n(${storage('LongStorage')}K\0K\x06\x85K\x01\x85\x89${ordered}tR`;
    const pickled = readPickle(bytes(`\x80\x02${ordered}}X\x01\0\0\0x${made}sb.`), 'a.bin');
    expect(pickled.tensors.size).toBe(0);
    expect([...pickled.storages.keys()]).toEqual(['0']);
    expect(pickled.made).toEqual([{ ...tensor('0', 6, [6], [1]), storage: pickled.storages.get('0') }]);
  });

  it('takes a laugh of tuples in its stride', () => {
    let text = '\x80\x02)q\0';
    for (let i = 0; i < 200; i++)
      text += `h${String.fromCharCode(i)}h${String.fromCharCode(i)}\x86q${String.fromCharCode(i + 1)}`;
    expect(codeOf(() => read(`${text}.`))).toBe('pickle-malformed');
  });

  it('ends every damaged pickle in tensors or a StudioError', () => {
    fc.assert(
      fc.property(mutations(small), (mutated) => {
        expectErrorOr(
          () => readPickle(mutated, 'a.bin').tensors,
          (tensors) => {
            for (const { shape, strides } of tensors.values()) expect(shape.length).toBe(strides.length);
          },
        );
      }),
      { numRuns: 2000, seed: 11 },
    );
  });
});

function tensor(key: string, elements: number, shape: number[], strides: number[]) {
  return {
    kind: 'tensor',
    storage: { kind: 'storage', type: 'FloatStorage', key, elements },
    offset: 0,
    shape,
    strides,
  };
}
