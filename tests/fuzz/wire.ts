import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WireError } from '@winmedic/bytes';
import type { Kind, Mutated } from './kind.ts';
import type { Random } from './random.ts';

/** A seed of the protocols: bytes to begin with, how they are changed, and what reads them. */
export interface WireSeed {
  readonly name: string;
  /** Empty for a run of two sides, which is led by the random numbers alone. */
  readonly bytes: Uint8Array;
  readonly change: (bytes: Uint8Array, random: Random) => Mutated;
  /** What is counted in the summary, or nothing. Anything thrown is a failure. */
  readonly read: (bytes: Uint8Array, random: Random) => Counts | undefined | Promise<Counts | undefined>;
}

/** What came of one input, for the summary. */
export type Counts = Readonly<Record<string, number>>;

/** A kind of input made of seeds, each with its reader. */
export function wireKind(
  name: string,
  seeds: readonly WireSeed[],
  limits: { readonly maxMs?: number; readonly extension?: string; readonly atLeast?: number } = {},
): Kind {
  return {
    name,
    seeds: seeds.map((seed) => seed.name),
    mutate: (from, random) => seeds[from]!.change(seeds[from]!.bytes, random),
    read: (bytes, random, from) => {
      const counts = seeds[from]!.read(bytes, random);
      return counts instanceof Promise ? counts.then((each) => each ?? {}) : (counts ?? {});
    },
    maxMs: limits.maxMs ?? 2000,
    extension: limits.extension ?? 'bin',
    ...(limits.atLeast === undefined ? {} : { atLeast: limits.atLeast }),
  };
}

/** A seed that is a run of two sides. */
export function run(name: string, read: (random: Random) => Promise<Counts | undefined>): WireSeed {
  return { name, bytes: new Uint8Array(), change: (bytes) => ({ bytes, names: ['two sides'] }), read: (_, random) => read(random) };
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** Is it one of the documented errors, with a code of its own? */
export function isDocumented(error: unknown, classes: readonly ErrorClass[]): boolean {
  if (!classes.some((each) => error instanceof each)) return false;
  return !(error instanceof WireError) || /^[A-Z]+_[A-Z0-9_]+$/.test(error.code);
}

/** Runs a parser over an input: it gives something sane, or throws a documented error. */
export function survives(parse: () => unknown, inputBytes: number, ...classes: readonly ErrorClass[]): Counts {
  let result: unknown;
  try {
    result = parse();
  } catch (error) {
    if (!isDocumented(error, classes)) throw error;
    return { refused: 1 };
  }
  checkSane(result, inputBytes);
  return { read: 1 };
}

/** Values and characters a result may have for each byte of input, and whatever the input. */
const PER_BYTE = 64;
const AT_LEAST = 20_000;
/** Names that would reach the prototype of an object. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A result must be bounded by its input, must have no names of the input as keys of objects, and must leave every prototype alone. */
export function checkSane(result: unknown, inputBytes: number): void {
  let budget = AT_LEAST + PER_BYTE * inputBytes;
  const seen = new Set<object>();
  const rest: unknown[] = [result];
  const spend = (amount: number): void => {
    budget -= amount;
    if (budget < 0) throw new Error(`a result much larger than its input of ${inputBytes} bytes`);
  };
  while (rest.length > 0) {
    const value = rest.pop();
    spend(1);
    if (typeof value === 'string') spend(value.length);
    if (typeof value === 'number' && Number.isNaN(value)) throw new Error('a number that is none');
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      spend(Math.ceil(value.byteLength / 8));
      continue;
    }
    if (value instanceof Map) {
      for (const [key, each] of value) rest.push(key, each);
      continue;
    }
    if (value instanceof Set || Array.isArray(value)) {
      for (const each of value) rest.push(each);
      continue;
    }
    for (const [key, each] of Object.entries(value)) {
      if (PROTOTYPE_NAMES.has(key)) throw new Error(`a result with the key ${key}`);
      spend(key.length);
      rest.push(each);
    }
  }
  checkPrototypes();
}

const PROTOTYPES = [Object.prototype, Array.prototype, Map.prototype, Function.prototype].map((prototype) => ({
  prototype,
  names: Reflect.ownKeys(prototype).length,
}));

/** Has anything been added to the prototypes everything inherits from? */
export function checkPrototypes(): void {
  for (const { prototype, names } of PROTOTYPES)
    if (Reflect.ownKeys(prototype).length !== names) throw new Error('a prototype was changed');
}

/** Random bytes of a run, so that it can be repeated. */
export function randomBytes(random: Random): (length: number) => Uint8Array {
  return (length) => Uint8Array.from({ length }, () => random.below(256));
}

/** Adds counts of the next input. */
export function add(into: Map<string, number>, counts: Counts): void {
  for (const [what, count] of Object.entries(counts)) into.set(what, (into.get(what) ?? 0) + count);
}

const CORPUS = new URL('../../../shared/corpus/winrm/', import.meta.url).pathname;

/** Files of a folder of the corpus as seeds, when it is there. */
export function corpusFiles(folder: string, take: (name: string) => boolean = () => true): { name: string; bytes: Uint8Array }[] {
  const path = join(CORPUS, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && take(entry.name))
    .map((entry) => ({ name: `corpus ${entry.name}`, bytes: Uint8Array.from(readFileSync(join(entry.parentPath, entry.name))) }))
    .filter(({ bytes }) => bytes.length > 0 && bytes.length < 100_000)
    .sort((a, b) => a.name.localeCompare(b.name));
}
