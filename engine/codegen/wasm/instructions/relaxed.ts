// Relaxed SIMD: results may differ between processors within what the specification allows.

import type { Instructions } from './notation.ts';

export const RELAXED_SIMD = {
  'i8x16.relaxed_swizzle': [0xfd100, 'vv:v'],
  'i32x4.relaxed_trunc_f32x4_s': [0xfd101, 'v:v'],
  'i32x4.relaxed_trunc_f32x4_u': [0xfd102, 'v:v'],
  'i32x4.relaxed_trunc_f64x2_s_zero': [0xfd103, 'v:v'],
  'i32x4.relaxed_trunc_f64x2_u_zero': [0xfd104, 'v:v'],
  'f32x4.relaxed_madd': [0xfd105, 'vvv:v'],
  'f32x4.relaxed_nmadd': [0xfd106, 'vvv:v'],
  'f64x2.relaxed_madd': [0xfd107, 'vvv:v'],
  'f64x2.relaxed_nmadd': [0xfd108, 'vvv:v'],
  'i8x16.relaxed_laneselect': [0xfd109, 'vvv:v'],
  'i16x8.relaxed_laneselect': [0xfd10a, 'vvv:v'],
  'i32x4.relaxed_laneselect': [0xfd10b, 'vvv:v'],
  'i64x2.relaxed_laneselect': [0xfd10c, 'vvv:v'],
  'f32x4.relaxed_min': [0xfd10d, 'vv:v'],
  'f32x4.relaxed_max': [0xfd10e, 'vv:v'],
  'f64x2.relaxed_min': [0xfd10f, 'vv:v'],
  'f64x2.relaxed_max': [0xfd110, 'vv:v'],
  'i16x8.relaxed_q15mulr_s': [0xfd111, 'vv:v'],
  'i16x8.relaxed_dot_i8x16_i7x16_s': [0xfd112, 'vv:v'],
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': [0xfd113, 'vvv:v'],
} as const satisfies Instructions;
