// WebAssembly bytes → readable text, with names where the module has them: for golden files and for the app's view
// of generated code. Reads what ModuleBuilder writes (types, imports, functions, exports, code, names).

import { type Opcode, opcodeOf, TYPE_CODES } from './opcodes.ts';
import { ByteReader } from './reader.ts';

const TYPE_NAMES = new Map(Object.entries(TYPE_CODES).map(([name, code]) => [code, name]));

interface FunctionType {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

interface Names {
  readonly functions: Map<number, string>;
  /** function → local → name */
  readonly locals: Map<number, Map<number, string>>;
}

interface Contents {
  types: FunctionType[];
  /** one line each */
  imports: string[];
  globals: string[];
  /** type of every function, imported ones first */
  functions: number[];
  importedFunctions: number;
  exports: Map<number, string>;
  bodies: ByteReader[];
  names: Names;
}

const typeName = (code: number): string => TYPE_NAMES.get(code) ?? `type-0x${code.toString(16)}`;

const readTypes = (reader: ByteReader): FunctionType[] =>
  reader.list(() => {
    reader.byte();
    const params = reader.list(() => typeName(reader.byte()));
    return { params, results: reader.list(() => typeName(reader.byte())) };
  });

const readImport = (reader: ByteReader, into: Contents): void => {
  const name = `${reader.name()}.${reader.name()}`;
  const kind = reader.byte();
  if (kind === 0) {
    into.functions.push(reader.unsigned());
    into.names.functions.set(into.importedFunctions++, name);
    into.imports.push(`import function ${name}`);
  } else if (kind === 2) {
    const flags = reader.byte();
    const limits = [reader.unsigned(), ...(flags & 1 ? [reader.unsigned()] : [])];
    into.imports.push(`import memory ${name} ${limits.join(' to ')} pages${flags & 2 ? ', shared' : ''}`);
  } else if (kind === 3) {
    const type = typeName(reader.byte());
    const mutable = reader.byte() === 1;
    into.globals.push(name);
    into.imports.push(`import global ${name} ${type}${mutable ? ', mutable' : ''}`);
  } else throw new Error(`byte ${reader.position - 1}: expected an import of kind 0, 2 or 3, found ${kind}`);
};

const readNames = (reader: ByteReader, names: Names): void => {
  if (reader.name() !== 'name') return;
  while (!reader.atEnd) {
    const kind = reader.byte();
    const part = reader.slice(reader.unsigned());
    if (kind === 1) part.list(() => names.functions.set(part.unsigned(), part.name()));
    else if (kind === 2)
      part.list(() => {
        const locals = new Map<number, string>();
        names.locals.set(part.unsigned(), locals);
        part.list(() => locals.set(part.unsigned(), part.name()));
      });
  }
};

const readModule = (bytes: Uint8Array): Contents => {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== 0x6d736100 || reader.u32() !== 1)
    throw new Error('byte 0: expected a WebAssembly module of version 1');
  const contents: Contents = {
    types: [],
    imports: [],
    globals: [],
    functions: [],
    importedFunctions: 0,
    exports: new Map(),
    bodies: [],
    names: { functions: new Map(), locals: new Map() },
  };
  while (!reader.atEnd) {
    const id = reader.byte();
    const section = reader.slice(reader.unsigned());
    if (id === 0) readNames(section, contents.names);
    else if (id === 1) contents.types = readTypes(section);
    else if (id === 2) section.list(() => readImport(section, contents));
    else if (id === 3) section.list(() => contents.functions.push(section.unsigned()));
    else if (id === 7)
      section.list(() => {
        const name = section.name();
        const kind = section.byte();
        const index = section.unsigned();
        if (kind === 0) contents.exports.set(index, name);
      });
    else if (id === 10) contents.bodies = section.list(() => section.slice(section.unsigned()));
  }
  return contents;
};

/** How many operands and what text an instruction's immediates give. */
const immediateText = (op: Opcode, body: ByteReader, scope: Scope): string => {
  const memory = (): string => {
    body.unsigned();
    const offset = body.unsigned();
    return offset ? ` +${offset}` : '';
  };
  if (op.immediates.startsWith('align')) return memory();
  switch (op.immediates) {
    case '':
    case 'control':
      return '';
    case 'zero':
      body.byte();
      return '';
    case 'zerozero':
      body.byte();
      body.byte();
      return '';
    case 'lane':
      return ` ${body.byte()}`;
    case 'shuffle':
      return ` ${shuffleText(Array.from({ length: 16 }, () => body.byte()))}`;
    case 'local':
      return ` ${scope.local(body.unsigned())}`;
    case 'global':
      return ` ${scope.global(body.unsigned())}`;
    case 'function':
      return ` ${scope.function(body.unsigned())}`;
    case 'label':
      return ` ${body.unsigned()}`;
    case 'labels':
      return ` ${[...body.list(() => body.unsigned()), body.unsigned()].join(' ')}`;
    case 'block': {
      const type = body.byte();
      return type === 0x40 ? '' : ` ${typeName(type)}`;
    }
    case 'const':
      return ` ${constantText(op, body)}`;
    default:
      return `${memory()} lane ${body.byte()}`;
  }
};

/** Whole 32-bit lanes where they are, else bytes. */
const shuffleText = (lanes: readonly number[]): string => {
  const words = [0, 4, 8, 12].map(k => lanes.slice(k, k + 4));
  const whole = words.every(([a = 0, ...rest]) => a % 4 === 0 && rest.every((lane, k) => lane === a + k + 1));
  return whole ? `words ${words.map(([a = 0]) => a / 4).join(' ')}` : lanes.join(' ');
};

const constantText = (op: Opcode, body: ByteReader): string => {
  if (op.name === 'i32.const') return String(body.signed());
  if (op.name === 'i64.const') return String(body.signed64());
  if (op.name === 'f32.const') return numberText(body.f32());
  if (op.name === 'f64.const') return numberText(body.f64());
  const bytes = Array.from({ length: 16 }, () => body.byte());
  const view = new DataView(Uint8Array.from(bytes).buffer);
  const words = [0, 4, 8, 12].map(at => view.getInt32(at, true));
  if (words.every(word => word === words[0])) {
    const float = view.getFloat32(0, true);
    const integer = view.getInt32(0, true);
    // Small integers are integers, and so is what no sensible number looks like.
    const plain =
      float === 0 || (Math.abs(float) > 1e-30 && Math.abs(float) < 1e30) || !Number.isFinite(float);
    return Math.abs(integer) < 65536 && integer !== 0
      ? `i32 × 4: ${integer}`
      : plain
        ? `f32 × 4: ${numberText(float)}`
        : `i32 × 4: ${integer}`;
  }
  if (words[0] === words[2] && words[1] === words[3])
    return `f64 × 2: ${numberText(view.getFloat64(0, true))}`;
  return `i32: ${words.join(' ')}`;
};

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

interface Scope {
  local(index: number): string;
  global(index: number): string;
  function(index: number): string;
}

const LOCALS_PER_LINE = 10;

const disassembleBody = (body: ByteReader, scope: Scope, params: number): string[] => {
  const lines: string[] = [];
  let first = params;
  body.list(() => {
    const count = body.unsigned();
    const type = typeName(body.byte());
    for (let k = 0; k < count; k += LOCALS_PER_LINE) {
      const names = Array.from({ length: Math.min(LOCALS_PER_LINE, count - k) }, (_, n) =>
        scope.local(first + k + n),
      );
      lines.push(`  local ${type} ${names.join(' ')}`);
    }
    first += count;
  });
  let depth = 1;
  while (!body.atEnd) {
    const at = body.position;
    const byte = body.byte();
    const prefixed = byte >= 0xfc;
    const op = prefixed ? opcodeOf(byte, body.unsigned()) : opcodeOf(0, byte);
    if (!op) throw new Error(`byte ${at}: expected an instruction, found 0x${byte.toString(16)}`);
    if (op.name === 'end' || op.name === 'else') depth--;
    if (depth > 0) lines.push(`${'  '.repeat(depth)}${op.name}${immediateText(op, body, scope)}`);
    if (op.name === 'else' || op.immediates === 'block') depth++;
  }
  return lines;
};

/** The module as text: one instruction per line, locals and functions by name (name#index where ambiguous). */
export const disassemble = (bytes: Uint8Array, only?: (functionName: string) => boolean): string => {
  const contents = readModule(bytes);
  const functionName = (index: number): string =>
    contents.exports.get(index) ?? contents.names.functions.get(index) ?? `function${index}`;
  const lines = only ? [] : [...contents.imports];
  contents.bodies.forEach((body, k) => {
    const index = contents.importedFunctions + k;
    const name = functionName(index);
    if (only && !only(name)) return;
    const type = contents.types[contents.functions[index] ?? -1] ?? { params: [], results: [] };
    const local = localNames(contents.names.locals.get(index) ?? new Map());
    const global = (at: number): string => contents.globals[at] ?? `global${at}`;
    const params = type.params.map((param, p) => `${local(p)}: ${param}`).join(', ');
    const results = type.results.length ? ` → ${type.results.join(', ')}` : '';
    lines.push('', `${contents.exports.has(index) ? 'export ' : ''}function ${name}(${params})${results}`);
    for (const line of disassembleBody(body, { local, global, function: functionName }, type.params.length))
      lines.push(line);
  });
  return `${lines.join('\n').trim()}\n`;
};

/** Names made unique, and without blanks. */
const localNames = (names: ReadonlyMap<number, string>): ((index: number) => string) => {
  const seen = new Map<string, number>();
  for (const name of names.values()) seen.set(name, (seen.get(name) ?? 0) + 1);
  return index => {
    const name = names.get(index);
    if (name === undefined) return `#${index}`;
    const word = name.replaceAll(' ', ':');
    return seen.get(name) === 1 ? word : `${word}#${index}`;
  };
};
