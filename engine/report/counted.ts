// Counts in sentences: the noun as the number asks for it, digits in threes.

/** '1 chain', '0 chains', '1,234 operators': `one` is the noun of one, of more it ends in an s. */
export const counted = (count: number, one: string): string =>
  `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')} ${one}${count === 1 ? '' : 's'}`;
