// A long name in several lines: they break after scopes and words, and only where those are too long within them.

import { Fragment } from 'react';

export function PathText({ name }: { readonly name: string }) {
  return name.split(/(?<=[/._])(?=[^/._])/u).map((part, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, never moved
    <Fragment key={place}>
      {place > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
