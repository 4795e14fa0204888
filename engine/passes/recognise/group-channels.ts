// Normalisations of views: where what one runs over are groups of channels, and all that lies behind them, of a tensor
// that was reshaped or transposed for it, it is a GroupNormalization of that tensor, and the views come behind. There
// they meet those that lead back, and what is computed next stands beside the normalisation, in the tensor's own shape.
// Axes are followed through views as factors of the tensor's extents, so that no spelling need be known.

import { floatAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { attr, producerOf, valueOf } from '../../ir/graph.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { elementCount, normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import { canonicalise } from '../canonical/canonicalise.ts';
import { deriveFloats } from '../derive.ts';
import type { Pass } from '../pass.ts';

/** Views between a tensor and its normalisation. */
const MOST_VIEWS = 8;

export const groupChannels: Pass = {
  name: 'group channels',
  run: (graph, context) => {
    const { read } = context;
    const patch = new Patch(graph);
    for (const node of graph.nodes) {
      const found = NORMALISATIONS.has(node.op) ? groupsOf(graph, node, read) : undefined;
      if (found) patch.replace(node, draftsOf(patch, node, found, read));
    }
    const after = patch.build();
    // Views that lead there and back are gone before anything else is moved through them.
    return after === graph ? graph : canonicalise.run(after, context);
  },
};

const NORMALISATIONS: ReadonlySet<string> = new Set(['InstanceNormalization', 'LayerNormalization']);

/** A factor of an extent of the tensor. Two are the same where they are the same object. */
interface Factor {
  readonly extent: number;
}

/** Per axis its factors, outermost first: of the tensor, and of the view of it. Extents of 1 have none. */
interface Factored {
  readonly tensor: readonly (readonly Factor[])[];
  readonly view: readonly (readonly Factor[])[];
}

interface Groups {
  readonly tensor: ValueId;
  /** from the tensor to what is normalised */
  readonly views: readonly Node[];
  readonly channelAxis: number;
  readonly groups: number;
  /** of what is normalised: one number for each group; left out where they do nothing */
  readonly parameters: readonly ValueId[];
}

/**
 * The nearest tensor in front of views of which the node normalises groups of several channels. Where there is none, the
 * farthest of which it normalises each channel, or all.
 */
function groupsOf(graph: Graph, node: Node, read: ReadBytes): Groups | undefined {
  const [x] = node.inputs;
  const parameters = parametersOf(graph, node, read);
  if (x === undefined || !parameters || valueOf(graph, x).dtype !== 'float32') return undefined;
  const views: Node[] = [];
  let farthest: Groups | undefined;
  for (let view = viewBefore(graph, x); view && views.length < MOST_VIEWS; ) {
    views.unshift(view);
    const [tensor] = view.inputs;
    if (tensor === undefined) break;
    const factored = factoredThrough(graph, tensor, views);
    const found = factored && channelsIn(factored, node, parameters.length > 0);
    if (found) farthest = { tensor, views: [...views], parameters, ...found };
    const channels = found && valueOf(graph, tensor).shape?.[found.channelAxis];
    if (found && found.groups > 1 && found.groups !== channels) break;
    view = viewBefore(graph, tensor);
  }
  return farthest;
}

function viewBefore(graph: Graph, id: ValueId): Node | undefined {
  const node = producerOf(graph, id);
  return node?.op === 'Reshape' || node?.op === 'Transpose' ? node : undefined;
}

/** Scale and shift per group, none where they do nothing; undefined where they are anything else. */
function parametersOf(graph: Graph, node: Node, read: ReadBytes): ValueId[] | undefined {
  const [, scale, shift] = node.inputs;
  if (isAll(graph, scale, 1, read) && isAll(graph, shift, 0, read)) return [];
  const given = [scale, shift].flatMap(id => (id !== undefined && valueOf(graph, id).constant ? [id] : []));
  return node.op === 'InstanceNormalization' && given.length === 2 ? given : undefined;
}

function isAll(graph: Graph, id: ValueId | undefined, number: number, read: ReadBytes): boolean {
  if (id === undefined) return true;
  const { constant } = valueOf(graph, id);
  return constant !== undefined && loadConstant(constant, read).data.every(value => value === number);
}

/** Undefined where a reshape cuts an axis at no factor of it. */
function factoredThrough(graph: Graph, tensor: ValueId, views: readonly Node[]): Factored | undefined {
  const { shape } = valueOf(graph, tensor);
  const axes = shape?.map(extent => (extent === 1 ? [] : [{ extent }]));
  let factored: Factored | undefined = axes && { tensor: axes, view: axes };
  for (const { op, attributes, outputs, ...node } of views) {
    const [output] = outputs;
    const to = output === undefined ? undefined : valueOf(graph, output).shape;
    if (!factored || !to || elementCount(to) === 0) return undefined;
    const { view } = factored;
    const order = intsAttribute({ ...node, op, attributes, outputs }, 'perm') ?? [...view.keys()].reverse();
    factored =
      op === 'Transpose'
        ? { ...factored, view: order.map(axis => view[axis] ?? []) }
        : reshaped(factored, to);
  }
  return factored;
}

function reshaped(factored: Factored, to: Shape): Factored | undefined {
  let { tensor } = factored;
  const rest = factored.view.flat();
  const view: Factor[][] = [];
  for (const extent of to) {
    const axis: Factor[] = [];
    let left = extent;
    while (left > 1) {
      const factor = rest.shift();
      if (!factor) return undefined;
      if (left % factor.extent === 0) {
        axis.push(factor);
        left /= factor.extent;
        continue;
      }
      if (factor.extent % left !== 0) return undefined;
      const [outer, inner] = [{ extent: left }, { extent: factor.extent / left }];
      const cut = (known: Factor): Factor[] => (known === factor ? [outer, inner] : [known]);
      tensor = tensor.map(factors => factors.flatMap(cut));
      axis.push(outer);
      rest.unshift(inner);
      left = 1;
    }
    view.push(axis);
  }
  return { tensor, view };
}

/** Normalised apart are images and groups of one axis: the outer factors of it. Over all else the node runs. */
function channelsIn(
  { tensor, view }: Factored,
  node: Node,
  perGroup: boolean,
): Pick<Groups, 'channelAxis' | 'groups'> | undefined {
  const first =
    node.op === 'InstanceNormalization' ? 2 : normalizeAxis(intAttribute(node, 'axis', -1), view.length);
  const apart = new Set(view.slice(0, first).flat());
  const outerOf = (axis: number): Factor[] => (tensor[axis] ?? []).filter(factor => apart.has(factor));
  const [images, ...others] = [...tensor.keys()];
  const cut = others.filter(axis => outerOf(axis).length > 0);
  const [channelAxis = 1, ...more] = cut;
  if (images === undefined || tensor.length < 2 || more.length > 0) return undefined;
  if (outerOf(images).length < (tensor[images]?.length ?? 0)) return undefined;
  const outer = outerOf(channelAxis);
  const isOuter = (factors: readonly Factor[] = []): boolean =>
    factors.length === outer.length && factors.every((factor, k) => factor === outer[k]);
  if (!isOuter(tensor[channelAxis]?.slice(0, outer.length)) || (perGroup && !isOuter(view[1])))
    return undefined;
  return { channelAxis, groups: outer.reduce((product, { extent }) => product * extent, 1) };
}

function draftsOf(patch: Patch, node: Node, found: Groups, read: ReadBytes): NodeDraft[] {
  const { tensor, views, channelAxis, groups, parameters } = found;
  const { shape = [] } = patch.get(tensor);
  const order = [0, channelAxis, ...[...shape.keys()].slice(1).filter(axis => axis !== channelAxis)];
  const turned = order.map(axis => shape[axis] ?? 1);
  const float = (name: string, extents: Shape): ValueId =>
    patch.value({ name: `${node.name}/${name}`, dtype: 'float32', shape: extents });
  const normalised = float('normalised', turned);
  const drafts: NodeDraft[] = [];
  const add = (
    like: Pick<NodeDraft, 'op' | 'version' | 'attributes'>,
    inputs: NodeDraft['inputs'],
    to: ValueId,
  ) => drafts.push({ ...like, inputs, outputs: [to] });
  const transpose = (perm: readonly number[]) =>
    ({ op: 'Transpose', version: 13, attributes: { perm: attr.ints(perm) } }) as const;
  const isTurned = !sameShape(order, [...shape.keys()]);
  const [before, behind] = isTurned
    ? [float('channels', turned), float('turned', shape)]
    : [tensor, normalised];
  const epsilon = attr.float(floatAttribute(node, 'epsilon', 1e-5));
  const attributes = { num_groups: attr.int(groups), epsilon };
  const perChannel = parameters.map(id => repeated(patch, id, (turned[1] ?? 1) / groups, read));
  if (isTurned) add(transpose(order), [tensor], before);
  add({ op: 'GroupNormalization', version: 21, attributes }, [before, ...perChannel], normalised);
  if (isTurned) add(transpose(shape.map((_, axis) => order.indexOf(axis))), [normalised], behind);
  views.reduce((from, { op, version, attributes: own, inputs, outputs }, at) => {
    const [output] = at === views.length - 1 ? node.outputs : outputs;
    if (output === undefined) return from;
    const to = at === views.length - 1 ? output : float(`view${at}`, patch.get(output).shape ?? []);
    add({ op, version, attributes: own }, [from, ...inputs.slice(1)], to);
    return to;
  }, behind);
  return drafts;
}

/** A constant of groups for each channel of theirs. */
function repeated(patch: Patch, id: ValueId, times: number, read: ReadBytes): ValueId {
  const { constant, name, shape: [groups = 1] = [] } = patch.get(id);
  if (!constant) throw new Error(`'${name}' is no constant`);
  const each = (data: Float32Array): Float32Array =>
    Float32Array.from({ length: groups * times }, (_, channel) => data[Math.floor(channel / times)] ?? 0);
  return patch.constant(
    `${name}/channels`,
    deriveFloats(`repeated ${times}`, [groups * times], [constant], read, each),
  );
}
