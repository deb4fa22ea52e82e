/** One named figure of a `dl`. */
export function Stat({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="stat">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
