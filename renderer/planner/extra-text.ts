// What a change asks for in return, in words. Pure.

import type { ExtraWork } from '../../engine/report/what-if/types.ts';

interface Formats {
  readonly formatShare: (share: number) => string;
  readonly formatBytes: (bytes: number) => string;
  readonly formatMs: (ms: number) => string;
}

/** Multiply-adds as a share of `multiplyAdds`, those of one inference. */
export function extraText(extra: ExtraWork, multiplyAdds: number, formats: Formats): string {
  const parts = [
    ...(extra.multiplyAdds > 0
      ? [`+${formats.formatShare(extra.multiplyAdds / Math.max(multiplyAdds, 1))}`]
      : []),
    ...(extra.trafficBytes > 0 ? [`${formats.formatBytes(extra.trafficBytes)} moved`] : []),
    ...(extra.ms !== undefined && extra.ms > 0 ? [`+${formats.formatMs(extra.ms)}`] : []),
  ];
  return parts.join(', ') || 'none';
}
