// Atomic operations on shared memory (threads proposal).

import type { Instructions } from './notation.ts';

export const ATOMIC = {
  'memory.atomic.notify': [0xfe000, 'ii:i', 'align2'],
  'memory.atomic.wait32': [0xfe001, 'iil:i', 'align2'],
  'atomic.fence': [0xfe003, ':', 'zero'],
  'i32.atomic.load': [0xfe010, 'i:i', 'align2'],
  'i32.atomic.store': [0xfe017, 'ii:', 'align2'],
  'i32.atomic.rmw.add': [0xfe01e, 'ii:i', 'align2'],
  'i32.atomic.rmw.sub': [0xfe025, 'ii:i', 'align2'],
  'i32.atomic.rmw.and': [0xfe02c, 'ii:i', 'align2'],
  'i32.atomic.rmw.or': [0xfe033, 'ii:i', 'align2'],
  'i32.atomic.rmw.xor': [0xfe03a, 'ii:i', 'align2'],
  'i32.atomic.rmw.xchg': [0xfe041, 'ii:i', 'align2'],
  'i32.atomic.rmw.cmpxchg': [0xfe048, 'iii:i', 'align2'],
} as const satisfies Instructions;
