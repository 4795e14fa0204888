// Builds one WebAssembly module: imports, functions and exports, types deduplicated, names for debuggers.
// Imports come before definitions, because they share one index space.

import { ByteWriter } from './bytes.ts';
import { FunctionBuilder, type FunctionHandle, type GlobalHandle } from './function.ts';
import { TYPE_CODES, type ValueType } from './opcodes.ts';

/** What a function takes and gives; parameter names are for the disassembly. */
export interface FunctionOptions {
  readonly params?: readonly ValueType[];
  readonly results?: readonly ValueType[];
  readonly paramNames?: readonly string[];
  readonly exported?: boolean;
}

/** Limits in pages of 64 KiB. */
export interface MemoryLimits {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

type Import = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'function'; readonly type: number }
  | { readonly kind: 'memory'; readonly limits: MemoryLimits }
  | { readonly kind: 'global'; readonly type: ValueType; readonly mutable: boolean }
);

interface Defined {
  readonly type: number;
  readonly name: string;
  readonly exported: boolean;
  body: Uint8Array<ArrayBuffer>;
  localNames: readonly string[];
}

const SECTION = { custom: 0, type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;

/** A module while it is built. */
export class ModuleBuilder {
  private readonly types: {
    readonly params: readonly ValueType[];
    readonly results: readonly ValueType[];
  }[] = [];
  private readonly typeIndex = new Map<string, number>();
  private readonly imports: Import[] = [];
  private readonly functions: Defined[] = [];
  private readonly helpers = new Map<string, FunctionHandle>();
  private importedFunctions = 0;
  private importedGlobals = 0;
  /** types of the module's own globals, all mutable */
  private readonly globals: ValueType[] = [];

  importMemory(module: string, name: string, limits: MemoryLimits): void {
    this.imports.push({ kind: 'memory', module, name, limits });
  }

  importGlobal(module: string, name: string, type: ValueType, mutable = false): GlobalHandle {
    if (this.globals.length) throw new Error(`import ${module}.${name} after a global was defined`);
    this.imports.push({ kind: 'global', module, name, type, mutable });
    return { index: this.importedGlobals++, type, mutable };
  }

  importFunction(
    module: string,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
  ): FunctionHandle {
    if (this.functions.length) throw new Error(`import ${module}.${name} after a function was defined`);
    this.imports.push({ kind: 'function', module, name, type: this.typeOf(params, results) });
    return { index: this.importedFunctions++, name, params, results };
  }

  /** A variable of the instance: every thread has its own. Starts as 0. */
  defineGlobal(type: 'i32'): GlobalHandle {
    return { index: this.importedGlobals + this.globals.push(type) - 1, type, mutable: true };
  }

  /** Defines a function; `body` writes it. It may define other functions meanwhile. */
  define(name: string, options: FunctionOptions, body: (f: FunctionBuilder) => void): FunctionHandle {
    const { params = [], results = [], paramNames, exported = false } = options;
    const defined: Defined = {
      type: this.typeOf(params, results),
      name,
      exported,
      body: new Uint8Array(0),
      localNames: [],
    };
    const index = this.importedFunctions + this.functions.push(defined) - 1;
    const builder = new FunctionBuilder(name, params, results, paramNames);
    body(builder);
    defined.body = builder.finish();
    defined.localNames = builder.localNames;
    return { index, name, params, results };
  }

  /** A function defined on first use under this name, and shared afterwards. */
  helper(name: string, options: FunctionOptions, body: (f: FunctionBuilder) => void): FunctionHandle {
    const known = this.helpers.get(name);
    if (known) return known;
    const handle = this.define(name, options, body);
    this.helpers.set(name, handle);
    return handle;
  }

  /** The module's bytes. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(4096);
    out.append(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
    const section = (id: number, write: (to: ByteWriter) => void): void => {
      const content = new ByteWriter(1024);
      write(content);
      out.byte(id);
      out.sized(content.bytes());
    };
    section(SECTION.type, to => this.writeTypes(to));
    section(SECTION.import, to => this.writeImports(to));
    section(SECTION.function, to => {
      to.unsigned(this.functions.length);
      for (const { type } of this.functions) to.unsigned(type);
    });
    if (this.globals.length) section(SECTION.global, to => this.writeGlobals(to));
    section(SECTION.export, to => this.writeExports(to));
    section(SECTION.code, to => {
      to.unsigned(this.functions.length);
      for (const { body } of this.functions) to.sized(body);
    });
    section(SECTION.custom, to => this.writeNames(to));
    return out.bytes().slice();
  }

  private typeOf(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join()}:${results.join()}`;
    const known = this.typeIndex.get(key);
    if (known !== undefined) return known;
    const index = this.types.push({ params, results }) - 1;
    this.typeIndex.set(key, index);
    return index;
  }

  private writeTypes(to: ByteWriter): void {
    to.unsigned(this.types.length);
    for (const { params, results } of this.types) {
      to.byte(0x60);
      for (const types of [params, results]) {
        to.unsigned(types.length);
        for (const type of types) to.byte(TYPE_CODES[type]);
      }
    }
  }

  private writeImports(to: ByteWriter): void {
    to.unsigned(this.imports.length);
    for (const entry of this.imports) {
      to.name(entry.module);
      to.name(entry.name);
      if (entry.kind === 'function') {
        to.byte(0);
        to.unsigned(entry.type);
      } else if (entry.kind === 'memory') {
        const { initial, maximum, shared } = entry.limits;
        to.byte(2);
        to.byte((maximum === undefined ? 0 : 1) | (shared ? 2 : 0));
        to.unsigned(initial);
        if (maximum !== undefined) to.unsigned(maximum);
      } else {
        to.byte(3);
        to.byte(TYPE_CODES[entry.type]);
        to.byte(entry.mutable ? 1 : 0);
      }
    }
  }

  /** Every one with its initial value, the constant 0. */
  private writeGlobals(to: ByteWriter): void {
    to.unsigned(this.globals.length);
    for (const type of this.globals) {
      for (const byte of [TYPE_CODES[type], 1, 0x41, 0, 0x0b]) to.byte(byte);
    }
  }

  private writeExports(to: ByteWriter): void {
    const exported = this.functions.flatMap((f, k) => (f.exported ? [{ name: f.name, k }] : []));
    to.unsigned(exported.length);
    for (const { name, k } of exported) {
      to.name(name);
      to.byte(0);
      to.unsigned(this.importedFunctions + k);
    }
  }

  /** The custom section "name": functions and locals. */
  private writeNames(to: ByteWriter): void {
    to.name('name');
    const names = new ByteWriter();
    names.unsigned(this.functions.length);
    this.functions.forEach(({ name }, k) => {
      names.unsigned(this.importedFunctions + k);
      names.name(name);
    });
    to.byte(1);
    to.sized(names.bytes());
    const locals = new ByteWriter(4096);
    locals.unsigned(this.functions.length);
    this.functions.forEach(({ localNames }, k) => {
      locals.unsigned(this.importedFunctions + k);
      locals.unsigned(localNames.length);
      localNames.forEach((name, local) => {
        locals.unsigned(local);
        locals.name(name);
      });
    });
    to.byte(2);
    to.sized(locals.bytes());
  }
}
