import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A model that is real in form and tiny: a WordPiece tokeniser over a few words and all letters, and a graph in ONNX (protobuf, written by
 * hand) that looks each token up in a table and turns it by a matrix, both random from a fixed seed. Its texts behave like bags of words.
 */

const dimensions = 32;
const words =
  'the a of list slice last element missing index out range number string tide table file import'.split(' ');
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const vocabulary = [...special, ...words, ...letters, ...letters.map((letter) => `##${letter}`)];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
const whole = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, ...parts: (Buffer | string)[]) => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
};

function randomFloats(count: number, seed: number): Buffer {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Buffer.from(Float32Array.from({ length: count }, next).buffer);
}

const tensor = (name: string, shape: number[], data: Buffer) =>
  bytes(5, ...shape.map((size) => whole(1, size)), whole(2, 1), bytes(8, name), bytes(9, data));
const node = (operator: string, inputs: string[], output: string) =>
  bytes(1, ...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, operator));
/** Element type 1 is float, 7 is int64. */
const value = (field: number, name: string, type: number, shape: (string | number)[]) => {
  const sizes = shape.map((size) => bytes(1, typeof size === 'number' ? whole(1, size) : bytes(2, size)));
  return bytes(field, bytes(1, name), bytes(2, bytes(1, whole(1, type), bytes(2, ...sizes))));
};

function onnx(): Buffer {
  const graph = bytes(
    7,
    node('Gather', ['table', 'input_ids'], 'tokens'),
    node('MatMul', ['tokens', 'turn'], 'last_hidden_state'),
    bytes(2, 'tiny'),
    tensor('table', [vocabulary.length, dimensions], randomFloats(vocabulary.length * dimensions, 1)),
    tensor('turn', [dimensions, dimensions], randomFloats(dimensions * dimensions, 2)),
    value(11, 'input_ids', 7, ['batch', 'length']),
    value(11, 'attention_mask', 7, ['batch', 'length']),
    value(12, 'last_hidden_state', 1, ['batch', 'length', dimensions]),
  );
  return Buffer.concat([whole(1, 8), graph, bytes(8, bytes(1, ''), whole(2, 17))]);
}

function tokenizer(): object {
  const id = (token: string) => vocabulary.indexOf(token);
  const mark = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [mark('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, mark('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, at) => [token, at])),
    },
  };
}

/** The files of the model by their path below its folder. */
export function tinyModelFiles(): Record<string, Buffer> {
  const json = (content: object) => Buffer.from(JSON.stringify(content));
  return {
    'config.json': json({ model_type: 'bert', architectures: ['BertModel'], hidden_size: dimensions }),
    'tokenizer.json': json(tokenizer()),
    'tokenizer_config.json': json({
      tokenizer_class: 'BertTokenizer',
      model_max_length: 128,
      do_lower_case: true,
      pad_token: '[PAD]',
      unk_token: '[UNK]',
      cls_token: '[CLS]',
      sep_token: '[SEP]',
      mask_token: '[MASK]',
    }),
    'onnx/model_quantized.onnx': onnx(),
  };
}

/** Writes the model below `directory` as `name`. */
export function writeTinyModel(directory: string, name = 'tests/tiny'): void {
  for (const [file, content] of Object.entries(tinyModelFiles())) {
    const place = path.join(directory, name, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
}
