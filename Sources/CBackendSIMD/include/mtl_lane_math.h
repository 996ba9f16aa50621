/* Functions of vectors. In C, as the compiler would leave Swift ones of this size as calls, which
 * take vectors apart. */
#ifndef MTL_LANE_MATH_H
#define MTL_LANE_MATH_H

#include "mtl_lanes.h"

/* Vectors wider than the registers change how functions are called; these never are. */
#pragma clang diagnostic ignored "-Wpsabi"

/* The greater lanes, NaN where one is. */
MTL_INLINE mtl_lanes mtl_greater(mtl_lanes a, mtl_lanes b) {
  const mtl_lanes larger = a > b ? a : b;
  return a == a ? larger : a;
}

MTL_INLINE mtl_lanes mtl_square_root(mtl_lanes x) { return __builtin_elementwise_sqrt(x); }

/* The nearest integer, of two the even one. Adding 2^23 leaves no room for fractions; numbers from
 * there on have none. */
MTL_INLINE mtl_lanes mtl_rounded(mtl_lanes x) {
  const mtl_lanes size = x < 0 ? -x : x;
  const mtl_lanes whole = (size + 0x1p23f) - 0x1p23f;
  return size < 0x1p23f ? (x < 0 ? -whole : whole) : x;
}

MTL_INLINE mtl_wide_lanes mtl_wide_square_root(mtl_wide_lanes x) {
  return __builtin_elementwise_sqrt(x);
}

/* 1 / x for normal x, within 1 unit in the last place. */
MTL_INLINE mtl_lanes mtl_reciprocal(mtl_lanes x) {
#if defined(__AVX512F__) && MTL_LANES == 16
  /* An estimate of 14 bits and one step of Newton's method: divisions of 16 lanes are slow. */
  const mtl_lanes near = _mm512_rcp14_ps(x);
  return mtl_multiply_add(near, mtl_multiply_add(-x, near, (mtl_lanes)1), near);
#else
  return 1 / x;
#endif
}

/* x, or the nearer of 0 and 1 where it is beyond them; NaN where x is. */
MTL_INLINE mtl_lanes mtl_from_zero_to_one(mtl_lanes x) {
  return mtl_at_most((mtl_lanes)1, mtl_at_least((mtl_lanes)0, x));
}

/* exp(-x) is normal for x up to this. */
#define MTL_MOST_EXPONENT 87.33654f

/* exp(-x) = (power + 1) * scale. */
typedef struct mtl_split_exponential {
  mtl_lanes power, scale;
} mtl_split_exponential;

/* For |x| up to MTL_MOST_EXPONENT: splits -x into n * ln 2 - r, |r| <= ln 2 / 2, and takes a
 * polynomial of degree 6 in r, whose largest error relative to exp(-r) is the least possible (3e-9,
 * Remez). Its terms are summed in pairs (Estrin), as a sum of one after the other keeps the next
 * vectors waiting. */
MTL_INLINE mtl_split_exponential mtl_exponential_parts(mtl_lanes x) {
  /* Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits; 127 more is what 2^n has
   * in its exponent field. */
  const mtl_lanes magic = 0x1.8p23f + 127;
  const mtl_lanes shifted = mtl_multiply_add(x, (mtl_lanes)-1.44269504f, magic);
  const mtl_lanes n = shifted - magic;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  const mtl_lanes r = mtl_multiply_add(n, (mtl_lanes)0.693147181f, x);
#else
  /* In two parts, the first product being exact. */
  const mtl_lanes r = n * -2.1219444e-4f + (n * 0.693359375f + x);
#endif
  const mtl_lanes square = r * r;
  const mtl_lanes low = mtl_multiply_add(r, (mtl_lanes)-0.16666521f, (mtl_lanes)0.49999994f);
  const mtl_lanes middle = mtl_multiply_add(r, (mtl_lanes)-0.008368717f, (mtl_lanes)0.04166839f);
  const mtl_lanes high = mtl_multiply_add(square, (mtl_lanes)0.0013814599f, middle);
  const mtl_lanes sum = mtl_multiply_add(high, square, low);
  mtl_split_exponential parts;
  parts.power = mtl_multiply_add(sum, square, -r);
  parts.scale = (mtl_lanes)((mtl_lane_bits)shifted << 23);
  return parts;
}

/* exp(-x) for x >= 0, within 5 units in the last place; 0 where it would be subnormal. */
MTL_INLINE mtl_lanes mtl_exponential_of_negative(mtl_lanes x) {
  const mtl_split_exponential parts =
      mtl_exponential_parts(mtl_at_most((mtl_lanes)MTL_MOST_EXPONENT, x));
  return x > MTL_MOST_EXPONENT ? (mtl_lanes)0 : (parts.power + 1) * parts.scale;
}

/* exp(x), within 5 units in the last place: the square of exp(x / 2), which is normal wherever the
 * square is neither 0 nor infinite. */
MTL_INLINE mtl_lanes mtl_exponential(mtl_lanes x) {
  const mtl_split_exponential parts = mtl_exponential_parts(mtl_at_most(
      (mtl_lanes)MTL_MOST_EXPONENT, mtl_at_least((mtl_lanes)-MTL_MOST_EXPONENT, -0.5f * x)));
  const mtl_lanes root = (parts.power + 1) * parts.scale;
  return root * root;
}

/* exp(x) - 1 for x <= 0. */
MTL_INLINE mtl_lanes mtl_exponential_less_1(mtl_lanes x) {
  const mtl_split_exponential parts =
      mtl_exponential_parts(mtl_at_most((mtl_lanes)MTL_MOST_EXPONENT, -x));
  return mtl_multiply_add(parts.power, parts.scale, parts.scale - 1);
}

/* 1 / (1 + exp(-x)); 0 where it would be subnormal. */
MTL_INLINE mtl_lanes mtl_logistic(mtl_lanes x) {
  const mtl_split_exponential parts = mtl_exponential_parts(mtl_at_most(
      (mtl_lanes)MTL_MOST_EXPONENT, mtl_at_least((mtl_lanes)-MTL_MOST_EXPONENT, x)));
  const mtl_lanes sum = mtl_multiply_add(parts.power, parts.scale, parts.scale + 1);
  return x < -MTL_MOST_EXPONENT ? (mtl_lanes)0 : mtl_reciprocal(sum);
}

/* tanh(x): by exponentials, and near 0 by a polynomial (Cephes, tanhf). */
MTL_INLINE mtl_lanes mtl_tanh(mtl_lanes x) {
  const mtl_lanes size = x < 0 ? -x : x;
  const mtl_lanes small = mtl_exponential_of_negative(2 * size);
  const mtl_lanes far = (1 - small) / (1 + small);
  const mtl_lanes z = x * x;
  mtl_lanes sum = -5.70498872e-3f;
  sum = mtl_multiply_add(sum, z, (mtl_lanes)2.06390888e-2f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-5.37397124e-2f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)1.33314416e-1f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-3.33332822e-1f);
  const mtl_lanes near = mtl_multiply_add(sum * z, x, x);
  const mtl_lanes signed_far = x < 0 ? -far : far;
  return size < 0.625f ? near : signed_far;
}

/* log(1 + exp(x)), which is the positive part of x and log(1 + z), z = exp(-|x|): of
 * s = z / (2 + z) twice the inverse hyperbolic tangent, whose series ends soon as s <= 1 / 3. */
MTL_INLINE mtl_lanes mtl_softplus(mtl_lanes x) {
  const mtl_lanes z = mtl_exponential_of_negative(x < 0 ? -x : x);
  const mtl_lanes s = z / (2 + z), square = s * s;
  mtl_lanes sum = 2.f / 13;
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 11));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 9));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 7));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 5));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 3));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)2);
  return mtl_multiply_add(sum, s, x > 0 ? x : (mtl_lanes)0);
}

/* erf(x) = numerator / denominator, both within 6 units in the last place together: a quotient of
 * polynomials up to 4 (Eigen), beyond which erf is 1. */
typedef struct mtl_error_parts {
  mtl_lanes numerator, denominator;
} mtl_error_parts;

MTL_INLINE mtl_error_parts mtl_error_function(mtl_lanes x) {
  const mtl_lanes near = mtl_at_most((mtl_lanes)4, mtl_at_least((mtl_lanes)-4, x));
  const mtl_lanes z = near * near;
  mtl_lanes sum = -2.72614225801306e-10f;
  sum = mtl_multiply_add(sum, z, (mtl_lanes)2.77068142495902e-8f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-2.10102402082508e-6f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-5.69250639462346e-5f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-7.34990630326855e-4f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-2.95459980854025e-3f);
  sum = mtl_multiply_add(sum, z, (mtl_lanes)-1.60960333262415e-2f);
  mtl_lanes below = -1.45660718464996e-5f;
  below = mtl_multiply_add(below, z, (mtl_lanes)-2.13374055278905e-4f);
  below = mtl_multiply_add(below, z, (mtl_lanes)-1.68282697438203e-3f);
  below = mtl_multiply_add(below, z, (mtl_lanes)-7.37332916720468e-3f);
  below = mtl_multiply_add(below, z, (mtl_lanes)-1.42647390514189e-2f);
  return (mtl_error_parts){near * sum, below};
}

MTL_INLINE mtl_lanes mtl_erf(mtl_lanes x) {
  const mtl_error_parts parts = mtl_error_function(x);
  return parts.numerator * mtl_reciprocal(parts.denominator);
}

/* (1 + erf(x / sqrt 2)) / 2, the share of a normal distribution below x, within 2e-7. */
MTL_INLINE mtl_lanes mtl_normal_share(mtl_lanes x) {
  const mtl_error_parts parts = mtl_error_function(0.707106781f * x);
  const mtl_lanes share = mtl_multiply_add(
      0.5f * parts.numerator, mtl_reciprocal(parts.denominator), (mtl_lanes)0.5f);
  return x < -5.5f ? (mtl_lanes)0 : share;
}

/* log(x), of x = 2^n * m with m from sqrt(1/2) to sqrt(2) as n * log(2) + log(m): of
 * s = (m - 1) / (m + 1) twice the inverse hyperbolic tangent. */
MTL_INLINE mtl_lanes mtl_logarithm(mtl_lanes x) {
  const mtl_lanes normal = x < 0x1p-126f ? x * 0x1p23f : x;
  const mtl_lanes shift = x < 0x1p-126f ? (mtl_lanes)-23 : (mtl_lanes)0;
  const mtl_lane_bits root_half = 0x3F3504F3;
  const mtl_lane_bits bits = (mtl_lane_bits)normal - root_half;
  const mtl_lanes n =
      __builtin_convertvector((mtl_lane_numbers)bits >> 23, mtl_lanes) + shift;
  const mtl_lanes m = (mtl_lanes)((bits & 0x7FFFFF) + root_half);
  const mtl_lanes s = (m - 1) / (m + 1), square = s * s;
  mtl_lanes sum = 2.f / 9;
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 7));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 5));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)(2.f / 3));
  sum = mtl_multiply_add(sum, square, (mtl_lanes)2);
  const mtl_lanes finite = mtl_multiply_add(n, (mtl_lanes)0.693147181f, sum * s);
  const mtl_lanes infinite = __builtin_inff(), none = __builtin_nanf("");
  const mtl_lanes positive = x < infinite ? finite : x;
  return x > 0 ? positive : x == 0 ? -infinite : none;
}

#endif
