// What the lines of all tensors end with.

/** One arrowhead for all edges; it takes the colour of the line. */
export function Arrowhead() {
  return (
    <svg className="visually-hidden" aria-hidden>
      <title>Arrow</title>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="9"
          markerHeight="9"
          orient="auto"
        >
          <path d="M0,1 L8,4 L0,7 Z" fill="context-stroke" />
        </marker>
      </defs>
    </svg>
  );
}
