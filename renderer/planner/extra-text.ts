// What a change asks for in return, in words. Pure.

import type { ExtraWork } from '../../engine/report/what-if/types.ts';
import { formatBytes, formatMs, formatShare } from '../format/units.ts';

/** 'none', or '+2.1 %, 4.0 MiB moved, +3 ms'. `multiplyAdds`: those of one inference, of which the share is. */
export function extraText(extra: ExtraWork, multiplyAdds: number): string {
  const parts = [
    ...(extra.multiplyAdds > 0 ? [`+${formatShare(extra.multiplyAdds / Math.max(multiplyAdds, 1))}`] : []),
    ...(extra.trafficBytes > 0 ? [`${formatBytes(extra.trafficBytes)} moved`] : []),
    ...(extra.ms !== undefined && extra.ms > 0 ? [`+${formatMs(extra.ms)}`] : []),
  ];
  return parts.join(', ') || 'none';
}
