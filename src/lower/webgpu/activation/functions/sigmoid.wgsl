fn stableSigmoid(x: f32) -> f32 {
  let e = exp(-min(abs(x), 80.0));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

fn activationValue(x: f32) -> f32 { return stableSigmoid(x); }

fn activationDerivative(x: f32) -> f32 { return stableSigmoid(x) * stableSigmoid(-x); }
