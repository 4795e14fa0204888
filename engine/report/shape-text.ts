// Shapes as the app, its report and comparisons write them. Pure and light: the renderer imports it.

/** Extents as they are shown: numbers, or names of dimensions. */
export type Extents = readonly (number | string)[];

/** What is known of a tensor's shape. */
export interface KnownShape {
  readonly shape?: readonly number[];
  /** axes whose extent is a bound, known only when the model runs */
  readonly bounded?: readonly boolean[];
  /** as the file says, where it says more: names of dimensions */
  readonly declared?: Extents;
}

/** '1×64×56×56', 'N×3'; no axes are a scalar. */
export function shapeText(shape: Extents | undefined): string {
  if (!shape) return 'unknown shape';
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** '≤100×4': the first extent is known only when the model runs, and has a bound. */
export const tensorShapeText = ({ shape, bounded, declared }: KnownShape): string =>
  shapeText(shape?.map((extent, axis) => (bounded?.[axis] ? `≤${extent}` : extent)) ?? declared);

/** 'float32 ≤100×4'; unknown parts are named as such. */
export const typeText = ({
  dtype,
  ...known
}: KnownShape & { readonly dtype?: string | undefined }): string =>
  dtype === undefined && !known.shape && !known.declared
    ? 'unknown type and shape'
    : `${dtype ?? 'unknown type'} ${tensorShapeText(known)}`;
