// GELU with the exact erf (Hendrycks & Gimpel 2016, arXiv:1606.08415).
//
// Phi(x), the normal distribution function. Near 0 erf's Maclaurin series; beyond, erfc(z) = t exp(-z^2 + P(t)) with
// t = 1 / (1 + z/2), Chebyshev fit of Numerical Recipes (Press et al., erfcc), fractional error below 1.2e-7.
fn normalTail(z: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * z);
  let p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807
    + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  return t * exp(p - z * z);
}

fn normalCdf(x: f32) -> f32 {
  let z = abs(x) * 0.70710678;
  if (z < 0.5) {
    let s = z * z;
    let erf = 1.1283792 * z * (1.0 + s * (-0.33333333 + s * (0.1 + s * (-0.023809524 + s * (0.0046296296
      + s * (-0.00075757576 + s * 0.00010683761))))));
    return 0.5 + 0.5 * sign(x) * erf;
  }
  let tail = 0.5 * normalTail(min(z, 9.0));
  return select(tail, 1.0 - tail, x > 0.0);
}

fn activationValue(x: f32) -> f32 { return x * normalCdf(x); }

fn activationDerivative(x: f32) -> f32 {
  return normalCdf(x) + x * 0.39894228 * exp(-0.5 * min(x * x, 170.0));
}
