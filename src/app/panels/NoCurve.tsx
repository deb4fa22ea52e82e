/** Where the curve will be, before there is one. */
export function NoCurve({ waiting }: { readonly waiting: boolean }) {
  return (
    <div className="no-curve">
      <svg viewBox="0 0 400 120" preserveAspectRatio="none" aria-hidden>
        <path d="M0 12 C60 60 90 84 150 92 S300 104 400 108" />
        <path d="M0 24 C70 66 120 80 180 84 S320 92 400 92" strokeDasharray="2 5" />
      </svg>
      {waiting ? (
        <p>The curve begins with the first step.</p>
      ) : (
        <p>
          <strong>Click Train.</strong> The loss of every step is drawn here while it runs, and the validation
          results after each epoch.
        </p>
      )}
    </div>
  );
}
