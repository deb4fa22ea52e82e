// x sigmoid(x), Ramachandran et al. 2017.
fn gate(x: f32) -> f32 {
  let e = exp(-min(abs(x), 80.0));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

fn activationValue(x: f32) -> f32 { return x * gate(x); }

fn activationDerivative(x: f32) -> f32 { return gate(x) * (1.0 + x * gate(-x)); }
