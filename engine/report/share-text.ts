// Shares in per cent, the same wherever they are told. Only all of something is 100 %: it is never rounded up to that.

/** 0.123 → '12.3 %', 0.9996 → '99.96 %', 0.99999 → '99.99 %', 1 → '100.0 %'. */
export function shareText(share: number, decimals = 1): string {
  const size = Math.abs(share) * 100;
  const digits = size.toFixed(decimals);
  if (size < 100 && Number(digits) === 100)
    return decimals < 2 ? shareText(share, 2) : signedShare(share, '99.99');
  return signedShare(share, digits);
}

const signedShare = (share: number, digits: string): string =>
  `${share < 0 && Number(digits) !== 0 ? '−' : ''}${digits} %`;
