// GELU's tanh approximation, `gelu_new` of transformers; stableTanh comes from tanh.wgsl's twin below.
fn innerTanh(x: f32) -> f32 {
  let u = 0.79788456 * (x + 0.044715 * x * x * x);
  let a = abs(u);
  if (a < 0.35) {
    let s = u * u;
    return u * (1.0 + s * (-0.33333333 + s * (0.13333333 + s * (-0.053968254 + s * (0.021869488 + s * (-0.0088632355 + s * 0.0035921280))))));
  }
  let e = exp(-2.0 * min(a, 20.0));
  return sign(u) * (1.0 - e) / (1.0 + e);
}

fn activationValue(x: f32) -> f32 { return 0.5 * x * (1.0 + innerTanh(x)); }

fn activationDerivative(x: f32) -> f32 {
  let t = innerTanh(x);
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t) * (1.0 + t) * 0.79788456 * (1.0 + 0.134145 * x * x);
}
