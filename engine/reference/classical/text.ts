// Strings, and features made of them.

import {
  boolAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
} from '../../ir/attributes.ts';
import { elementCount, makeTensor, tensorOf } from '../../ir/tensor.ts';
import type { Node, Tensor } from '../../ir/types.ts';
import { inputOf, outputShape, type Reference, type References } from '../call.ts';
import { broadcastIndices, fromNumbers } from '../elements.ts';

const textsOf = (tensor: Tensor): readonly string[] => Array.from(tensor.data, String);

const stringConcat: Reference = call => {
  const shape = outputShape(call);
  const [a, b] = [inputOf(call, 0), inputOf(call, 1)].map(tensor => {
    const map = broadcastIndices(tensor.shape, shape);
    const texts = textsOf(tensor);
    return map ? Array.from(map, i => texts[i] ?? '') : texts;
  });
  return [
    makeTensor(
      'string',
      shape,
      (a ?? []).map((text, i) => text + (b?.[i] ?? '')),
    ),
  ];
};

/** Parts of a text; without a delimiter split at runs of white space. At most `limit` cuts. */
function splitText(text: string, delimiter: string, limit: number): string[] {
  if (text === '') return [];
  if (delimiter === '') {
    const parts: string[] = [];
    let rest = text.trim();
    while (rest !== '' && parts.length < limit) {
      const cut = rest.search(/\s/);
      if (cut < 0) break;
      parts.push(rest.slice(0, cut));
      rest = rest.slice(cut).trimStart();
    }
    return rest === '' ? parts : [...parts, rest];
  }
  const all = text.split(delimiter);
  return all.length <= limit + 1 ? all : [...all.slice(0, limit), all.slice(limit).join(delimiter)];
}

/** A new last axis as long as the longest split, filled with ''; and the number of parts of each. */
const stringSplit: Reference = call => {
  const input = inputOf(call, 0);
  const delimiter = stringAttribute(call.node, 'delimiter', '');
  const limit = intAttribute(call.node, 'maxsplit', Number.POSITIVE_INFINITY);
  const parts = textsOf(input).map(text => splitText(text, delimiter, limit));
  const width = Math.max(0, ...parts.map(list => list.length));
  const texts = parts.flatMap(list => Array.from({ length: width }, (_, i) => list[i] ?? ''));
  return [
    makeTensor('string', [...input.shape, width], texts),
    tensorOf(
      'int64',
      input.shape,
      parts.map(list => list.length),
    ),
  ];
};

/** Drops stop words and changes case. Nothing left gives one empty string. */
const stringNormalizer: Reference = call => {
  const input = inputOf(call, 0);
  const action = stringAttribute(call.node, 'case_change_action', 'NONE');
  const sensitive = boolAttribute(call.node, 'is_case_sensitive', false);
  const fold = (text: string) => (sensitive ? text : text.toLowerCase());
  const stopwords = new Set((stringsAttribute(call.node, 'stopwords') ?? []).map(fold));
  const kept = textsOf(input)
    .filter(text => !stopwords.has(fold(text)))
    .map(text => (action === 'LOWER' ? text.toLowerCase() : action === 'UPPER' ? text.toUpperCase() : text));
  const result = kept.length === 0 ? [''] : kept;
  return [makeTensor('string', [...input.shape.slice(0, -1), result.length], result)];
};

const regexFullMatch: Reference = call => {
  const input = inputOf(call, 0);
  const pattern = new RegExp(`^(?:${stringAttribute(call.node, 'pattern')})$`, 's');
  const matches = textsOf(input).map(text => (pattern.test(text) ? 1 : 0));
  return [fromNumbers('bool', input.shape, matches)];
};

interface Gram {
  readonly items: readonly string[];
  readonly feature: number;
  readonly weight: number;
}

/** The pool holds all 1-grams, then all 2-grams …; ngram_counts says where each length starts. */
function gramsOf(node: Node): Gram[] {
  const pool =
    stringsAttribute(node, 'pool_strings') ?? (intsAttribute(node, 'pool_int64s') ?? []).map(String);
  const starts = intsAttribute(node, 'ngram_counts') ?? [];
  const features = intsAttribute(node, 'ngram_indexes') ?? [];
  const weights = floatsAttribute(node, 'weights');
  const grams: Gram[] = [];
  for (const [i, start] of starts.entries()) {
    const length = i + 1;
    for (let at = start; at + length <= (starts[i + 1] ?? pool.length); at += length) {
      const which = grams.length;
      const items = pool.slice(at, at + length);
      grams.push({ items, feature: features[which] ?? 0, weight: weights?.[which] ?? 1 });
    }
  }
  return grams;
}

/** How often a gram occurs in a row, its items 1 … maxSkip + 1 places apart. */
function occurrences(row: readonly string[], gram: Gram, maxSkip: number): number {
  const last = gram.items.length === 1 ? 0 : maxSkip;
  let count = 0;
  for (let skip = 0; skip <= last; skip++) {
    for (let start = 0; start + (gram.items.length - 1) * (skip + 1) < row.length; start++) {
      if (gram.items.every((item, i) => row[start + i * (skip + 1)] === item)) count++;
    }
  }
  return count;
}

const tfIdfVectorizer: Reference = call => {
  const { node } = call;
  const input = inputOf(call, 0);
  const shape = outputShape(call);
  const features = shape.at(-1) ?? 0;
  const width = input.shape.at(-1) ?? 0;
  const texts = textsOf(input);
  const mode = stringAttribute(node, 'mode');
  const maxSkip = intAttribute(node, 'max_skip_count');
  const [shortest, longest] = [intAttribute(node, 'min_gram_length'), intAttribute(node, 'max_gram_length')];
  const weighted = hasAttribute(node, 'weights');
  const grams = gramsOf(node).filter(({ items }) => items.length >= shortest && items.length <= longest);
  const result = new Float64Array(elementCount(shape));
  for (let row = 0; row * features < result.length; row++) {
    const own = texts.slice(row * width, (row + 1) * width);
    for (const gram of grams) {
      const count = occurrences(own, gram, maxSkip);
      const frequency = mode === 'IDF' ? Math.min(1, count) : count;
      result[row * features + gram.feature] =
        mode === 'TF' || !weighted ? frequency : frequency * gram.weight;
    }
  }
  return [fromNumbers('float32', shape, result)];
};

export const TEXT: References = {
  StringConcat: stringConcat,
  StringSplit: stringSplit,
  StringNormalizer: stringNormalizer,
  RegexFullMatch: regexFullMatch,
  TfIdfVectorizer: tfIdfVectorizer,
};
