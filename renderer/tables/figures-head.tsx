// The head of a small table of figures: a row a quantity, a column a side. The corner above the quantities is said, not
// shown.

export function FiguresHead(props: { readonly corner: string; readonly sides: readonly string[] }) {
  return (
    <thead>
      <tr>
        <th scope="col">
          <span className="visually-hidden">{props.corner}</span>
        </th>
        {props.sides.map(side => (
          <th key={side} scope="col">
            {side}
          </th>
        ))}
      </tr>
    </thead>
  );
}
