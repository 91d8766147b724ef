/** All layers of the model side by side, those of one device filled. */
import type { Place } from "../session/ring.ts";
import { layersInWords } from "../state/words.ts";

interface LayerStripProps {
  readonly places: readonly Pick<Place, "layers">[];
  /** `L`. */
  readonly of: number;
}

export function LayerStrip({ places, of }: LayerStripProps) {
  const label = places.map(({ layers }) => layersInWords(layers, of)).join(", ");
  return (
    <svg class="layer-strip" viewBox={`0 0 ${of} 1`} preserveAspectRatio="none" role="img" aria-label={label}>
      {Array.from({ length: of }, (_, layer) => {
        const isHere = places.some(({ layers: { first, end } }) => first <= layer && layer < end);
        return <rect key={layer} class={isHere ? "here" : ""} x={layer + 0.1} y={0} width={0.8} height={1} />;
      })}
    </svg>
  );
}
