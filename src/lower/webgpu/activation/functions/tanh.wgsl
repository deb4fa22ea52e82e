// tanh without the built-in, whose accuracy WGSL leaves open: a Taylor polynomial near 0, where (1 - e)/(1 + e) would
// cancel, else the quotient with e = exp(-2|x|). Relative error below 3e-7 against float64.
fn stableTanh(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.35) {
    let s = x * x;
    return x * (1.0 + s * (-0.33333333 + s * (0.13333333 + s * (-0.053968254 + s * (0.021869488 + s * (-0.0088632355 + s * 0.0035921280))))));
  }
  let e = exp(-2.0 * min(a, 20.0));
  return sign(x) * (1.0 - e) / (1.0 + e);
}

fn activationValue(x: f32) -> f32 { return stableTanh(x); }

fn activationDerivative(x: f32) -> f32 {
  let t = stableTanh(x);
  return (1.0 - t) * (1.0 + t);
}
